package main

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// unknown is the message for a long option that does not exist; spelled has
// its dashes.
func (s *scanner) unknown(spelled string) *message {
	see := "See 'trawl --help'."
	if s.line.command == workerCommand {
		see = "See 'trawl help worker'."
	}
	m := usage("unknown option "+shown(spelled), see)
	name, _ := strings.CutPrefix(spelled, "--no-")
	if o, _, ok := s.named(name); ok && o.off != "" {
		m.hints[0] = "Use --" + name + " " + o.off + "."
		return m
	}
	if near := nearest(strings.TrimLeft(spelled, "-"), s.longNames()); near != "" {
		m.hints[0] = "Did you mean --" + near + "? " + see
	}
	return m
}

// longNames are all names that may follow "--".
func (s *scanner) longNames() (names []string) {
	for _, o := range new(config).optionsOf(s.line.command) {
		if o.name == "" {
			continue
		}
		names = append(names, o.name)
		if o.canBeNegated() {
			names = append(names, "no-"+o.name)
		}
	}
	return names
}

// unknownLetter is the message for a letter that is not an option; rest is what
// follows it in the same argument. For letters that other programs use it says how
// trawl does the same.
func (s *scanner) unknownLetter(letter, rest string) *message {
	m := usage("unknown option -"+shown(letter), "See 'trawl --help'.")
	switch letter {
	case "i", "l":
		list := rest
		if list == "" && len(s.args) > 0 && !strings.HasPrefix(s.args[0], "-") {
			list = s.args[0]
		}
		if list == "" {
			list = "urls.txt"
		}
		m.hints[0] = "a list needs no option: trawl " + shown(list)
	case "s":
		m.hints[0] = "did you mean -q?"
	default:
		for _, other := range []string{strings.ToLower(letter), strings.ToUpper(letter)} {
			if _, ok := s.lettered(other); ok {
				m.hints[0] = "Did you mean -" + other + "? See 'trawl --help'."
			}
		}
	}
	return m
}

// nearest returns the name that word was probably meant to be: the one with the
// fewest typing errors, of which a longer word may have more, else one that begins
// with word. "" is none.
func nearest(word string, names []string) string {
	word = strings.ToLower(strings.ReplaceAll(word, "_", "-"))
	best, fewest := "", allowedTypos(word)+1
	for _, name := range names {
		typos := distance(word, strings.ToLower(name))
		// Of equally near names take the first, or better the first that begins with
		// the same letter: that is rarely the wrong one.
		if typos < fewest || typos == fewest && best != "" && !sameStart(best, word) && sameStart(name, word) {
			best, fewest = name, typos
		}
	}
	if i := slices.IndexFunc(names, func(name string) bool { return strings.HasPrefix(name, word) }); i >= 0 && best == "" && len(word) > 2 {
		return names[i]
	}
	return best
}

func allowedTypos(word string) int {
	switch n := utf8.RuneCountInString(word); {
	case n < 3:
		return 0
	case n < 6:
		return 1
	case n < 12:
		return 2
	}
	return 3
}

func sameStart(a, b string) bool { return a != "" && b != "" && a[0] == b[0] }

// distance is the Damerau-Levenshtein distance of a and b (optimal string
// alignment): how many characters were left out, added, replaced, or swapped with
// the next one.
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	n := len(to) + 1
	before, last, row := make([]int, n), make([]int, n), make([]int, n) // rows of the table of distances between all prefixes
	for j := range last {
		last[j] = j
	}
	for i := range from {
		row[0] = i + 1
		for j := range to {
			d := last[j]
			if from[i] != to[j] {
				d = 1 + min(d, last[j+1], row[j])
			}
			if i > 0 && j > 0 && from[i] == to[j-1] && from[i-1] == to[j] {
				d = min(d, before[j-1]+1)
			}
			row[j+1] = d
		}
		before, last, row = last, row, before
	}
	return last[len(to)]
}

// runeLen is the length of the first character of s in bytes.
func runeLen(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

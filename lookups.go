package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
)

// noSuchFile is the message for an argument that is neither a page nor an existing
// file. Its hint is the first that fits: that -O takes no value, a file of nearly
// that name, a command of nearly that name, the page that may be meant.
func (c *config) noSuchFile(name string) *message {
	m := &message{what: shown(name) + ": no such file", code: exitRead}
	m.hints = []string{c.lookupHint(name)}
	return m
}

func (c *config) lookupHint(name string) string {
	if name != "" && name == c.afterOverwrite {
		return "-O takes no value; for an output file use -o"
	}
	dir, base := filepath.Split(name)
	if file := nearestFile(base, filesIn(dir)); file != "" {
		place := "this directory"
		if dir != "" {
			place = filepath.Clean(dir)
		}
		return "There is a " + shown(file) + " in " + shown(place) + "."
	}
	if command := nearest(name, commands); command != "" && len(c.Args) > 0 && c.Args[0] == name {
		return "Did you mean: trawl " + strings.Join(append([]string{command}, shownArgs(c.Args[1:])...), " ")
	}
	if page := pageOf(name); page != "" {
		return "a page begins with http:// or https://; did you mean " + shown(page) + " ?"
	}
	return "Give a page that begins with http:// or https://, or a file of such lines."
}

// nearestFile returns the file that name was probably meant to be: one that only has
// an extension more, or differs by few letters. "" is none.
func nearestFile(name string, files []string) string {
	if name == "" {
		return ""
	}
	for _, file := range files {
		if name == strings.TrimSuffix(file, filepath.Ext(file)) {
			return file
		}
	}
	best, fewest := "", allowedTypos(name)+1
	for _, file := range files {
		if typos := distance(strings.ToLower(name), strings.ToLower(file)); typos < fewest {
			best, fewest = file, typos
		}
	}
	return best
}

const maxFiles = 10_000 // of a directory that are compared with a name

// filesIn are the names of the files in dir; "" is the current one.
func filesIn(dir string) (names []string) {
	d, err := os.Open(filepath.Clean(dir))
	if err != nil {
		return nil
	}
	defer d.Close()
	entries, _ := d.ReadDir(maxFiles) // what could be read is enough for a hint
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

// fileKinds are extensions of lists and results, which no host name ends with.
var fileKinds = []string{".txt", ".json", ".jsonl", ".csv", ".tsv", ".gz", ".zst", ".lst", ".list", ".log"}

// pageOf is the page that name may be meant to be, since it has another scheme or
// begins with what looks like a host. "" is none.
func pageOf(name string) string {
	if _, rest, ok := strings.Cut(name, "://"); ok {
		return "https://" + rest
	}
	host, _, _ := strings.Cut(name, "/")
	hostname, port, hasPort := strings.Cut(host, ":")
	if hasPort {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return ""
		}
	}
	switch {
	case hostname == "" || strings.HasPrefix(hostname, ".") || strings.ContainsFunc(hostname, unicode.IsSpace):
		return ""
	case hostname == name && hasAny(name, fileKinds):
		return ""
	case hasPort || hostname == "localhost" || strings.Contains(hostname, "."):
		return "https://" + name
	}
	return ""
}

func hasAny(name string, suffixes []string) bool {
	for _, s := range suffixes {
		if strings.HasSuffix(strings.ToLower(name), s) {
			return true
		}
	}
	return false
}

const maxArgs = 3 // that a message repeats

func shownArgs(args []string) (words []string) {
	for i, arg := range args {
		if i == maxArgs {
			return append(words, "...")
		}
		words = append(words, shown(arg))
	}
	return words
}

package parse

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/andybalholm/cascadia"
)

// Selector is a field that is taken from pages: NAME=CSS[@ATTR]. It is made by
// [ParseSelector] and never changes, so that any number of goroutines may use it.
type Selector struct {
	spec   string
	name   string // the field's key in the record's data
	attr   string // in lower case; "" is the text
	whole  cascadia.SelectorGroup
	steps  []step
	effort effort
}

// String is the selector as it was given.
func (s Selector) String() string { return s.spec }

// ParseSelector reads NAME=CSS for the texts of all elements that the CSS selects,
// or NAME=CSS@ATTR for the values of an attribute of theirs. NAME goes to the
// first "=". An "@" in brackets, parentheses or quotes belongs to the CSS.
//
// The error says what is wrong, without repeating s.
func ParseSelector(s string) (Selector, error) {
	name, css, ok := strings.Cut(s, "=")
	name = strings.TrimSpace(name)
	switch {
	case !ok:
		return Selector{}, errors.New("no = between name and CSS selector")
	case name == "":
		return Selector{}, errors.New("no name before the =")
	case !utf8.ValidString(s) || Clean(name) != name:
		return Selector{}, errors.New("not a name that can be printed")
	}
	css, attr, err := cutAttribute(css)
	if err != nil {
		return Selector{}, err
	}
	if css == "" {
		return Selector{}, errors.New("no CSS selector")
	}
	whole, err := cascadia.ParseGroup(css)
	if err != nil {
		return Selector{}, fmt.Errorf("bad CSS selector: %w", err)
	}
	steps, err := stepsOf(css)
	if err != nil {
		return Selector{}, err
	}
	return Selector{spec: s, name: name, attr: attr, whole: whole, steps: steps, effort: effortOf(css)}, nil
}

func cutAttribute(s string) (css, attr string, err error) {
	at := -1
	for _, part := range partsOf(s) {
		if part.text == "" && part.separator == '@' {
			at = part.end
		}
	}
	if at < 0 {
		return strings.TrimSpace(s), "", nil
	}
	css, attr = strings.TrimSpace(s[:at-1]), strings.TrimSpace(s[at:])
	switch {
	case attr == "":
		return "", "", errors.New("no attribute after the @")
	case strings.ContainsFunc(attr, isNoAttribute):
		return "", "", fmt.Errorf("%q is not the name of an attribute", attr)
	}
	return css, strings.ToLower(attr), nil
}

// isNoAttribute is true of what no attribute name that can be written in HTML has.
func isNoAttribute(r rune) bool {
	return r <= ' ' || isControl(r) || strings.ContainsRune("\"'<>/=@[]()", r)
}

// stepsOf takes a selector that is known to be good apart at its combinators.
func stepsOf(css string) (steps []step, err error) {
	combinator := byte(0)
	for _, part := range partsOf(css) {
		switch {
		case part.text != "":
			one, err := cascadia.Parse(part.text)
			if err != nil {
				return nil, fmt.Errorf("bad CSS selector: %w", err)
			}
			steps = append(steps, step{combinator: combinator, Sel: one})
			combinator = ' '
		case part.separator == ',':
			steps[len(steps)-1].last = true
			combinator = 0
		case part.separator != ' ' && combinator != 0:
			combinator = part.separator
		}
	}
	if len(steps) > maxSteps {
		return nil, fmt.Errorf("CSS selector of more than %d parts", maxSteps)
	}
	steps[len(steps)-1].last = true
	return steps, nil
}

// part is a piece of a selector: a text without combinators, or one of them.
type part struct {
	text      string // "" is a separator
	separator byte   // ' ', '>', '+', '~', ',' or '@'
	end       int    // where it ends
}

// partsOf splits at the separators that are outside brackets, parentheses and
// quotes. White space and comments are ' '.
func partsOf(css string) (parts []part) {
	start, depth := 0, 0
	flush := func(end int) {
		if start < end {
			parts = append(parts, part{text: css[start:end], end: end})
		}
	}
	for i := 0; i < len(css); {
		size, separator := lexeme(css[i:])
		switch css[i] {
		case '[', '(':
			depth++
		case ']', ')':
			depth--
		}
		if separator != 0 && depth == 0 {
			flush(i)
			parts = append(parts, part{separator: separator, end: i + size})
			start = i + size
		}
		i += size
	}
	flush(len(css))
	return parts
}

// lexeme is how many bytes at the start of css belong together: a quoted string,
// an escape, a comment, else one. separator is 0 if it is none.
func lexeme(css string) (size int, separator byte) {
	switch c := css[0]; c {
	case ' ', '\t', '\n', '\f', '\r':
		return 1, ' '
	case '>', '+', '~', ',', '@':
		return 1, c
	case '"', '\'':
		return quoted(css), 0
	case '\\':
		return escaped(css), 0
	case '/':
		if strings.HasPrefix(css, "/*") {
			if end := strings.Index(css[2:], "*/"); end >= 0 {
				return end + 4, ' '
			}
			return len(css), ' '
		}
	}
	return 1, 0
}

func quoted(css string) int {
	for i := 1; i < len(css); i++ {
		switch css[i] {
		case css[0]:
			return i + 1
		case '\\':
			i++
		}
	}
	return len(css)
}

// escaped is the length of a backslash and what it escapes: up to six hexadecimal
// digits and a space, or one character.
func escaped(css string) int {
	n := 1
	for n < len(css) && n < 7 && strings.IndexByte("0123456789abcdefABCDEF", css[n]) >= 0 {
		n++
	}
	switch {
	case n > 1 && strings.HasPrefix(css[n:], "\r\n"):
		return n + 2
	case n > 1 && n < len(css) && isSpace(rune(css[n])):
		return n + 1
	case n > 1:
		return n
	}
	return min(2, len(css))
}

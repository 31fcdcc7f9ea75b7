package parse

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes a string that a server sent fit for a record: well-formed UTF-8,
// each byte that is not becoming U+FFFD, and no control characters: none of C0
// and C1 nor DEL, nor those that turn the direction of text (Unicode's
// Bidi_Control). Tab, line feed, form feed, carriage return, and the separators
// of lines and paragraphs (U+2028, U+2029) become a space. What is clean is
// returned as it is.
func Clean(s string) string {
	if isPrintableASCII(s) {
		return s
	}
	if strings.IndexFunc(s, isControl) < 0 && !strings.ContainsFunc(s, isSeparator) && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case isSpace(r), isSeparator(r):
			b.WriteByte(' ')
		case !isControl(r):
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isPrintableASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// squeezed gathers text, cleaned, each run of white space (HTML Standard's
// "ASCII whitespace", and U+2028 and U+2029) being one space, and none at either end.
type squeezed struct {
	b   []byte
	max int  // bytes; what is beyond is dropped
	gap bool // white space was met since the last character
}

// add is false when there is no room for more.
func (q *squeezed) add(s string) bool {
	for _, r := range s {
		switch {
		case isSpace(r), isSeparator(r):
			q.gap = len(q.b) > 0
			continue
		case isControl(r):
			continue
		}
		if len(q.b)+1+utf8.RuneLen(r) > q.max {
			return false
		}
		if q.gap {
			q.b, q.gap = append(q.b, ' '), false
		}
		q.b = utf8.AppendRune(q.b, r)
	}
	return true
}

func isSpace(r rune) bool {
	return r == ' ' || r == '\t' || r == '\n' || r == '\f' || r == '\r'
}

func isSeparator(r rune) bool { return r == '\u2028' || r == '\u2029' }

func isControl(r rune) bool {
	return r < ' ' || 0x7F <= r && r <= 0x9F || 0x061C <= r && r <= 0x2069 && unicode.Is(unicode.Bidi_Control, r)
}

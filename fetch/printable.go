package fetch

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const maxShown = 200 // characters of a line that is no URL

// Printable shows what a list has in place of a URL: control characters, and
// whatever else does not print, escaped as in a Go string ("\x00", "\u200b"),
// cut with "…" at 200 characters. Printable of its own result changes nothing.
func Printable(s string) string {
	s = strings.Trim(s, " \t\r\n")
	if len(s) <= maxShown && isPlain(s) {
		return s
	}
	var b strings.Builder
	room, cut := maxShown, 0 // cut: where it ends if there is more to come
	for i, r := range s {
		shown := escapedRune(s[i:], r)
		n := utf8.RuneCountInString(shown)
		if n > room {
			return b.String()[:cut] + "…"
		}
		b.WriteString(shown)
		if room -= n; room > 0 {
			cut = b.Len()
		}
	}
	return b.String()
}

// escaped is all of s, escaped as by Printable, so that what a server sends
// cannot steer a terminal.
func escaped(s string) string {
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		b.WriteString(escapedRune(s[i:], r))
	}
	return b.String()
}

// isPlain reports whether s has printable ASCII only.
func isPlain(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}

// escapedRune is r, with which s begins, or its escape. A byte that is no UTF-8
// comes as a utf8.RuneError that s does not have.
func escapedRune(s string, r rune) string {
	if r == utf8.RuneError && !strings.HasPrefix(s, "\uFFFD") {
		return escape('x', uint32(s[0]), 2)
	}
	switch {
	case unicode.IsPrint(r):
		return string(r)
	case r < utf8.RuneSelf:
		return escape('x', uint32(r), 2)
	case r > 0xffff:
		return escape('U', uint32(r), 8)
	}
	return escape('u', uint32(r), 4)
}

func escape(letter byte, value uint32, digits int) string {
	b := []byte{'\\', letter}
	for i := digits - 1; i >= 0; i-- {
		b = append(b, "0123456789abcdef"[value>>(4*i)&15])
	}
	return string(b)
}

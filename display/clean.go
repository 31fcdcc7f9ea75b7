package display

import (
	"strings"
	"unicode"

	"github.com/mattn/go-runewidth"

	"trawl/fetch"
)

// cells measures text as a terminal shows it, the same in every locale.
var cells = &runewidth.Condition{}

// Clean returns text of a server or a list fit for a terminal and a mail: one
// line, whose characters are all visible. What is not is replaced by U+FFFD.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}

// CleanURL is Clean for what is or should be a URL, without its secrets.
func CleanURL(url string) string { return Clean(fetch.WithoutSecrets(url)) }

// clip cuts text to the width in cells.
func clip(text string, width int) string {
	if cells.StringWidth(text) <= width {
		return text
	}
	return cells.Truncate(text, width, strings.Repeat(".", min(3, max(0, width))))
}

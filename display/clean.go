package display

import (
	"strings"
	"unicode"

	"github.com/mattn/go-runewidth"
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

// CleanURL is Clean for what is or should be a URL: its user and password read
// "***". A line that is a JSON object may have headers: all of it reads "{...}".
func CleanURL(url string) string {
	if strings.HasPrefix(url, "{") {
		return "{...}"
	}
	return Clean(maskUser(url))
}

// maskUser works on what is no URL too, for a line that is none may hold a
// password as well: what stands before the last @ of the part between scheme
// and path.
func maskUser(url string) string {
	start := schemeLen(url)
	end := len(url)
	if i := strings.IndexAny(url[start:], `/\?#`); i >= 0 {
		end = start + i
	}
	at := strings.LastIndexByte(url[start:end], '@')
	if at < 0 {
		return url
	}
	return url[:start] + "***" + url[start+at:]
}

// schemeLen is the length of "https://", "https:/" or "//", with slashes of
// either kind.
func schemeLen(url string) int {
	rest := url
	if colon := strings.IndexByte(url, ':'); colon >= 0 && !strings.ContainsAny(url[:colon], `/\?#@`) {
		rest = url[colon+1:]
	}
	host := strings.TrimLeft(rest, `/\`)
	if len(host) == len(rest) { // user:password@host
		return 0
	}
	return len(url) - len(host)
}

// clip cuts text to the width in cells.
func clip(text string, width int) string {
	if cells.StringWidth(text) <= width {
		return text
	}
	return cells.Truncate(text, width, strings.Repeat(".", min(3, max(0, width))))
}

package fetch

import (
	"strings"
	"unicode/utf8"
)

const maxURL = 64 << 10 // bytes of a URL as it is listed or as a Location has it

// NewRequest reads an absolute http or https URL as a browser's address bar
// does (the WHATWG URL Standard), and fills Asked, URL and Host. It is stricter
// where a browser mends what in a list is a mistake: nothing is guessed in front
// of "://" or between it and the host, there is no control character in a URL,
// and a host name has only letters, digits, "-", "_" and ".", after its
// conversion to punycode, in which no label vanishes, and no port 0. Blanks around
// the URL are dropped; those within become %20.
//
// URL is raw itself, without its fragment, if that is how it would be serialised
// anyway; only the "/" of an empty path may then be missing, which is the same
// URL (RFC 3986 §6.2.3).
//
// The error is an *[Error] of class [BadURL]; the request then has Asked, which
// is raw as [Printable] has it.
func NewRequest(raw string) (Request, error) {
	if url, host, ok := scanURL(raw); ok {
		return Request{Asked: raw, URL: url, Host: host}, nil
	}
	href, why := parseListed(raw)
	if why != "" {
		shown := Printable(raw)
		return Request{Asked: shown}, &Error{URL: shown, Class: BadURL, Detail: why}
	}
	asked := href
	if isGraphic(raw) {
		asked = raw
	}
	url, _, _ := strings.Cut(href, "#")
	return Request{Asked: asked, URL: url, Host: HostOf(url)}, nil
}

// parseListed serialises the URL of a list, or says why it is none.
func parseListed(raw string) (href, why string) {
	raw = strings.Trim(raw, " \t\r\n")
	if len(raw) > maxURL {
		return "", "longer than 64 KiB"
	}
	if !utf8.ValidString(raw) {
		return "", "not valid UTF-8"
	}
	if strings.IndexFunc(raw, isControl) >= 0 {
		return "", "a control character in the URL"
	}
	scheme, rest := cutScheme(raw)
	switch {
	case scheme != "http" && scheme != "https":
		if !isSaneScheme(scheme) || rest != "" && isDigit(rest[0]) { // localhost:8080
			return "", "not a URL"
		}
		return "", "scheme " + scheme + " is not http or https"
	case !strings.HasPrefix(rest, "//"):
		return "", "not a URL: no // after " + scheme + ":"
	case len(rest) == 2 || rest[2] == '/' || rest[2] == '\\':
		return "", "no host"
	}
	return parseURL(raw, "")
}

// HostOf returns the host of a URL as [NewRequest] serialises it, in the sense
// of all limits that are per host: the name, and the port unless it is 80 or
// 443.
func HostOf(url string) string { return hostKey(authority(url)) }

func hostKey(hostPort string) string {
	if host, ok := strings.CutSuffix(hostPort, ":80"); ok && !isOpenBracket(host) {
		return host
	}
	if host, ok := strings.CutSuffix(hostPort, ":443"); ok && !isOpenBracket(host) {
		return host
	}
	return hostPort
}

// isOpenBracket is true of "[2001:db8:" when ":80]" has been cut off; only an
// address is in brackets, so that a whole one ends with "]".
func isOpenBracket(host string) bool {
	return strings.HasPrefix(host, "[") && !strings.HasSuffix(host, "]")
}

// authority returns host and port of a serialised URL, without credentials.
func authority(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	return rest[strings.LastIndexByte(rest, '@')+1:]
}

// cutScheme returns the scheme in lower case and what follows its colon, or ""
// if there is none (RFC 3986 §3.1).
func cutScheme(s string) (scheme, rest string) {
	before, rest, ok := strings.Cut(s, ":")
	if !ok || before == "" || !isLetter(before[0]) {
		return "", ""
	}
	for i := range len(before) {
		if c := before[i]; !isLetter(c) && !isDigit(c) && c != '+' && c != '-' && c != '.' {
			return "", ""
		}
	}
	return strings.ToLower(before), rest
}

// isSaneScheme is false of what is rather a host: "example.com:80".
func isSaneScheme(scheme string) bool {
	return scheme != "" && len(scheme) <= 20 && !strings.Contains(scheme, ".")
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// isGraphic reports whether s has only the bytes 0x21 to 0x7E.
func isGraphic(s string) bool {
	for i := range len(s) {
		if !isGraphicByte(s[i]) {
			return false
		}
	}
	return true
}

func isGraphicByte(c byte) bool { return ' ' < c && c <= '~' }

package robots

import (
	"bytes"
	"strings"
)

// Agent returns the product token of a User-Agent header, under which the rules
// for who sends it are looked up: "trawl" of "trawl/1.0 (+https://…)", and of
// "Mozilla/5.0 (compatible; trawl/1.0)", as crawlers write it too (RFC 9309 §2.2.1).
// It is empty if the header does not begin with one.
func Agent(userAgent string) string {
	first := token([]byte(strings.TrimLeft(userAgent, " \t")))
	if _, rest, ok := strings.Cut(userAgent, "(compatible; "); ok && string(first) == "Mozilla" {
		if named := token([]byte(rest)); len(named) > 0 {
			return string(named)
		}
	}
	return string(first)
}

// token returns the product token that value begins with; it may be empty. Digits
// and the other signs of an HTTP token (RFC 9110 §5.6.2) belong to it, though RFC
// 9309 has letters, "_" and "-" only: "bot2" is not "bot". A star does not: some
// write "bot*".
func token(value []byte) []byte {
	end := bytes.IndexFunc(value, func(r rune) bool { return !isToken(r) })
	if end < 0 {
		return value
	}
	return value[:end]
}

func isToken(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return true
	}
	return strings.ContainsRune("!$%&'+-.^_`|~", r)
}

// Origin returns the origin of an absolute http or https URL, which a robots.txt
// is for: scheme, host and, unless it is the scheme's own, port, in lower case,
// as in "https://example.com:8443". It is empty for what is no such URL.
func Origin(url string) string {
	scheme, rest, ok := strings.Cut(url, "://")
	scheme = strings.ToLower(scheme)
	port, known := defaultPorts[scheme]
	if !ok || !known {
		return ""
	}
	if end := strings.IndexAny(rest, `/?#\`); end >= 0 {
		rest = rest[:end]
	}
	host := strings.ToLower(rest[strings.LastIndexByte(rest, '@')+1:])
	host = strings.TrimSuffix(strings.TrimSuffix(host, port), ":")
	if host == "" {
		return ""
	}
	return scheme + "://" + host
}

var defaultPorts = map[string]string{"http": ":80", "https": ":443"}

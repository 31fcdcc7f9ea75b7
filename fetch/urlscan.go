package fetch

import (
	"bytes"
	"net/netip"
	"strings"
)

// Where in a URL a byte may stand as it is: what the percent-encode sets of the URL
// Standard leave (§1.3).
const (
	inHost     = 1 << iota // a name in lower case: all bytes that may be in one
	inSegment              // the path, without its slashes
	inQuery                // of http and https: the special-query percent-encode set
	inUserinfo             // user name or password
	inFragment
)

var urlBytes = func() (t [256]uint8) {
	for c := byte('!'); c <= '~'; c++ {
		for part, set := range map[uint8]string{
			inSegment:  "/\"#<>?\\^`{}",
			inQuery:    "\"#<>'",
			inUserinfo: "/\"#<>?\\^`{}:;=@[]|",
			inFragment: "\"<>`",
		} {
			if strings.IndexByte(set, c) < 0 {
				t[c] |= part
			}
		}
		if 'a' <= c && c <= 'z' || isDigit(c) || c == '-' || c == '.' || c == '_' {
			t[c] |= inHost
		}
	}
	return t
}()

// scanURL takes a URL that needs no parsing: it is serialised as it stands, but
// for a fragment, which is cut off, and the "/" of an empty path. Nearly every
// URL of a list is like that, and this costs no allocation. ok is false for all
// others, whether they are URLs or not.
func scanURL(raw string) (url, host string, ok bool) {
	start, port := len("https://"), ":443"
	if !strings.HasPrefix(raw, "https://") {
		if !strings.HasPrefix(raw, "http://") {
			return "", "", false
		}
		start, port = len("http://"), ":80"
	}
	if len(raw) > maxURL {
		return "", "", false
	}
	end := start
	for end < len(raw) && urlBytes[raw[end]]&inHost != 0 {
		end++
	}
	if !isPlainName(raw[start:end]) {
		return "", "", false
	}
	if end < len(raw) && raw[end] == ':' {
		n := portLen(raw[end+1:])
		if n == 0 || raw[end:end+1+n] == port {
			return "", "", false
		}
		end += 1 + n
	}
	n, ok := scanPath(raw[end:])
	if !ok {
		return "", "", false
	}
	return raw[:end+n], hostKey(raw[start:end]), true
}

// HostIn returns the host of a line, in the sense of [HostOf], without a look at what
// follows it and without an allocation: if [NewRequest] takes the line for a URL, it is
// the host of that. ok is false of a line that must be parsed to know.
func HostIn(line []byte) (host []byte, ok bool) {
	rest, ok := bytes.CutPrefix(line, []byte("https://"))
	if !ok {
		if rest, ok = bytes.CutPrefix(line, []byte("http://")); !ok {
			return nil, false
		}
	}
	end := 0
	for end < len(rest) && urlBytes[rest[end]]&inHost != 0 {
		end++
	}
	host = rest[:end]
	last := bytes.LastIndexByte(host, '.') + 1
	if last == end || isDigit(host[last]) || bytes.Contains(host, []byte("xn--")) {
		return nil, false
	}
	if rest = rest[end:]; len(rest) > 0 && rest[0] == ':' {
		port := rest[1:min(len(rest), len(":65535x"))]
		n := portLen(string(port))
		if n == 0 {
			return nil, false
		}
		rest = rest[1+n:]
		if port = port[:n]; string(port) != "80" && string(port) != "443" {
			host = host[:end+1+n]
		}
	}
	return host, len(rest) == 0 || rest[0] == '/' || rest[0] == '?' || rest[0] == '#'
}

// scanPath takes path and query as they stand, and reports how long they are:
// to the end or the fragment. It is not ok if they would be serialised otherwise,
// or if the fragment has bytes that may not be shown.
func scanPath(s string) (n int, ok bool) {
	if s == "" {
		return 0, true
	}
	if s[0] != '/' && s[0] != '#' {
		return 0, false
	}
	i := 0
	for i < len(s) && s[i] == '/' {
		i++
		if isDotted(s[i:]) {
			return 0, false
		}
		for i < len(s) && urlBytes[s[i]]&inSegment != 0 {
			i++
		}
	}
	if i < len(s) && s[i] == '?' {
		i++
		for i < len(s) && urlBytes[s[i]]&inQuery != 0 {
			i++
		}
	}
	return i, i == len(s) || s[i] == '#' && isGraphic(s[i:])
}

// isDotted reports whether a segment may be "." or "..", or one of their escaped
// forms.
func isDotted(segment string) bool {
	return len(segment) > 0 && (segment[0] == '.' ||
		len(segment) > 2 && segment[0] == '%' && segment[1] == '2' && segment[2]|0x20 == 'e')
}

// isPlainName takes names of ASCII letters and dotted quads. Names in punycode
// have to be looked at, and numbers in other forms are addresses too ("0x7f.1").
func isPlainName(name string) bool {
	if name == "" || strings.Contains(name, "xn--") {
		return false
	}
	last := strings.LastIndexByte(name, '.') + 1
	if last == len(name) {
		return false
	}
	if !isDigit(name[last]) {
		return true
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && ip.Is4()
}

// portLen is the number of digits of a port as it is serialised, 1 to 65535, or
// 0 if s does not begin with one.
func portLen(s string) int {
	n, port := 0, 0
	for n < len(s) && n < 6 && isDigit(s[n]) {
		port = port*10 + int(s[n]-'0')
		n++
	}
	if n == 0 || s[0] == '0' || port > 65535 {
		return 0
	}
	return n
}

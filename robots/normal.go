package robots

import (
	"strings"
)

// Patterns and paths are compared in one form, by RFC 9309 §2.2.2: an escaped
// unreserved character is itself; what is neither reserved nor unreserved, such
// as a letter beyond ASCII, is escaped; hexadecimal digits are upper case; reserved
// characters are as they are spelt. The two that mean something in a pattern are the
// exception: there an escaped one is itself in both (§2.2.3). Bytes that the form
// leaves unused stand for what they mean.
const (
	wildcard = "\x01" // "*" in a pattern
	end      = "\x00" // "$" at the end of a pattern; every path ends with it
)

// appendPattern appends the form of a rule's pattern.
func appendPattern(b, pattern []byte) []byte {
	for i := 0; i < len(pattern); {
		switch {
		case pattern[i] == '*':
			b = append(b, wildcard...)
			i++
		case pattern[i] == '$' && i == len(pattern)-1:
			b = append(b, end...)
			i++
		default:
			b, i = appendNormal(b, pattern, i)
		}
	}
	return b
}

// appendPath appends the form of a path and its query.
func appendPath(b []byte, path string) []byte {
	for i := 0; i < len(path); {
		b, i = appendNormal(b, path, i)
	}
	return append(b, end...)
}

// appendNormal appends the form of the character that begins at i, and returns
// where the next begins.
func appendNormal[T string | []byte](b []byte, s T, i int) ([]byte, int) {
	c := s[i]
	if c != '%' {
		if kept[c] != escaped {
			return append(b, c), i + 1
		}
		return appendEscape(b, c), i + 1
	}
	if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
		return append(b, c), i + 1
	}
	c = unhex(s[i+1])<<4 | unhex(s[i+2])
	if kept[c] == always {
		return append(b, c), i + 3
	}
	return appendEscape(b, c), i + 3
}

func appendEscape(b []byte, c byte) []byte {
	const digits = "0123456789ABCDEF"
	return append(b, '%', digits[c>>4], digits[c&15])
}

// kept says of each octet in which spelling it stands in the form.
var kept = func() (k [256]spelling) {
	for c := range k {
		switch {
		case strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~*$", byte(c)) >= 0:
			k[c] = always
		case strings.IndexByte(":/?#[]@!&'()+,;=", byte(c)) >= 0:
			k[c] = asSpelt
		}
	}
	return k
}()

type spelling byte

const (
	escaped spelling = iota // always escaped
	asSpelt                 // reserved
	always                  // never escaped
)

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return (c | 0x20) - 'a' + 10
}

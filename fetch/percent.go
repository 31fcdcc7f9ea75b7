package fetch

import "strings"

// PercentEncode is s with each byte that is not plain as "%" and two upper-case
// hexadecimal digits (RFC 3986 §2.1).
func PercentEncode(s string, plain func(c byte) bool) string {
	var b []byte
	start := 0 // of what is not yet in b
	for i := range len(s) {
		if !plain(s[i]) {
			b = appendEscape(append(b, s[start:i]...), s[i])
			start = i + 1
		}
	}
	if start == 0 {
		return s
	}
	return string(append(b, s[start:]...))
}

// appendEncoded appends s with escapes for what may not stand in that part of a
// URL. Escapes that are there already stay as they are, whole or broken.
func appendEncoded(b []byte, s string, part uint8) []byte {
	for i := range len(s) {
		if c := s[i]; urlBytes[c]&part != 0 {
			b = append(b, c)
		} else {
			b = appendEscape(b, c)
		}
	}
	return b
}

func appendEscape(b []byte, c byte) []byte {
	const hex = "0123456789ABCDEF"
	return append(b, '%', hex[c>>4], hex[c&15])
}

// percentDecode undoes the escapes in s and leaves a "%" that begins none (the URL
// Standard's percent-decode, §1.3).
func percentDecode(s string) string {
	i := strings.IndexByte(s, '%')
	if i < 0 {
		return s
	}
	b := append(make([]byte, 0, len(s)), s[:i]...)
	for ; i < len(s); i++ {
		if s[i] == '%' && len(s)-i > 2 && isHex(s[i+1]) && isHex(s[i+2]) {
			b = append(b, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		} else {
			b = append(b, s[i])
		}
	}
	return string(b)
}

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

// unhex is for what isHex takes.
func unhex(c byte) byte {
	if isDigit(c) {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

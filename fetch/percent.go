package fetch

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

func appendEscape(b []byte, c byte) []byte {
	const hex = "0123456789ABCDEF"
	return append(b, '%', hex[c>>4], hex[c&15])
}

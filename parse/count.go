package parse

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// count returns how many code points the text has once it is decoded: what
// Python's len gives. Bytes that cannot be decoded count as many U+FFFD as the
// Encoding Standard puts in their place. b has no byte order mark. utf8 says that
// b is well-formed UTF-8 as it stands.
func (cs charset) count(b []byte) (n int64, utf8 bool) {
	if cs.enc == nil {
		return countUTF8(b)
	}
	if cs.unicode16() {
		return countUTF16(b, cs.name == utf16BE.name), false
	}
	return cs.enc.count(b), false
}

// countUTF8 goes through the page once, ASCII eight bytes at a time, and tells
// whether it is well-formed. (To validate first and then count the bytes that begin
// a character takes twice as long.)
func countUTF8(b []byte) (n int64, valid bool) {
	valid = true
	for len(b) > 0 {
		ascii := asciiPrefix(b)
		n += int64(ascii)
		b = b[ascii:]
		for len(b) > 0 && b[0] >= utf8.RuneSelf {
			size := plainRune(b)
			if size == 0 {
				var r rune
				r, size = decodeRune(b)
				valid = valid && (r != utf8.RuneError || size == 3 && b[2] == 0xBD && b[0] == 0xEF)
			}
			b = b[size:]
			n++
		}
	}
	return n, valid
}

// plainRune is the size of a character of two or three bytes; 0 is another or
// none.
func plainRune(b []byte) int {
	if len(b) < 3 || b[1]&0xC0 != 0x80 {
		return 0
	}
	switch c := b[0]; {
	case 0xC2 <= c && c <= 0xDF:
		return 2
	case 0xE1 <= c && c <= 0xEF && c != 0xED && b[2]&0xC0 == 0x80:
		return 3
	}
	return 0
}

// asciiPrefix is how many bytes at the start of b are ASCII.
func asciiPrefix(b []byte) int {
	const high = 0x8080808080808080
	n := 0
	for ; len(b) >= n+8; n += 8 {
		if w := binary.LittleEndian.Uint64(b[n:]) & high; w != 0 {
			return n + bits.TrailingZeros64(w)/8
		}
	}
	for n < len(b) && b[n] < utf8.RuneSelf {
		n++
	}
	return n
}

// decodeRune is utf8.DecodeRune, but takes all bytes that one U+FFFD stands for:
// the longest part that could have begun a character (Encoding Standard §8.1.1;
// Unicode §3.9, "maximal subpart").
func decodeRune(b []byte) (r rune, size int) {
	r, size = utf8.DecodeRune(b)
	if r != utf8.RuneError || size != 1 {
		return r, size
	}
	need, low, high := 0, byte(0x80), byte(0xBF)
	switch c := b[0]; {
	case 0xC2 <= c && c <= 0xDF:
		need = 1
	case 0xE0 <= c && c <= 0xEF:
		need = 2
	case 0xF0 <= c && c <= 0xF4:
		need = 3
	}
	switch b[0] {
	case 0xE0:
		low = 0xA0
	case 0xED:
		high = 0x9F
	case 0xF0:
		low = 0x90
	case 0xF4:
		high = 0x8F
	}
	for ; need > 0 && size < len(b) && low <= b[size] && b[size] <= high; need-- {
		size++
		low, high = 0x80, 0xBF
	}
	return r, size
}

// countUTF16 counts a surrogate pair as one, and a surrogate without its other
// half as one too; a unit or a pair that the end cuts off is one U+FFFD.
func countUTF16(b []byte, bigEndian bool) int64 {
	high := 1 // which byte of a unit says that it is a surrogate
	if bigEndian {
		high = 0
	}
	n, lead := int64(0), false
	for ; len(b) >= 2; b = b[2:] {
		switch b[high] & 0xFC {
		case 0xDC:
			if lead {
				lead = false
				continue
			}
		case 0xD8:
			lead = true
			n++
			continue
		}
		lead = false
		n++
	}
	if len(b) > 0 && !lead {
		n++
	}
	return n
}

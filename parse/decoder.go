package parse

import "unicode/utf8"

// decoder is one of the Encoding Standard's. It says exactly which bytes one
// U+FFFD stands for, which those of x/text do not: only their tables are used.
type decoder interface {
	// next decodes the first character of b, which is not empty, and says how many
	// bytes it has. whole says that b is all that is left. If it is not, a size of 0
	// means that more of it is needed.
	next(b []byte, whole bool) (r rune, size int)
}

// What next may give beside a character.
const none rune = -1 // bytes that stand for nothing

// two makes one rune of two characters, which Big5 has for one code. It is
// greater than any character.
func two(first, second rune) rune { return first<<16 | second }

// tooShort is what next gives if b ends within a character, of which an end of
// the text makes one U+FFFD.
func tooShort(b []byte, whole bool) (r rune, size int) {
	if whole {
		return utf8.RuneError, len(b)
	}
	return none, 0
}

// utf16Decoder is that of UTF-16 (§14.2.1). high says which byte of a unit is the
// higher one.
type utf16Decoder struct{ high int }

func (d utf16Decoder) next(b []byte, whole bool) (r rune, size int) {
	if len(b) < 2 {
		return tooShort(b, whole)
	}
	lead := d.unit(b)
	switch {
	case lead&0xF800 != 0xD800:
		return lead, 2
	case lead >= 0xDC00:
		return utf8.RuneError, 2
	case len(b) < 4:
		return tooShort(b, whole)
	}
	trail := d.unit(b[2:])
	if trail&0xFC00 != 0xDC00 {
		return utf8.RuneError, 2
	}
	return (lead-0xD800)<<10 | (trail - 0xDC00) + 0x10000, 4
}

func (d utf16Decoder) unit(b []byte) rune { return rune(b[d.high])<<8 | rune(b[1-d.high]) }

// replacement is the decoder for encodings that are dangerous (§14.1): one U+FFFD
// for all of a text.
type replacement struct{ done bool }

func (d *replacement) next(b []byte, _ bool) (r rune, size int) {
	if d.done {
		return none, len(b)
	}
	d.done = true
	return utf8.RuneError, len(b)
}

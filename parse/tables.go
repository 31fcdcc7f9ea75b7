package parse

import (
	"unicode/utf8"

	"golang.org/x/text/encoding"
)

// singleByte is the decoder of an encoding that has one byte a character (§9.1).
type singleByte [256]rune

func (t *singleByte) next(b []byte, _ bool) (r rune, size int) { return t[b[0]], 1 }

// newSingleByte takes the table from x/text, which makes U+FFFD of those control
// characters that the standard lets through.
func newSingleByte(enc encoding.Encoding) *singleByte {
	t, dec := new(singleByte), enc.NewDecoder()
	for i := range t {
		t[i], _ = ask(dec, byte(i))
		if t[i] == utf8.RuneError && 0x80 <= i && i < 0xA0 {
			t[i] = rune(i)
		}
	}
	return t
}

// doubleByte is the decoder of an encoding that has ASCII, and of the bytes from
// 80 on one or two a character (§12.1.1, §13.3.1, §14.1.1).
type doubleByte struct {
	alone [128]rune      // the characters of one byte, U+FFFD if there is none; 0 begins one of two
	pairs [128][256]rune // the characters of two; 0 is none
}

// next leaves an ASCII byte that is no second byte for the next character.
func (t *doubleByte) next(b []byte, whole bool) (r rune, size int) {
	c := b[0]
	if c < utf8.RuneSelf {
		return rune(c), 1
	}
	if r := t.alone[c&0x7F]; r != 0 {
		return r, 1
	}
	if len(b) < 2 {
		return tooShort(b, whole)
	}
	r = t.pairs[c&0x7F][b[1]]
	switch {
	case r != 0:
		return r, 2
	case b[1] < utf8.RuneSelf:
		return utf8.RuneError, 1
	}
	return utf8.RuneError, 2
}

// newDoubleByte takes the table from x/text.
func newDoubleByte(enc encoding.Encoding) *doubleByte {
	t, dec := new(doubleByte), enc.NewDecoder()
	for i := range t.alone {
		lead := byte(0x80 | i)
		if t.alone[i], _ = ask(dec, lead); t.alone[i] != 0 {
			continue
		}
		for trail := range t.pairs[i] {
			if r, ok := ask(dec, lead, byte(trail)); ok {
				t.pairs[i][trail] = r
			}
		}
	}
	return t
}

// ask returns the character that x/text has for b, which is ok if it is one for
// all of b, and 0 if b only begins one.
func ask(dec *encoding.Decoder, b ...byte) (r rune, ok bool) {
	var dst [2 * utf8.UTFMax]byte
	wrote, read, err := dec.Transformer.Transform(dst[:], b, false)
	if err != nil { // it is too short
		return 0, false
	}
	r, size := utf8.DecodeRune(dst[:wrote])
	ok = read == len(b) && r != utf8.RuneError
	if size < wrote {
		second, _ := utf8.DecodeRune(dst[size:wrote])
		r = two(r, second)
	}
	return r, ok
}

package parse

import (
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
)

// newShiftJIS takes the table from x/text, which lacks the user-defined characters
// of Windows.
func newShiftJIS() *doubleByte {
	t := newDoubleByte(japanese.ShiftJIS)
	t.fill(0xF0, 0xF9, 0x40, 0xFC, 0xE000)
	return t
}

// eucJP is the decoder of EUC-JP (§12.1.1).
type eucJP struct {
	*doubleByte
	jis0212 *[128][128]rune // the characters of 8F and two more bytes
}

func (t eucJP) next(b []byte, whole bool) (r rune, size int) {
	if b[0] != 0x8F || len(b) < 2 || b[1] < 0xA1 || b[1] == 0xFF {
		return t.doubleByte.next(b, whole)
	}
	if len(b) < 3 {
		return tooShort(b, whole)
	}
	if b[2] < utf8.RuneSelf {
		return utf8.RuneError, 2
	}
	if r := t.jis0212[b[1]&0x7F][b[2]&0x7F]; r != 0 {
		return r, 3
	}
	return utf8.RuneError, 3
}

func newEUCJP() eucJP {
	t, dec := eucJP{newDoubleByte(japanese.EUCJP), new([128][128]rune)}, japanese.EUCJP.NewDecoder()
	for i := range t.jis0212 {
		for j := range t.jis0212[i] {
			if r, ok := ask(dec, 0x8F, 0x80|byte(i), 0x80|byte(j)); ok {
				t.jis0212[i][j] = r
			}
		}
	}
	return t
}

// iso2022JP is the decoder of ISO-2022-JP (§12.2.1).
type iso2022JP struct {
	jis0208 *doubleByte // has its characters, with the high bits set
	set     byte        // the set of characters that the bytes stand for
	escaped bool        // nothing has come since an escape sequence
}

// The sets have the last byte of their escape sequence, but for that of two bytes
// a character, which has two sequences.
const (
	ascii    = 'B'
	roman    = 'J'
	katakana = 'I'
	kanji    = '$'
)

func (d *iso2022JP) next(b []byte, whole bool) (r rune, size int) {
	c := b[0]
	switch {
	case c == 0x1B:
		return d.escape(b, whole)
	case d.set == kanji:
		return d.pair(b, whole)
	}
	d.escaped = false
	switch {
	case d.set == katakana && 0x21 <= c && c <= 0x5F:
		return 0xFF61 - 0x21 + rune(c), 1
	case d.set == katakana, c >= utf8.RuneSelf, c == 0x0E, c == 0x0F:
		return utf8.RuneError, 1
	case d.set == roman && c == '\\':
		return '¥', 1
	case d.set == roman && c == '~':
		return '‾', 1
	}
	return rune(c), 1
}

// pair takes the second byte, whatever it is, unless it begins an escape sequence.
func (d *iso2022JP) pair(b []byte, whole bool) (r rune, size int) {
	if len(b) < 2 && !whole {
		return none, 0
	}
	d.escaped = false
	if !isGraphic(b[0]) || len(b) < 2 || b[1] == 0x1B {
		return utf8.RuneError, 1
	}
	if isGraphic(b[1]) {
		if r := d.jis0208.pairs[b[0]][0x80|b[1]]; r != 0 {
			return r, 2
		}
	}
	return utf8.RuneError, 2
}

func isGraphic(c byte) bool { return 0x21 <= c && c <= 0x7E }

// escape gives up the escape byte only if no sequence follows. Of two sequences
// with nothing between them the second counts, but is a mistake as well.
func (d *iso2022JP) escape(b []byte, whole bool) (r rune, size int) {
	again, set := d.escaped, byte(0)
	if len(b) >= 3 {
		set = setOf(b[1:3])
	} else if !whole && (len(b) == 1 || b[1] == '(' || b[1] == '$') {
		return none, 0
	}
	if d.escaped = set != 0; !d.escaped {
		return utf8.RuneError, 1
	}
	d.set = set
	if again {
		return utf8.RuneError, 3
	}
	return none, 3
}

// setOf is what an escape sequence leads to; 0 is none.
func setOf(sequence []byte) byte {
	switch string(sequence) {
	case "(B", "(J", "(I":
		return sequence[1]
	case "$@", "$B":
		return kanji
	}
	return 0
}

package parse

import (
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// gb18030 is the decoder of gb18030 and GBK (§10.2.1).
type gb18030 struct{ *doubleByte }

// next gives up the first byte only of four that are not what they seem: the
// others may be characters.
func (t gb18030) next(b []byte, whole bool) (r rune, size int) {
	if len(b) < 2 || !isDigit(b[1]) || t.alone[b[0]&0x7F] != 0 || b[0] < utf8.RuneSelf {
		return t.doubleByte.next(b, whole)
	}
	switch {
	case len(b) < 3:
		return tooShort(b, whole)
	case b[2] <= 0x80 || b[2] == 0xFF:
		return utf8.RuneError, 1
	case len(b) < 4:
		return tooShort(b, whole)
	case !isDigit(b[3]):
		return utf8.RuneError, 1
	}
	return fourBytes(b), 4
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

const (
	lowPointers  = 39420  // pointers of four bytes below U+10000
	highPointers = 189000 // the first one from there on
)

// fourBytes is the standard's "index gb18030 ranges code point".
func fourBytes(b []byte) rune {
	pointer := ((int(b[0]-0x81)*10+int(b[1]-'0'))*126+int(b[2]-0x81))*10 + int(b[3]-'0')
	switch high := pointer - highPointers + 0x10000; {
	case pointer < lowPointers:
		return low18030()[pointer]
	case 0x10000 <= high && high <= utf8.MaxRune:
		return rune(high)
	}
	return utf8.RuneError
}

// low18030 are the characters of the low pointers.
var low18030 = sync.OnceValue(func() []rune {
	t, dec := make([]rune, lowPointers), simplifiedchinese.GB18030.NewDecoder()
	for p := range t {
		t[p], _ = ask(dec, 0x81+byte(p/12600), '0'+byte(p/1260%10), 0x81+byte(p/10%126), '0'+byte(p%10))
	}
	t[7457] = 0xE7C7 // since GB18030-2005
	return t
})

// newGB18030 takes the table from x/text, which lacks everything that is or was
// for private use.
func newGB18030() gb18030 {
	t := gb18030{newDoubleByte(simplifiedchinese.GB18030)}
	t.fill(0xAA, 0xAF, 0xA1, 0xFE, 0xE000) // the three zones of user-defined characters
	t.fill(0xF8, 0xFE, 0xA1, 0xFE, 0xE234)
	t.fill(0xA1, 0xA7, 0x40, 0xA0, 0xE4C6)
	var r rune
	for lead := 0xA2; lead <= 0xFE; lead++ {
		for trail := 0x40; trail <= 0xFE; trail++ {
			if from, ok := gb18030Gaps[lead<<8|trail]; ok {
				r = from
			}
			if at := &t.pairs[lead&0x7F][trail]; *at == 0 && trail != 0x7F {
				*at = r
				r++
			}
		}
	}
	return t
}

// gb18030Gaps are the pairs that x/text lacks outside these zones: each begins a
// sequence of code points, for it and the pairs that are missing behind it. The
// public ones are those of GB18030-2022.
var gb18030Gaps = map[int]rune{
	0xA2AB: 0xE766, 0xA2E4: 0xE76D,
	0xA6D9: 0xFE10, 0xA6DA: 0xFE12, 0xA6DB: 0xFE11, 0xA6DC: 0xFE13, 0xA6F6: 0xE797,
	0xA8BC: 0x1E3F, 0xA8C1: 0xE7C9, 0xA997: 0xE7F4,
	0xFE51: 0xE816, 0xFE59: 0x9FB4, 0xFE6C: 0xE831, 0xFE6D: 0x9FB8, 0xFE76: 0xE83B, 0xFE7E: 0x9FB9, 0xFE91: 0xE855, 0xFEA0: 0x9FBB,
}

// fill gives the pairs of a rectangle the characters from r on, in order, but for
// those that have one. None ends with 7F.
func (t *doubleByte) fill(firstLead, lastLead, firstTrail, lastTrail int, r rune) {
	for lead := firstLead; lead <= lastLead; lead++ {
		for trail := firstTrail; trail <= lastTrail; trail++ {
			if trail == 0x7F {
				continue
			}
			if at := &t.pairs[lead&0x7F][trail]; *at == 0 {
				*at = r
			}
			r++
		}
	}
}

package parse

import (
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/transform"
)

// legacy is an encoding other than UTF-8: one of x/text, with a decoder of the
// Encoding Standard instead of its own.
type legacy struct {
	encoding.Encoding
	start func() decoder // for one text
	ascii bool           // bytes below 80 are ASCII wherever a character begins
	bytes bool           // each byte is a character
}

// legacies has them all by name. A table is made when it is first needed.
var legacies = allLegacies()

func allLegacies() map[string]*legacy {
	gb := tableOnce(newGB18030)
	jp := sync.OnceValue(newEUCJP)
	all := map[string]*legacy{
		"gb18030":     {ascii: true, start: gb},
		"gbk":         {ascii: true, start: gb}, // §10.1.1
		"big5":        {ascii: true, start: tableOnce(func() *doubleByte { return newDoubleByte(traditionalchinese.Big5) })},
		"euc-kr":      {ascii: true, start: tableOnce(func() *doubleByte { return newDoubleByte(korean.EUCKR) })},
		"shift_jis":   {ascii: true, start: tableOnce(newShiftJIS)},
		"euc-jp":      {ascii: true, start: func() decoder { return jp() }},
		"iso-2022-jp": {start: func() decoder { return &iso2022JP{jis0208: jp().doubleByte, set: ascii} }},
		"utf-16le":    {start: func() decoder { return utf16Decoder{high: 1} }},
		"utf-16be":    {start: func() decoder { return utf16Decoder{high: 0} }},
		"replacement": {start: func() decoder { return new(replacement) }},
	}
	for _, enc := range charmap.All {
		if name, err := htmlindex.Name(enc); err == nil { // the others are not of the web
			all[name] = &legacy{ascii: true, bytes: true, start: tableOnce(func() *singleByte { return newSingleByte(enc) })}
		}
	}
	for name, l := range all {
		enc, err := htmlindex.Get(name)
		if err != nil {
			panic("parse: no encoding " + name)
		}
		l.Encoding = enc
	}
	return all
}

// tableOnce is for decoders that are nothing but their table.
func tableOnce[T decoder](table func() T) func() decoder {
	once := sync.OnceValue(table)
	return func() decoder { return once() }
}

// count returns how many characters b has when it is decoded.
func (l *legacy) count(b []byte) (n int64) {
	if l.bytes {
		return int64(len(b))
	}
	d := l.start()
	for len(b) > 0 {
		if l.ascii && b[0] < utf8.RuneSelf {
			ascii := asciiPrefix(b)
			n += int64(ascii)
			b = b[ascii:]
			continue
		}
		r, size := d.next(b, true)
		b = b[size:]
		switch {
		case r > unicode.MaxRune:
			n += 2
		case r != none:
			n++
		}
	}
	return n
}

// NewDecoder returns one that makes UTF-8.
func (l *legacy) NewDecoder() *encoding.Decoder {
	return &encoding.Decoder{Transformer: &decoding{legacy: l, decoder: l.start()}}
}

// decoding is a text that is being decoded.
type decoding struct {
	*legacy
	decoder
}

// Reset begins another text.
func (d *decoding) Reset() { d.decoder = d.start() }

// Transform needs room for four bytes to make a step.
func (d *decoding) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		if d.ascii && src[nSrc] < utf8.RuneSelf {
			n := asciiPrefix(src[nSrc:min(len(src), nSrc+len(dst)-nDst)])
			if n == 0 {
				return nDst, nSrc, transform.ErrShortDst
			}
			copy(dst[nDst:], src[nSrc:nSrc+n])
			nDst, nSrc = nDst+n, nSrc+n
			continue
		}
		if len(dst)-nDst < utf8.UTFMax {
			return nDst, nSrc, transform.ErrShortDst
		}
		r, size := d.next(src[nSrc:], atEOF)
		if size == 0 {
			return nDst, nSrc, transform.ErrShortSrc
		}
		nSrc += size
		switch {
		case 0 <= r && r < utf8.RuneSelf:
			dst[nDst] = byte(r)
			nDst++
		case r > unicode.MaxRune:
			nDst += utf8.EncodeRune(dst[nDst:], r>>16)
			nDst += utf8.EncodeRune(dst[nDst:], r&0xFFFF)
		case r != none:
			nDst += utf8.EncodeRune(dst[nDst:], r)
		}
	}
	return nDst, nSrc, nil
}

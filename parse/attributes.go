package parse

import (
	"bytes"
	"io"
	"math/bits"
)

// An element may have usualAttributes, and all elements of a page moreAttributes beyond
// that: the parser holds some 200 bytes for an attribute that has 3 on the page, and
// copies those of elements that are never closed again and again.
const (
	usualAttributes = 64
	moreAttributes  = 20_000
)

// attributes counts those of a page's tags before the parser sees them. Whether a "<" with
// a letter behind it begins a tag the parser alone knows: it may be in a script, a comment,
// a drawing or a value. So each is taken for one, and followed in all the ways at once in
// which it can be read, of which there are no more than places in a tag. Honest pages,
// their scripts counted so, have nowhere near so many.
type attributes struct {
	ways   uint8         // the places where the text may be, as a set; of those in one place
	counts [places]int32 // the most attributes before it
	last   byte
	more   int // beyond usualAttributes
}

// The places in a tag (HTML Standard §13.2.5.8 and §13.2.5.32 to 39).
const (
	inName = iota
	between
	inKey
	behindKey
	behindEquals
	unquoted
	inQuotes
	inApostrophes
	places
	outside = places
)

// The kinds of bytes that lead from one place to another.
const (
	plain = iota
	space
	slash
	equals
	closing
	quote
	apostrophe
	kinds
)

var kindOfByte = [256]uint8{
	' ': space, '\t': space, '\n': space, '\f': space, '\r': space,
	'/': slash, '=': equals, '>': closing, '"': quote, '\'': apostrophe,
}

var placeBehind = [places][kinds]uint8{
	//             plain          space          slash          equals         closing        quote          apostrophe
	inName:        {inName, between, between, inName, outside, inName, inName},
	between:       {inKey, between, between, inKey, outside, inKey, inKey},
	inKey:         {inKey, behindKey, between, behindEquals, outside, inKey, inKey},
	behindKey:     {inKey, behindKey, between, behindEquals, outside, inKey, inKey},
	behindEquals:  {unquoted, behindEquals, unquoted, unquoted, outside, inQuotes, inApostrophes},
	unquoted:      {unquoted, between, unquoted, unquoted, outside, unquoted, unquoted},
	inQuotes:      {inQuotes, inQuotes, inQuotes, inQuotes, inQuotes, between, inQuotes},
	inApostrophes: {inApostrophes, inApostrophes, inApostrophes, inApostrophes, inApostrophes, inApostrophes, between},
}

// add counts on in text, and is false when there are too many.
func (a *attributes) add(text []byte) bool {
	for i := 0; i < len(text); i++ {
		if a.ways == 0 && a.last != '<' {
			n := bytes.IndexByte(text[i:], '<')
			if n < 0 {
				a.last = 0
				break
			}
			i += n
		}
		c := text[i]
		if a.ways != 0 {
			a.step(kindOfByte[c])
		}
		if a.last == '<' && isLetter(c) {
			a.put(inName, 0)
		}
		a.last = c
	}
	return a.more <= moreAttributes
}

// step goes on by a byte of that kind from all places.
func (a *attributes) step(kind uint8) {
	ways, counts := a.ways, &a.counts
	if place := bits.TrailingZeros8(ways); ways == 1<<place && int(placeBehind[place][kind]) == place {
		return // as nearly always
	}
	before := *counts
	a.ways = 0
	most := int32(0)
	for ; ways != 0; ways &= ways - 1 {
		from := bits.TrailingZeros8(ways)
		to, n := placeBehind[from][kind], before[from]
		if to == outside {
			continue
		}
		if to == inKey && from != inKey {
			n++
			most = max(most, n)
		}
		a.put(to, n)
	}
	if most > usualAttributes {
		a.more++
	}
}

// put notes that the text may be at a place, behind n attributes.
func (a *attributes) put(place uint8, n int32) {
	if a.ways&(1<<place) == 0 {
		a.counts[place] = 0
	}
	a.ways |= 1 << place
	a.counts[place] = max(a.counts[place], n)
}

// tagged reads text for a parser, and ends with errMemory before the tag that has too many
// attributes.
type tagged struct {
	text       io.Reader
	attributes attributes
}

func (r *tagged) Read(p []byte) (int, error) {
	n, err := r.text.Read(p)
	if !r.attributes.add(p[:n]) {
		return 0, errMemory
	}
	return n, err
}

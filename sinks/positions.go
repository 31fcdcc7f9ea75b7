package sinks

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"
)

// Positions are the positions of one source that are done: all from 1 to High,
// but for the holes. There are no more holes than positions that were taken from
// the list and have not ended, however long the list. The zero value has none.
type Positions struct {
	High  int64              // the highest that is done
	holes map[int64]struct{} // those below it that are not
}

// Add makes a position done; one that is done already stays so.
func (p *Positions) Add(index int64) {
	if index <= p.High {
		delete(p.holes, index)
		return
	}
	if p.holes == nil {
		p.holes = map[int64]struct{}{}
	}
	for hole := p.High + 1; hole < index; hole++ {
		p.holes[hole] = struct{}{}
	}
	p.High = index
}

// Done says whether a position is done.
func (p *Positions) Done(index int64) bool {
	if index > p.High {
		return false
	}
	_, hole := p.holes[index]
	return !hole
}

// Count is how many are done.
func (p *Positions) Count() int64 { return p.High - int64(len(p.holes)) }

// clone returns a copy that nobody else has.
func (p *Positions) clone() Positions {
	return Positions{High: p.High, holes: maps.Clone(p.holes)}
}

// appendTo appends the positions to dst, in a byte or two for each hole.
func (p *Positions) appendTo(dst []byte) []byte {
	return appendAscending(binary.AppendUvarint(dst, uint64(p.High)), slices.Sorted(maps.Keys(p.holes)))
}

// readPositions undoes appendTo.
func readPositions(data []byte) (p Positions, err error) {
	high, n := binary.Uvarint(data)
	if n <= 0 {
		return p, errTornPositions
	}
	p.High = int64(high)
	p.holes = map[int64]struct{}{}
	err = eachAscending(data[n:], func(hole int64) { p.holes[hole] = struct{}{} })
	return p, err
}

var errTornPositions = errors.New("torn positions")

// appendAscending appends ascending numbers as the distances between them.
func appendAscending(dst []byte, numbers []int64) []byte {
	last := int64(0)
	for _, n := range numbers {
		dst = binary.AppendUvarint(dst, uint64(n-last))
		last = n
	}
	return dst
}

func eachAscending(data []byte, take func(int64)) error {
	last := int64(0)
	for len(data) > 0 {
		distance, n := binary.Uvarint(data)
		if n <= 0 {
			return errTornPositions
		}
		data = data[n:]
		last += int64(distance)
		take(last)
	}
	return nil
}

package sinks

import (
	"maps"
	"slices"

	"trawl/parse"
)

// order holds records back until those of all lower positions have come. It has no bound: whoever appends does not run further ahead
// than a window.
type order struct {
	before Positions      // that an earlier part of the run has done
	next   int64          // the position that is awaited
	held   map[int64]int  // position → its place in slab
	slab   []parse.Record // kept, since a map would allocate each record
	free   []int          // places in slab
}

func newOrder(before Positions) *order {
	o := &order{before: before, held: make(map[int64]int)}
	o.advance()
	return o
}

// advance awaits the next position.
func (o *order) advance() {
	for o.next++; o.before.Done(o.next); o.next++ {
	}
}

// hold keeps a record that is not yet due and says so. A second one of a
// position is due at once: out of order is better than lost.
func (o *order) hold(rec *parse.Record) bool {
	position := rec.Position()
	if _, ok := o.held[position]; ok || position <= o.next {
		return false
	}
	place := len(o.slab)
	if n := len(o.free); n > 0 {
		place, o.free = o.free[n-1], o.free[:n-1]
		o.slab[place] = *rec
	} else {
		o.slab = append(o.slab, *rec)
	}
	o.held[position] = place
	return true
}

// done says that the record of a position has been put.
func (o *order) done(position int64) {
	if position == o.next {
		o.advance()
	}
}

// pop returns the next record that is due.
func (o *order) pop() (rec parse.Record, ok bool) {
	place, ok := o.held[o.next]
	if !ok {
		return rec, false
	}
	delete(o.held, o.next)
	o.advance()
	return o.take(place), true
}

func (o *order) take(place int) parse.Record {
	rec := o.slab[place]
	o.slab[place] = parse.Record{}
	o.free = append(o.free, place)
	return rec
}

// rest returns what is held, in ascending order.
func (o *order) rest() []parse.Record {
	var recs []parse.Record
	for _, position := range slices.Sorted(maps.Keys(o.held)) {
		recs = append(recs, o.take(o.held[position]))
	}
	clear(o.held)
	return recs
}

package sinks

import (
	"maps"
	"slices"

	"trawl/parse"
)

// order holds records back until those of all lower positions have come or are
// known not to. It has no bound: whoever appends does not run further ahead
// than a window.
type order struct {
	next int64          // the position that is awaited
	held map[int64]int  // position → its place in slab, or skipped
	slab []parse.Record // kept, since a map would allocate each record
	free []int          // places in slab
}

const skipped = -1

func newOrder() *order { return &order{next: 1, held: make(map[int64]int)} }

// hold keeps a record that is not yet due and says so. A second one of a
// position is due at once: out of order is better than lost.
func (o *order) hold(rec *parse.Record) bool {
	if _, ok := o.held[rec.Seq]; ok || rec.Seq <= o.next {
		return false
	}
	place := len(o.slab)
	if n := len(o.free); n > 0 {
		place, o.free = o.free[n-1], o.free[:n-1]
		o.slab[place] = *rec
	} else {
		o.slab = append(o.slab, *rec)
	}
	o.held[rec.Seq] = place
	return true
}

// done says that the record of a position has been put.
func (o *order) done(seq int64) {
	if seq == o.next {
		o.next++
	}
}

func (o *order) skip(seq int64) {
	if _, ok := o.held[seq]; ok || seq < o.next {
		return
	}
	o.held[seq] = skipped
}

// pop returns the next record that is due.
func (o *order) pop() (rec parse.Record, ok bool) {
	for len(o.held) > 0 {
		place, ok := o.held[o.next]
		if !ok {
			return rec, false
		}
		delete(o.held, o.next)
		o.next++
		if place != skipped {
			return o.take(place), true
		}
	}
	return rec, false
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
	for _, seq := range slices.Sorted(maps.Keys(o.held)) {
		if place := o.held[seq]; place != skipped {
			recs = append(recs, o.take(place))
		}
	}
	clear(o.held)
	return recs
}

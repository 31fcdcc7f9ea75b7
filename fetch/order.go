package fetch

import (
	"math"
	"time"
)

// order remembers which positions have ended, in a window above the lowest that
// has not. The zero value is of any size and remembers nothing.
type order struct {
	ended []bool // at Index modulo its length
	low   int64  // the lowest that has not ended
	next  int64  // the lowest that has not been taken
}

func (o *order) init(window int) { o.ended = make([]bool, window) }

// room is how many more positions fit into the window.
func (o *order) room() int {
	if o.ended == nil {
		return math.MaxInt
	}
	return len(o.ended) - int(o.next-o.low)
}

// took notes that p was taken from the list. Positions come in their order.
func (o *order) took(p Position) {
	if o.low == 0 {
		o.low = p.Index
	}
	o.next = p.Index + 1
}

func (o *order) end(p Position) {
	if o.ended == nil {
		return
	}
	n := int64(len(o.ended))
	o.ended[p.Index%n] = true
	for o.low < o.next && o.ended[o.low%n] {
		o.ended[o.low%n] = false
		o.low++
	}
}

// clock adds up the time that it runs.
type clock struct {
	total time.Duration
	since time.Time // zero: it stands
}

func (c *clock) run(now time.Time) {
	if c.since.IsZero() {
		c.since = now
	}
}

func (c *clock) stop(now time.Time) {
	if !c.since.IsZero() {
		c.total += now.Sub(c.since)
		c.since = time.Time{}
	}
}

func (c *clock) read() time.Duration {
	if c.since.IsZero() {
		return c.total
	}
	return c.total + time.Since(c.since)
}

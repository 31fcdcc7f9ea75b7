package pool

import (
	"bytes"
	"runtime"
	"strconv"
	"sync"
)

// A goroutine that holds a place in the window must not wait for another one, nor
// for the end of all; and if all workers wait for calls of their own executor,
// nobody is left to make them. Go has no other name for a goroutine than the number
// at the head of its stack trace, which is slow to get: it is asked for when a
// worker begins and when something waits long, never when a call is submitted or
// made.

// insiders are the goroutines that hold places in the window of an executor:
// its workers, and those that run the callbacks of calls that they have cancelled.
type insiders struct {
	workers int       // there may be
	turns   sync.Pool // of *turn, for all that wait for this executor

	mu     sync.Mutex // guards places
	places map[uint64]*place
}

// place is what one goroutine does there.
type place struct {
	depth  int         // how often it has entered
	worker bool        // it makes calls
	over   func() bool // it waits for this executor until over; nil: it does not
}

func newInsiders(workers int) *insiders {
	return &insiders{
		workers: workers,
		turns:   sync.Pool{New: newTurn},
		places:  make(map[uint64]*place),
	}
}

// enter notes that this goroutine holds places until leave.
func (in *insiders) enter(worker bool) (id uint64) {
	id = goroutineID()
	in.mu.Lock()
	defer in.mu.Unlock()
	p := in.places[id]
	if p == nil {
		p = &place{worker: worker}
		in.places[id] = p
	}
	p.depth++
	return id
}

func (in *insiders) leave(id uint64) {
	in.mu.Lock()
	defer in.mu.Unlock()
	p := in.places[id]
	if p.depth--; p.depth == 0 {
		delete(in.places, id)
	}
}

// here reports whether this goroutine holds a place.
func (in *insiders) here() bool {
	id := goroutineID()
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.places[id] != nil
}

// begin notes that goroutine id waits, until finish, for what no one but the
// workers can do. It reports whether it may: not if it is the last of them that
// does not wait.
func (in *insiders) begin(id uint64, over func() bool) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	p := in.places[id]
	if p == nil {
		return true
	}
	p.over = over
	if in.allWait() {
		p.over = nil
		return false
	}
	return true
}

func (in *insiders) allWait() bool {
	waiting := 0
	for _, p := range in.places {
		if p.worker && p.over != nil && !p.over() {
			waiting++
		}
	}
	return waiting == in.workers
}

func (in *insiders) finish(id uint64) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if p := in.places[id]; p != nil {
		p.over = nil
	}
}

// goroutineID reads "goroutine 18 [running]:".
func goroutineID() uint64 {
	var head [64]byte
	text := head[:runtime.Stack(head[:], false)]
	number, _, _ := bytes.Cut(bytes.TrimPrefix(text, []byte("goroutine ")), []byte(" "))
	id, err := strconv.ParseUint(string(number), 10, 64)
	if err != nil {
		panic("pool: a stack trace has another beginning: " + string(text))
	}
	return id
}

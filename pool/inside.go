package pool

import (
	"bytes"
	"runtime"
	"strconv"
)

// A goroutine that holds a place in the window must not wait for another one,
// nor for the end of all. Go has no other name for a goroutine than the number at
// the head of its stack trace, which is slow to get: it is asked for when a worker
// begins and when something waits long, never when a call is submitted or made.

// enter notes that this goroutine holds places until leave: it is a worker, or it
// runs the callbacks of calls that it has cancelled.
func (e *Executor[In, Out]) enter() (id uint64) {
	id = goroutineID()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.inside[id]++
	return id
}

func (e *Executor[In, Out]) leave(id uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.inside[id]--; e.inside[id] == 0 {
		delete(e.inside, id)
	}
}

func (e *Executor[In, Out]) holdsPlace() bool {
	id := goroutineID()
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.inside[id] > 0
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

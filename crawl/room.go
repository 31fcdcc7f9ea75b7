package crawl

import (
	"sync"

	"trawl/pool"
)

// room is how many jobs an engine elsewhere takes at once, which it says itself and may
// change its mind about. A nil room is that of an engine here: it stays as it is.
type room struct {
	most    int           // whatever the engine says; 0 is no limit
	changed chan struct{} // has one when the engine has said something

	mu      sync.Mutex // guards all below
	offered int
	stage   func(int) // nil: there is none yet
	engine  pool.Breaker
}

func newRoom(most int) *room { return &room{most: most, changed: make(chan struct{}, 1)} }

// resize takes what the engine says.
func (r *room) resize(calls int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.offered = calls
	r.tell()
}

// open makes resize that of a stage from now on. Engine is asked whether it is broken, if it can be.
func (r *room) open(stage func(int), engine any) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stage = stage
	r.engine, _ = engine.(pool.Breaker)
	r.tell()
}

// tell is called with mu held.
func (r *room) tell() {
	if r.stage == nil {
		return
	}
	size := min(r.offered, mostElsewhere)
	if r.most > 0 {
		size = min(size, r.most)
	}
	r.stage(size)
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// changes has a value after the engine has said something.
func (r *room) changes() <-chan struct{} {
	if r == nil {
		return nil
	}
	return r.changed
}

// broken is why the engine makes no more calls; nil: it does.
func (r *room) broken() error {
	r.mu.Lock()
	engine := r.engine
	r.mu.Unlock()
	if engine == nil {
		return nil
	}
	return engine.Broken()
}

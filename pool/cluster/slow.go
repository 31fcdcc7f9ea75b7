package cluster

import "time"

// slowness finds workers that are much slower than the others.
type slowness struct{}

func (e *Engine[In, Out]) observeSlow(time.Time) {}

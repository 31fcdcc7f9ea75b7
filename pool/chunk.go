package pool

import "context"

// chunk is some items of a Map that hold one place in the window, as one task.
type chunk[In, Out any] struct {
	items   []In          // to be made
	results []result[Out] // of those that were made
}

// run makes the calls, one after the other. Each has its own result, also of a
// panic or a context that has ended.
func (c *chunk[In, Out]) run(ctx context.Context, engine Engine[In, Out]) {
	defer func() {
		if len(c.items) > 0 { // a call ended the goroutine
			c.run(ctx, engine)
		}
	}()
	for len(c.items) > 0 {
		c.runNext(ctx, engine)
	}
	c.items = nil
}

func (c *chunk[In, Out]) runNext(ctx context.Context, engine Engine[In, Out]) {
	var r result[Out]
	returned := false
	defer func() {
		if !returned {
			r.err = newPanicError(recover())
		}
		c.results = append(c.results, r)
	}()
	in := c.take()
	if ctx.Err() != nil {
		r.err = context.Cause(ctx)
	} else {
		r.value, r.err = engine.Call(ctx, in)
	}
	returned = true
}

// take lets go of the item that it returns.
func (c *chunk[In, Out]) take() (in In) {
	in, c.items[0] = c.items[0], in
	c.items = c.items[1:]
	return in
}

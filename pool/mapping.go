package pool

import (
	"context"
	"iter"
)

// mapping is one loop over a Map.
type mapping[In, Out any] struct {
	executor *Executor[In, Out]
	opts     MapOptions
	ctx      context.Context // of its calls
	yield    func(Out, error) bool
	over     bool // the loop is

	read  int                // items that are read and not yielded
	items []In               // the last of them: a chunk that is not full
	ahead []portion[In, Out] // the others: submitted, oldest first
}

// portion is an item that is submitted, or a chunk of items.
type portion[In, Out any] struct {
	future *Future[Out]
	chunk  *chunk[In, Out] // nil: one item, whose result is the future's
	left   int             // items that are not yielded
}

func (m *mapping[In, Out]) run(seq iter.Seq[In]) {
	var refused error
	for in := range seq {
		if refused = m.add(in); refused != nil || m.over {
			break
		}
	}
	if refused == nil && !m.over {
		refused = m.submit()
	}
	for len(m.ahead) > 0 && !m.over {
		m.yieldNext()
	}
	if refused != nil && !m.over {
		m.give(result[Out]{err: refused})
	}
}

// add reads one item. If it is the last that may be, it yields another.
func (m *mapping[In, Out]) add(in In) error {
	m.read++
	m.items = append(m.items, in)
	if len(m.items) == m.opts.Chunk || m.read == m.opts.Ahead && len(m.ahead) == 0 {
		if err := m.submit(); err != nil {
			return err
		}
	}
	if m.read == m.opts.Ahead && !m.over {
		m.yieldNext()
	}
	return nil
}

// submit hands over the items that are not. In a call or a callback of this
// executor the window may be full of what the loop has ahead: then it yields that
// first.
func (m *mapping[In, Out]) submit() error {
	if len(m.items) == 0 {
		return nil
	}
	t, p := m.next()
	for {
		err := m.executor.hand(t)
		if err == nil {
			m.ahead = append(m.ahead, p)
			return nil
		}
		if err != ErrWouldDeadlock || len(m.ahead) == 0 {
			return err
		}
		if m.yieldNext(); m.over {
			return nil
		}
	}
}

// next makes a task of the items.
func (m *mapping[In, Out]) next() (*task[In, Out], portion[In, Out]) {
	if m.opts.Chunk == 1 {
		t := newTask(m.executor, m.ctx, m.items[0], nil)
		clear(m.items)
		m.items = m.items[:0]
		return t, portion[In, Out]{future: &t.future, left: 1}
	}
	var none In
	t := newTask(m.executor, m.ctx, none, nil)
	t.chunk = &chunk[In, Out]{items: m.items}
	m.items = nil
	return t, portion[In, Out]{future: &t.future, chunk: t.chunk, left: len(t.chunk.items)}
}

// yieldNext waits for the oldest item that is submitted and yields it.
func (m *mapping[In, Out]) yieldNext() {
	p := &m.ahead[0]
	err := p.future.wait(m.ctx)
	var r result[Out]
	if err == nil {
		r = p.take()
	}
	if err == nil && r.err != nil {
		err = context.Cause(m.ctx) // nil, or what ended the call too: that is said once
	}
	if err != nil {
		m.give(result[Out]{err: err})
		m.over = true
		return
	}
	if p.left == 0 {
		*p = portion[In, Out]{} // a result is the loop's alone
		m.ahead = m.ahead[1:]
	}
	m.read--
	m.give(r)
}

func (m *mapping[In, Out]) give(r result[Out]) {
	if !m.yield(r.value, r.err) {
		m.over = true
	}
}

// take returns the result of the next item of a portion that has ended.
func (p *portion[In, Out]) take() result[Out] {
	p.left--
	if p.chunk == nil || len(p.chunk.results) == 0 { // one item, or a chunk that was never run
		return p.future.outcome
	}
	r := p.chunk.results[0]
	p.chunk.results[0] = result[Out]{}
	p.chunk.results = p.chunk.results[1:]
	return r
}

func (m *mapping[In, Out]) cancelAll() {
	for _, p := range m.ahead {
		p.future.Cancel()
	}
}

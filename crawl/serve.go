package crawl

import (
	"context"
	"errors"
	"sync"

	"trawl/fetch"
	"trawl/pool"
)

// Serve makes the jobs of a [Crawl] whose [Options].Processes start this program: a
// worker process calls it when [pool.IsWorker] says that it is one, before it does
// anything else, and ends when it returns. It returns nil when the coordinator, the
// process of the Crawl, has no more to do or is gone, and at once, though jobs may still
// run; an error is that the two programs do not understand each other, or the cause of
// ctx's end.
//
// parsePage is what [Options].ParsePage is for a run in one process; nil is
// [parse.ParsePage]. A job that is cut off by the death of its worker is made again, so
// parsePage may see a page up to three times.
func Serve(ctx context.Context, parsePage ParsePage) error {
	return pool.Serve(ctx, func(data []byte) (pool.Worker[fetch.Request, fetch.Page, Parsed], error) {
		s, err := readSetup(data)
		if err != nil {
			return pool.Worker[fetch.Request, fetch.Page, Parsed]{}, err
		}
		return s.worker(parsePage, nothing)
	})
}

// worker makes a run's jobs in this process, which is not the coordinator's.
type worker struct {
	parser parser
	heads  *heads // nil: nobody wants them
}

// worker makes one as the setup says; end is called at its end.
func (s setup) worker(own ParsePage, end func() error) (w pool.Worker[fetch.Request, fetch.Page, Parsed], err error) {
	here := worker{parser: parser{own: own}}
	if here.parser.opts, err = s.parse(); err != nil {
		return w, err
	}
	opts, err := s.client()
	if err != nil {
		return w, err
	}
	if s.Heads {
		here.heads = &heads{of: map[int64][]string{}}
		opts.OnHead = here.heads.add
	}
	client, err := fetch.NewClient(opts)
	if err != nil {
		return w, err
	}
	w.Executor, err = newExecutor(ending[fetch.Page]{inClient(client), end}, s.Means.Concurrency)
	w.Done, w.In, w.Out = here.parsePage, &hopCodec{}, parsedCodec{}
	return w, err
}

// newExecutor makes an executor that owns its engine, whatever becomes of it.
func newExecutor[Out any](engine pool.Engine[fetch.Request, Out], workers int) (*pool.Executor[fetch.Request, Out], error) {
	ex, err := pool.New(engine, pool.Options{Workers: workers})
	if err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	return ex, nil
}

// inClient is the engine of a client, which closes it.
func inClient(client *fetch.Client) pool.Engine[fetch.Request, fetch.Page] {
	return ending[fetch.Page]{pool.Threads(client.GetPage), func() error { client.Close(); return nil }}
}

// ending is an engine with which something else ends: after the last call.
type ending[Out any] struct {
	pool.Engine[fetch.Request, Out]
	end func() error
}

func nothing() error { return nil }

func (e ending[Out]) Close() error { return errors.Join(e.Engine.Close(), e.end()) }

// Broken is the engine's.
func (e ending[Out]) Broken() error {
	if b, ok := e.Engine.(pool.Breaker); ok {
		return b.Broken()
	}
	return nil
}

// parsePage is the done-callback of a get_page that has run in a worker: what it gives
// travels back.
func (w worker) parsePage(ctx context.Context, r fetch.Request, job *pool.Future[fetch.Page]) (out Parsed, err error) {
	out.Heads = w.heads.take(r.Index)
	page, err := pageOf(ctx, r.URL, job)
	if err != nil { // ctx has ended
		return out, err
	}
	defer page.Release()
	w.parser.parse(&page, &out.Record)
	out.Answer = page.Answer
	return out, nil
}

// heads keeps what a client's OnHead is told, by job, until that has ended.
type heads struct {
	mu sync.Mutex // guards of
	of map[int64][]string
}

func (h *heads) add(r fetch.Request, head string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.of[r.Index] = append(h.of[r.Index], head)
}

// take may be called on nil, which keeps none.
func (h *heads) take(job int64) []string {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	taken := h.of[job]
	delete(h.of, job)
	return taken
}

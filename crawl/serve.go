package crawl

import (
	"context"
	"fmt"
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
	return pool.Serve(ctx, func(data []byte) (pool.Worker[fetch.Request, fetch.Page, parsed], error) {
		return startWorker(data, parsePage)
	})
}

// worker is one worker process.
type worker struct {
	parser parser
	heads  *heads // nil: nobody wants them
}

// startWorker makes a worker as the coordinator's setup says. Its client is never
// closed: the process ends with it, perhaps amid its jobs.
func startWorker(data []byte, own ParsePage) (w pool.Worker[fetch.Request, fetch.Page, parsed], err error) {
	s, err := setupCodec.Decode(data)
	if err != nil {
		return w, fmt.Errorf("setup: %w", err)
	}
	if s.Release != fetch.Release {
		return w, fmt.Errorf("the run is one of trawl %s, the worker of %s", s.Release, fetch.Release)
	}
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
	w.Executor, err = pool.New(pool.Threads(client.GetPage), pool.Options{Workers: s.Concurrency})
	w.Done, w.In, w.Out = here.parsePage, &hopCodec{}, parsedCodec{}
	return w, err
}

// parsePage is the done-callback of a get_page that has run in a worker process: what it
// gives travels back.
func (w worker) parsePage(ctx context.Context, r fetch.Request, job *pool.Future[fetch.Page]) (out parsed, err error) {
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

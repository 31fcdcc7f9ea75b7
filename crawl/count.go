package crawl

import (
	"context"
	"io"
	"math"
)

// Count counts the positions of all inputs; of lines it parses no more than tells whose
// share they are in. Another goroutine may read the list meanwhile. known is false if the
// number cannot be known: an input is not a file or cannot be read to its end, or ctx ends
// or the list is closed before the end.
func (l *List) Count(ctx context.Context) (n int64, known bool) {
	for i := range l.inputs {
		in := &l.inputs[i]
		if in.url != "" {
			if l.opts.Shard.has([]byte(in.url), false) {
				n++
			}
			continue
		}
		lines, err := countLines(ctx, in, l.opts.Shard)
		if err != nil {
			return 0, false
		}
		n += lines
	}
	if l.opts.MaxPages > 0 {
		n = min(n, l.before+l.opts.MaxPages)
	}
	return n, true
}

func countLines(ctx context.Context, in *input, share Share) (n int64, err error) {
	if !in.isFile() {
		return 0, errNotYet
	}
	at := in.at
	if at == nil {
		file, err := in.open()
		if err != nil {
			return 0, err
		}
		defer file.Close()
		at = file
	}
	r, err := unpack(io.NewSectionReader(at, in.start, math.MaxInt64-in.start))
	if err != nil {
		return 0, err
	}
	lines := newLines(direct{untilDone{ctx, r}})
	for {
		text, err := lines.next(nil)
		switch {
		case err == io.EOF:
			return n, nil
		case err != nil && err != errLong:
			return 0, err
		case hasURL(text, err == errLong) && share.has(text, err == errLong):
			n++
		}
	}
}

// untilDone is a reader that fails once its context has ended.
type untilDone struct {
	ctx context.Context // of the one call that reads
	r   io.Reader
}

func (r untilDone) Read(p []byte) (int, error) {
	if err := context.Cause(r.ctx); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

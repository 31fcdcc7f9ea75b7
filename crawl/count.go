package crawl

import (
	"context"
	"io"
	"math"
)

// Count counts the URL lines of what the arguments of [OpenList] name, as
// [List.Count] does.
func Count(ctx context.Context, args []string) (n int64, known bool) {
	l, err := OpenList(args, nil, ListOptions{})
	if err != nil {
		return 0, false
	}
	defer l.Close()
	if l.stdin {
		return 0, false
	}
	return l.Count(ctx)
}

// Count counts the positions of all inputs, without parsing them, while the list
// may be read by another goroutine. known is false if there is no telling: an
// input is no file, cannot be read to its end, or ctx or the list ends before.
func (l *List) Count(ctx context.Context) (n int64, known bool) {
	for i := range l.inputs {
		in := &l.inputs[i]
		if in.url != "" {
			n++
			continue
		}
		lines, err := countLines(ctx, in)
		if err != nil {
			return 0, false
		}
		n += lines
	}
	if l.opts.MaxPages > 0 {
		n = min(n, l.opts.MaxPages)
	}
	return n, true
}

func countLines(ctx context.Context, in *input) (n int64, err error) {
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
		case hasURL(text, err == errLong):
			n++
		}
	}
}

// untilDone is a reader whose input ends with the context.
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

package parse

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"runtime/metrics"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
	"golang.org/x/sync/semaphore"
)

// What a page may cost whose tree is built. Nesting is bounded by the HTML
// parser, at 512 elements; nothing else is. Formatting elements that are never
// closed are made anew in every paragraph, so that 4 bytes can become 500 nodes,
// and some of its steps take time that grows with the square of the page.
const (
	treeTime  = 3 * time.Second        // to build it and to search it
	perMiB    = 300 * time.Millisecond // and for each MiB of the page
	bigPage   = 1 << 20                // bytes from which a page is parsed alone
	smallHeap = 64 << 20               // bytes by which the heap may grow while a slow small page is parsed
	bigHeap   = 256 << 20              // and while a big one is

	tagsAtOnce  = 16       // that the parser gets between two looks at the bounds
	bytesAtOnce = 16 << 10 // and bytes
)

var (
	errDeep   = errors.New("page is nested too deeply: over 512 elements")
	errSlow   = errors.New("page takes too long to be parsed")
	errMemory = errors.New("page takes too much memory to be parsed")
)

// trees bounds how many pages are taken apart at once, since more would not be
// faster and each may take a lot of memory.
var (
	processors = int64(runtime.GOMAXPROCS(0))
	trees      = semaphore.NewWeighted(processors)
)

// bounds of one page. They begin when it has its turn.
type bounds struct {
	big   bool
	turn  int64 // of trees
	start time.Time
	limit time.Duration // from start
	heap  int64         // bytes, when it was first looked at; 0 is not yet
}

// enter waits for a turn: until the pages before are done, each of which has
// bounds too.
func enter(size int) *bounds {
	b := &bounds{big: size >= bigPage, turn: 1, limit: treeTime + time.Duration(size>>20)*perMiB}
	if b.big {
		b.turn = processors
	}
	_ = trees.Acquire(context.Background(), b.turn) // it only fails with its context
	b.start = time.Now()
	if b.big {
		b.heap = heapInUse()
	}
	return b
}

func (b *bounds) leave() { trees.Release(b.turn) }

// check is called after every few steps; read is how many bytes they took. A
// small page is asked about memory only if it is slow too, at less than 10 MB a
// second: the heap is everybody's.
func (b *bounds) check(read int) error {
	elapsed := time.Since(b.start)
	switch {
	case elapsed > b.limit:
		return errSlow
	case !b.big && elapsed < 20*time.Millisecond+time.Duration(read)*100*time.Nanosecond:
		return nil
	case b.heap == 0:
		b.heap = heapInUse()
	}
	limit := int64(smallHeap)
	if b.big {
		limit = bigHeap
	}
	if heapInUse()-b.heap > limit {
		return errMemory
	}
	return nil
}

func heapInUse() int64 {
	sample := [1]metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample[:])
	return int64(sample[0].Value.Uint64())
}

// buildTree parses UTF-8.
func buildTree(text io.Reader, b *bounds) (*goquery.Document, error) {
	root, err := html.Parse(&bounded{text: text, bounds: b})
	switch {
	case err == nil && isDeep(root), err != nil && strings.Contains(err.Error(), "exceeds 512 nodes"):
		return nil, errDeep
	case err != nil:
		return nil, err
	}
	return goquery.NewDocumentFromNode(root), nil
}

// isDeep finds the trees that have grown deeper than the parser's stack, when
// misnested elements were sorted out; what walks over a tree calls itself.
func isDeep(root *html.Node) bool {
	depth := 0
	for n := root; ; {
		switch {
		case n.FirstChild != nil:
			n = n.FirstChild
			if depth++; depth > 4*512 {
				return true
			}
			continue
		case n == root:
			return false
		}
		for n.NextSibling == nil {
			if n, depth = n.Parent, depth-1; n == root {
				return false
			}
		}
		n = n.NextSibling
	}
}

// bounded gives the parser a few tags at a time, and an error when a bound is met.
type bounded struct {
	text   io.Reader
	bounds *bounds
	buf    []byte
	rest   []byte // of buf, to be given
	read   int
}

func (r *bounded) Read(p []byte) (int, error) {
	if err := r.bounds.check(r.read); err != nil {
		return 0, err
	}
	if len(r.rest) == 0 {
		if r.buf == nil {
			r.buf = make([]byte, bytesAtOnce)
		}
		n, err := r.text.Read(r.buf)
		if n == 0 {
			return 0, err
		}
		r.rest = r.buf[:n] // an error comes again
	}
	n := copy(p, r.rest[:someTags(r.rest)])
	r.rest = r.rest[n:]
	r.read += n
	return n, nil
}

// someTags is the length of the first tags of b.
func someTags(b []byte) int {
	end := 0
	for range tagsAtOnce {
		n := bytes.IndexByte(b[end:], '<')
		if n < 0 {
			return len(b)
		}
		end += n + 1
	}
	return end
}

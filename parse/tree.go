package parse

import (
	"bytes"
	"io"
	"strings"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
)

// What the parser gets between two looks at the bounds.
const (
	tagsAtOnce  = 8
	bytesAtOnce = 16 << 10
)

// maxDepth is how deep a tree may have grown beyond the parser's own bound, since what
// walks over it calls itself.
const maxDepth = 4 * 512

// buildTree parses UTF-8.
func buildTree(text io.Reader, b *bounds) (*goquery.Document, extent, error) {
	root, err := html.Parse(&bounded{text: &tagged{text: text}, bounds: b})
	switch {
	case err != nil && strings.Contains(err.Error(), "exceeds 512 nodes"):
		return nil, extent{}, errDeep
	case err != nil:
		return nil, extent{}, err
	}
	x := extentOf(root)
	if x.depth > maxDepth {
		return nil, extent{}, errDeep
	}
	return goquery.NewDocumentFromNode(root), x, nil
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

// someTags is the length of b up to its first tags.
func someTags(b []byte) int {
	end := 0
	for tags := 0; tags <= tagsAtOnce; {
		n := bytes.IndexByte(b[end:], '<')
		if n < 0 || end+n+1 == len(b) {
			return len(b)
		}
		if end += n + 1; b[end] == '/' || isLetter(b[end]) {
			tags++
		}
	}
	return end
}

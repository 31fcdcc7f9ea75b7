package parse

import (
	"context"
	"io"

	"golang.org/x/net/html"
)

const (
	titleWithin = 1 << 20 // bytes of a page that are searched
	maxTitle    = 4 << 10 // bytes of a title; what is beyond is cut off
)

// titleOf is the text of the first title element, as a browser shows it: white
// space collapsed, character references decoded. The titles of an SVG drawing are
// not the page's, nor is one in a template. text is UTF-8. Like a page of which a tree is
// built, it waits for its turn.
func titleOf(text io.Reader) string {
	_ = ordinary.Acquire(context.Background(), 1) // it only fails with its context
	defer ordinary.Release(1)
	z := html.NewTokenizer(&tagged{text: io.LimitReader(text, titleWithin)})
	depth := 0 // of svg, math and template
	for {
		switch z.Next() {
		case html.ErrorToken:
			return ""
		case html.StartTagToken:
			switch name, _ := z.TagName(); string(name) {
			case "svg", "math", "template":
				depth++
			case "title":
				if depth == 0 {
					return titleText(z)
				}
				z.NextIsNotRawText()
			}
		case html.EndTagToken:
			switch name, _ := z.TagName(); string(name) {
			case "svg", "math", "template":
				depth = max(depth-1, 0)
			}
		}
	}
}

func titleText(z *html.Tokenizer) string {
	if z.Next() != html.TextToken {
		return ""
	}
	q := squeezed{max: maxTitle}
	q.add(string(z.Text()))
	return string(q.b)
}

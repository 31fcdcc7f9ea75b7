package parse

import (
	"io"

	"golang.org/x/net/html"
)

const (
	titleWithin = 1 << 20 // bytes of a page that are searched
	maxTitle    = 4 << 10 // bytes of a title; what is beyond is cut off
)

// titleOf is the text of the first title element, as a browser shows it: white
// space collapsed, character references decoded. The titles of an SVG drawing are
// not the page's, nor is one in a template. r is UTF-8.
func titleOf(r io.Reader) string {
	z := html.NewTokenizer(io.LimitReader(r, titleWithin))
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

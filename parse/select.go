package parse

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
)

// maxData is how many bytes of text and values one page may have in its record.
const maxData = 4 << 20

var errData = errors.New("the selected fields are too long: over 4 MiB")

// values are what the selectors of one name have found.
type values struct {
	name string
	all  []string
}

// selectAll makes the JSON object of all fields that have a value, in the order of
// the selectors. Selectors of the same name share a field.
func selectAll(doc *goquery.Document, x extent, selectors []Selector, page string, b *bounds) (json.RawMessage, error) {
	field := collector{base: baseOf(doc, page), bounds: b, room: maxData}
	var fields []values
	for _, s := range selectors {
		if s.effort.isTooMuch(x) {
			return nil, errSlow
		}
		found, err := field.collect(doc, s)
		if err != nil {
			return nil, err
		}
		fields = appendValues(fields, s.name, found)
	}
	return marshal(fields)
}

func appendValues(fields []values, name string, found []string) []values {
	for i := range fields {
		if fields[i].name == name {
			fields[i].all = append(fields[i].all, found...)
			return fields
		}
	}
	return append(fields, values{name, found})
}

// marshal is nil if there is nothing.
func marshal(fields []values) (json.RawMessage, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	for _, f := range fields {
		if len(f.all) == 0 {
			continue
		}
		buf.WriteByte("{,"[min(buf.Len(), 1)])
		if err := encode(&buf, enc, f.name); err != nil {
			return nil, err
		}
		buf.WriteByte(':')
		if err := encode(&buf, enc, f.all); err != nil {
			return nil, err
		}
	}
	if buf.Len() == 0 {
		return nil, nil
	}
	buf.WriteByte('}')
	return buf.Bytes(), nil
}

// encode leaves out the line feed that an encoder puts after each value.
func encode[T string | []string](buf *bytes.Buffer, enc *json.Encoder, v T) error {
	if err := enc.Encode(v); err != nil {
		return err
	}
	buf.Truncate(buf.Len() - 1)
	return nil
}

// collector takes values out of one document.
type collector struct {
	base   base
	bounds *bounds
	room   int // bytes that the values may still have
}

func (c *collector) collect(doc *goquery.Document, s Selector) (found []string, err error) {
	search := &search{steps: s.steps, whole: s.whole, bounds: c.bounds}
	nodes := doc.FindMatcher(search).Nodes
	if search.err != nil {
		return nil, search.err
	}
	for _, n := range nodes {
		if err := c.bounds.late(); err != nil {
			return nil, err
		}
		value, ok := c.value(n, s.attr)
		if !ok {
			continue
		}
		if c.room -= len(value) + 8; c.room < 0 {
			return nil, errData
		}
		found = append(found, value)
	}
	return found, nil
}

// value is not ok if the element has none: no such attribute, or a link to
// something that is no URL.
func (c *collector) value(n *html.Node, attr string) (value string, ok bool) {
	if attr == "" {
		return c.text(n), true
	}
	value, ok = attribute(n, attr)
	switch {
	case !ok:
		return "", false
	case attr == "href", attr == "src":
		return c.base.absolute(value)
	}
	return Clean(value), true
}

// text is that of all text nodes below n. One that is longer than there is room
// for comes out too long as well.
func (c *collector) text(n *html.Node) string {
	q := squeezed{max: c.room + 1}
	q.addTexts(n)
	return string(q.b)
}

// addTexts adds the text nodes below n.
func (q *squeezed) addTexts(n *html.Node) {
	for d := range n.Descendants() {
		if d.Type == html.TextNode && !q.add(d.Data) {
			return
		}
	}
}

// attribute looks for lower as HTML does, without regard to case; the parser
// writes some of SVG's with capitals.
func attribute(n *html.Node, lower string) (value string, ok bool) {
	for _, a := range n.Attr {
		key := a.Key
		if a.Namespace != "" {
			key = a.Namespace + ":" + key
		}
		if strings.EqualFold(key, lower) {
			return a.Val, true
		}
	}
	return "", false
}

// documentTitle is titleOf, for a page whose tree there is.
func documentTitle(doc *goquery.Document) string {
	for _, s := range doc.Find("title").EachIter() {
		n := s.Nodes[0]
		if n.Namespace != "" || s.Closest("template").Length() > 0 {
			continue
		}
		q := squeezed{max: maxTitle}
		q.addTexts(n)
		return string(q.b)
	}
	return ""
}

package parse

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"trawl/fetch"
)

const megabyte = 1 << 20

// fonts are formatting elements that a paragraph ends without closing them, each
// with that many attributes.
func fonts(n, attributes int) string {
	var b strings.Builder
	b.WriteString("<p>")
	for i := range n {
		fmt.Fprintf(&b, "<font x=%d", i)
		for a := range attributes {
			fmt.Fprintf(&b, " a%d", a)
		}
		b.WriteByte('>')
	}
	return b.String()
}

func many(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func filled(start, unit string, size int) string {
	return start + strings.Repeat(unit, (size-len(start))/len(unit))
}

// outcome of a hostile page. Which bound a page meets first depends on the machine,
// but for the one that counts.
type outcome int

const (
	parsed outcome = iota
	tooDeep
	refused // for its time or its memory
)

var hostile = []struct {
	name, page string
	want       outcome
}{
	{"nested a million deep", strings.Repeat("<div>", 1e6), tooDeep},
	{"nested a million deep, in a drawing", "<svg>" + strings.Repeat("<g>", 1e6), tooDeep},
	{"nested tables", strings.Repeat("<table><tr><td>", 1e5), tooDeep},
	{"misnested links", strings.Repeat("<a><div>", 1e5), tooDeep},
	{"misnested in tables", strings.Repeat("<table><b><tr><i><td></b>x", 1e5), tooDeep},
	{"templates", strings.Repeat("<template><p>", 1e5), tooDeep},
	{"select", strings.Repeat("<select><option><b>", 1e5), tooDeep},
	{"attributes of html that add up", many(200_000, "<html a%d>"), refused},
	{"formatting elements in each paragraph", filled(fonts(400, 0), "<p>x", 3*megabyte), refused},
	{"the same in a small page", filled(fonts(400, 0), "<p>x", megabyte-10), refused},
	{"with attributes", filled(fonts(400, 20), "<p>x", 3*megabyte), refused},
	{"with many attributes in a small page", filled(fonts(400, 200), "<p>x", megabyte-10), refused},
	{"behind a long comment", filled("<!--"+strings.Repeat("x", megabyte)+"-->"+fonts(400, 0), "<p>x", 2*megabyte), refused},
	{"an element with 100,000 attributes", "<p" + many(100_000, " a%d") + ">x", parsed},
	{"misnested", strings.Repeat("<b><i><p></b></i></p>", 1e4), parsed},
	{"a comment without end", "<!--" + strings.Repeat("<p>-", 2e4), parsed},
	{"comments without end in a script", "<script>" + strings.Repeat("<!--<script>", 1e4), parsed},
	{"a script of tags", "<script>" + strings.Repeat("'<b>';", 2e4), parsed},
	{"paragraphs only", strings.Repeat("<p>", 5e4), parsed},
	{"text in a table", "<table>" + strings.Repeat("x<tr>", 2e4), parsed},
	{"ends of nothing", strings.Repeat("</p>", 5e4), parsed},
	{"angle brackets", strings.Repeat("<", 5e4), parsed},
	{"character references", strings.Repeat("&CounterClockwiseContourIntegral;&notit", 2e4), parsed},
}

func TestHostilePagesEndSoonInBoundedMemory(t *testing.T) {
	selectors := []Selector{mustSelector(t, "a=body a b"), mustSelector(t, "t=title")}
	for _, test := range hostile {
		t.Run(test.name, func(t *testing.T) {
			page := htmlPage(test.page)
			watch := watchHeap()
			start := time.Now()
			_, err := ParsePage(page, Options{Title: true, Select: selectors})
			took, grew := time.Since(start), watch()
			if got := outcomeOf(err); got != test.want {
				t.Errorf("outcome %d (%v), want %d", got, err, test.want)
			}
			if took > 10*time.Second { // a bound is met within 4 s, but for a machine that has much else to do
				t.Errorf("took %v", took)
			}
			if grew > bigHeap+bigHeap/2 {
				t.Errorf("the heap grew by %d MiB", grew>>20)
			}
		})
	}
}

func outcomeOf(err error) outcome {
	switch {
	case err == nil:
		return parsed
	case errors.Is(err, errDeep):
		return tooDeep
	case errors.Is(err, errSlow), errors.Is(err, errMemory):
		return refused
	}
	return -1
}

func TestLargePageIsParsed(t *testing.T) {
	page := utf8Page(megabyte + megabyte/8)
	rec, err := ParsePage(page, Options{Title: true, Select: []Selector{mustSelector(t, "links=a@href")}})
	if links := bytes.Count(page.Body, []byte("<a ")); err != nil || strings.Count(string(rec.Data), "https://") != links {
		t.Errorf("%d bytes of data for %d links, %v", len(rec.Data), links, err)
	}
}

// watchHeap gives a function that says by how much the heap has grown at most
// since. What collects garbage first makes it comparable.
func watchHeap() func() int64 {
	runtime.GC()
	before := heapInUse()
	var most atomic.Int64
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			most.Store(max(most.Load(), heapInUse()-before))
			select {
			case <-tick.C:
			case <-done:
				return
			}
		}
	}()
	return func() int64 {
		close(done)
		<-stopped
		return most.Load()
	}
}

func htmlPage(body string) *fetch.Page {
	return &fetch.Page{URL: "https://example.com/dir/page", ContentType: "text/html", Body: []byte(body), HasBody: true}
}

func mustSelector(t testing.TB, s string) Selector {
	t.Helper()
	sel, err := ParseSelector(s)
	if err != nil {
		t.Fatalf("ParseSelector(%q): %v", s, err)
	}
	return sel
}

package parse

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
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
	name string
	page func() string
	want outcome
}{
	{"nested a million deep", func() string { return strings.Repeat("<div>", 1e6) }, tooDeep},
	{"nested a million deep, in a drawing", func() string { return "<svg>" + strings.Repeat("<g>", 1e6) }, tooDeep},
	{"nested tables", func() string { return strings.Repeat("<table><tr><td>", 1e5) }, tooDeep},
	{"misnested links", func() string { return strings.Repeat("<a><div>", 1e5) }, tooDeep},
	{"misnested in tables", func() string { return strings.Repeat("<table><b><tr><i><td></b>x", 1e5) }, tooDeep},
	{"templates", func() string { return strings.Repeat("<template><p>", 1e5) }, tooDeep},
	{"select", func() string { return strings.Repeat("<select><option><b>", 1e5) }, tooDeep},
	{"attributes of html that add up", func() string { return many(200_000, "<html a%d>") }, refused},
	{"an element with 400,000 attributes", func() string { return "<p" + many(400_000, " a%d") + ">x" }, refused},
	{"attributes behind what looks like a style", func() string { return "<svg><style><p" + many(30_000, " a%d=1") + ">x" }, refused},
	{"attributes behind what looks like a value", func() string { return "<!--<p a=\"--><p" + many(30_000, " a%d=x") + ">x" }, refused},
	{"attributes with quotes", func() string { return "<script></script><p" + many(30_000, " a%d='>'") + ">x" }, refused},
	{"elements with many attributes", func() string { return strings.Repeat("<i"+many(500, " a%x")+">", 60) }, refused},
	{"megabytes of paragraphs", func() string { return filled("", "<p>", 2*megabyte) }, refused},
	{"megabytes of bold letters", func() string { return filled("", "<b>x</b>", 3*megabyte) }, refused},
	{"megabytes of comments", func() string { return filled("", "<!---->", 5*megabyte) }, refused},
	{"formatting elements in each paragraph", func() string { return filled(fonts(400, 0), "<p>x", 3*megabyte) }, refused},
	{"the same in a small page", func() string { return filled(fonts(400, 0), "<p>x", megabyte-10) }, refused},
	{"with attributes", func() string { return filled(fonts(400, 20), "<p>x", 3*megabyte) }, refused},
	{"with many attributes in a small page", func() string { return filled(fonts(400, 200), "<p>x", megabyte-10) }, refused},
	{"behind a long comment", func() string {
		return filled("<!--"+strings.Repeat("x", megabyte)+"-->"+fonts(400, 0), "<p>x", 2*megabyte)
	}, refused},
	{"an element with 20,000 attributes", func() string { return "<p" + many(20_000, " a%d") + ">x" }, parsed},
	{"a title of two million bytes", func() string { return filled("<title>", "title ", 2*megabyte) }, parsed},
	{"a line of megabytes", func() string { return filled("<p>", "text ", 2*megabyte) }, parsed},
	{"NULs", func() string { return filled("<p>", "\x00", megabyte/4) }, parsed},
	{"a frameset", func() string { return filled("<frameset>", "<frame>", megabyte/4) }, parsed},
	{"a comment of tags without end", func() string { return filled("<!--", "<p>a='", megabyte/8) }, parsed},
	{"a drawing's CDATA without end", func() string { return filled("<svg><![CDATA[", "<p>]", megabyte/8) }, parsed},
	{"foster parents", func() string { return strings.Repeat("<table>x<b>", 1e4) }, parsed},
	{"misnested", func() string { return strings.Repeat("<b><i><p></b></i></p>", 1e4) }, parsed},
	{"a comment without end", func() string { return "<!--" + strings.Repeat("<p>-", 2e4) }, parsed},
	{"comments without end in a script", func() string { return "<script>" + strings.Repeat("<!--<script>", 1e4) }, parsed},
	{"a script of tags", func() string { return "<script>" + strings.Repeat("'<b>';", 2e4) }, parsed},
	{"paragraphs only", func() string { return strings.Repeat("<p>", 5e4) }, parsed},
	{"text in a table", func() string { return "<table>" + strings.Repeat("x<tr>", 2e4) }, parsed},
	{"ends of nothing", func() string { return strings.Repeat("</p>", 5e4) }, parsed},
	{"angle brackets", func() string { return strings.Repeat("<", 5e4) }, parsed},
	{"character references", func() string { return strings.Repeat("&CounterClockwiseContourIntegral;&notit", 2e4) }, parsed},
}

func TestHostilePagesEndSoonInBoundedMemory(t *testing.T) {
	limitMemory(t)
	selectors := []Selector{mustSelector(t, "a=body a b"), mustSelector(t, "t=title")}
	for _, test := range hostile {
		t.Run(test.name, func(t *testing.T) {
			page := htmlPage(test.page())
			watch := watchHeap()
			start := time.Now()
			_, err := ParsePage(page, Options{Title: true, Select: selectors})
			took, grew := time.Since(start), watch()
			if got := outcomeOf(err); got != test.want {
				t.Errorf("outcome %d (%v), want %d", got, err, test.want)
			}
			if took > time.Minute { // a bound is met within 5 s of a processor
				t.Errorf("took %v", took)
			}
			if grew > testLimit {
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

// testLimit is what the tests allow themselves.
const testLimit = 64 << 20

func limitMemory(t *testing.T) {
	before := debug.SetMemoryLimit(testLimit)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
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

func heapInUse() int64 {
	sample := [1]metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample[:])
	return int64(sample[0].Value.Uint64())
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

package crawl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"trawl/fetch"
)

// pipe gives a list whose standard input is a pipe of the system.
func pipe(t *testing.T, opts ListOptions, args ...string) (*List, *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return openList(t, opts, r, args...), w
}

func write(t *testing.T, w io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
}

// next returns the URL that the list gives now, or fails.
func next(t *testing.T, l *List) string {
	t.Helper()
	r, err := l.Next()
	if err != nil {
		t.Fatal(err)
	}
	return r.URL
}

func TestReadyMeansThatNextDoesNotWait(t *testing.T) {
	l, w := pipe(t, ListOptions{}, file(t, "urls.txt", "https://file.example/\n# end"), "-")
	if !l.Ready() || next(t, l) != "https://file.example/" {
		t.Error("a file has to be waited for")
	}
	if l.Ready() {
		t.Error("ready with an empty pipe")
	}
	write(t, w, "https://a.example/1\n# more\nhttps://a.example/2\n\nhttps://a.exam")
	if got := next(t, l); got != "https://a.example/1" {
		t.Errorf("got %s", got)
	}
	if !l.Ready() || next(t, l) != "https://a.example/2" {
		t.Error("not ready with a line in the buffer")
	}
	if l.Ready() {
		t.Error("ready with half a line")
	}
	w.Close()
	if got := next(t, l); got != "https://a.exam" {
		t.Errorf("got %s", got)
	}
	if _, err := l.Next(); err != io.EOF || !l.Ready() {
		t.Errorf("at the end: %v, ready %v", err, l.Ready())
	}
}

func TestCloseEndsANextThatWaits(t *testing.T) {
	stuck, release := io.Pipe()
	defer release.Close()
	for name, stdin := range map[string]io.Reader{
		"pipe":      func() io.Reader { r, w := io.Pipe(); t.Cleanup(func() { w.Close() }); return r }(),
		"no closer": struct{ io.Reader }{stuck},
	} {
		l := openList(t, ListOptions{}, stdin)
		if l.Ready() {
			t.Errorf("%s: ready", name)
		}
		ended := make(chan error)
		go func() {
			_, err := l.Next()
			ended <- err
		}()
		if err := l.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := <-ended; err != io.EOF {
			t.Errorf("%s: Next says %v, want io.EOF", name, err)
		}
		if _, err := l.Next(); err != io.EOF || l.Err() != nil || !l.Ready() || l.Close() != nil {
			t.Errorf("%s: after Close Next says %v, Err %v", name, err, l.Err())
		}
	}
	l, w := pipe(t, ListOptions{})
	write(t, w, "https://a.example/1\nhttps://a.example/2\n")
	if got := next(t, l); got != "https://a.example/1" {
		t.Errorf("got %s", got)
	}
	l.Close()
	if r, err := l.Next(); err != io.EOF {
		t.Errorf("after Close: %v, %v, want io.EOF though a line was read ahead", r, err)
	}
}

func TestMaxPagesEndsTheListAndTruncatedSaysWhetherItGoesOn(t *testing.T) {
	three := "https://a.example/1\nnonsense\nhttps://a.example/1\n# end\n\n"
	for _, tt := range []struct {
		max       int64
		args      []string
		got       int
		truncated bool
	}{
		{0, []string{"-"}, 3, false},
		{2, []string{"-"}, 2, true},
		{3, []string{"-"}, 3, false},
		{4, []string{"-"}, 3, false},
		{3, []string{"-", "https://b.example/"}, 3, true},
		{1, []string{"https://b.example/", "-"}, 1, true},
	} {
		for from, stdin := range map[string]io.Reader{"reader": strings.NewReader(three), "file": openFile(t, three)} {
			l := openList(t, ListOptions{MaxPages: tt.max, Dedupe: true}, stdin, tt.args...)
			got := take(t, l)
			if from == "reader" && !tt.truncated { // its end comes from another goroutine
				l.look(nil)
			}
			for range 2 { // before and after Close
				if truncated := l.Truncated(); len(got) != tt.got || truncated != tt.truncated {
					t.Errorf("%d of %q from a %s: %q, truncated %v", tt.max, tt.args, from, got, truncated)
				}
				l.Close()
			}
		}
	}
}

func openFile(t *testing.T, text string) *os.File {
	t.Helper()
	f, err := os.Open(file(t, "urls.txt", text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAPipeThatIsLeftOpenCountsAsGoingOn(t *testing.T) {
	l, w := pipe(t, ListOptions{MaxPages: 1})
	write(t, w, "https://a.example/1\n")
	same(t, take(t, l), "1 stdin:1 https://a.example/1")
	if !l.Ready() {
		t.Error("the limit has to be waited for")
	}
	if !l.Truncated() {
		t.Error("not truncated, though the pipe may go on")
	}
}

func TestTheEndOfAPipeThatCameBeforeCloseIsKnownAfterIt(t *testing.T) {
	l, w := pipe(t, ListOptions{MaxPages: 1})
	write(t, w, "https://a.example/1\n")
	w.Close()
	same(t, take(t, l), "1 stdin:1 https://a.example/1")
	l.look(nil) // until the end is there
	l.Close()
	if l.Truncated() {
		t.Error("truncated, though the pipe had ended")
	}
}

func TestAListIsReadThoughItIsRenamedAfterwards(t *testing.T) {
	name := file(t, "db.errors.jsonl", `{"url":"https://a.example/"}`+"\n")
	l := openList(t, ListOptions{}, nil, name)
	if err := errors.Join(os.Rename(name, name+".prev"), os.WriteFile(name, []byte("https://b.example/\nhttps://c.example/\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if n, known := l.Count(t.Context()); n != 1 || !known {
		t.Errorf("Count: %d, %v, want 1", n, known)
	}
	same(t, take(t, l), "1 db.errors.jsonl:1 https://a.example/")
}

func TestMoreListsThanMayBeOpenAreReadAll(t *testing.T) {
	dir := t.TempDir()
	var args []string
	for i := range keptOpen + 10 {
		args = append(args, filepath.Join(dir, fmt.Sprintf("%03d.txt", i)))
		if err := os.WriteFile(args[i], fmt.Appendf(nil, "https://a.example/%d\n", i), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l := openList(t, ListOptions{}, nil, args...)
	last := args[len(args)-1]
	if n, known := l.Count(t.Context()); n != int64(len(args)) || !known {
		t.Errorf("Count: %d, %v, want %d", n, known, len(args))
	}
	if err := errors.Join(os.Rename(last, last+".old"), os.WriteFile(last, []byte("https://b.example/\n"), 0o600), os.Remove(args[len(args)-2])); err != nil {
		t.Fatal(err)
	}
	got := take(t, l)
	if want := fmt.Sprintf("%d 071.txt:1 https://a.example/71", len(args)-2); len(got) != len(args)-2 || got[len(got)-1] != want {
		t.Errorf("%d URLs, the last %q, want %q", len(got), got[len(got)-1], want)
	}
	if err := l.Err(); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), last+": it has been replaced by another file during the run") {
		t.Errorf("Err: %v", err)
	}
	if open := len(l.closers); open != keptOpen {
		t.Errorf("%d files are open, want %d", open, keptOpen)
	}
}

func TestCountAgreesWithWhatIsRead(t *testing.T) {
	long := strings.Repeat("z", 3*maxLine)
	text := "\uFEFF# x\nhttps://a.example/\r\n\n" + long + "\n \t\nnonsense\n{\"url\":1}\nhttps://a.example/ # no comment"
	args := []string{file(t, "a", text), "https://b.example/", file(t, "b", gzipped(t, text)), file(t, "c", zstandard(t, text)), file(t, "d", "")}
	n, known := openList(t, ListOptions{}, nil, args...).Count(t.Context())
	if got := take(t, openList(t, ListOptions{}, nil, args...)); !known || int(n) != len(got) || n != 16 {
		t.Errorf("Count: %d, %v, but %d are read", n, known, len(got))
	}
	if n, known := openList(t, ListOptions{MaxPages: 10}, nil, args...).Count(t.Context()); n != 10 || !known {
		t.Errorf("Count with MaxPages 10: %d, %v", n, known)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	closed := openList(t, ListOptions{}, nil, args...)
	closed.Close()
	for name, count := range map[string]func() (int64, bool){
		"standard input": func() (int64, bool) { return openList(t, ListOptions{}, strings.NewReader(text)).Count(t.Context()) },
		"- too":          func() (int64, bool) { return openList(t, ListOptions{}, nil, append(args, "-")...).Count(t.Context()) },
		"half an archive": func() (int64, bool) {
			return openList(t, ListOptions{}, nil, file(t, "x", gzipped(t, text)[:40])).Count(t.Context())
		},
		"ended context": func() (int64, bool) { return openList(t, ListOptions{}, nil, args...).Count(ended) },
		"closed list":   func() (int64, bool) { return closed.Count(t.Context()) },
	} {
		if n, known := count(); known {
			t.Errorf("%s: Count says that it knows %d", name, n)
		}
	}
}

func TestCountMayRunBesideNext(t *testing.T) {
	text := strings.Repeat("https://a.example/\n", 20000)
	l := openList(t, ListOptions{}, nil, file(t, "a", text), file(t, "b", gzipped(t, text)))
	counted := make(chan int64)
	go func() {
		n, _ := l.Count(t.Context())
		counted <- n
	}()
	n := int64(0)
	for {
		if _, err := l.Next(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if c := <-counted; n != 40000 || c != n {
		t.Errorf("%d are read, %d counted, want 40000", n, c)
	}
}

func TestAPlainLineCostsOneAllocation(t *testing.T) {
	for name, opts := range map[string]ListOptions{"plain": {}, "dedupe": {Dedupe: true}} {
		var text strings.Builder
		for i := range 30000 {
			fmt.Fprintf(&text, "https://a.example/articles/%d\n", i)
		}
		l := openList(t, opts, nil, file(t, "urls.txt", text.String()))
		var r fetch.Request
		n := testing.AllocsPerRun(25000, func() {
			var err error
			if r, err = l.Next(); err != nil {
				t.Fatal(err)
			}
		})
		if n != 1 || r.URL == "" {
			t.Errorf("%s: %v allocations a line, want 1", name, n)
		}
	}
}

// repeated reads the same text for ever.
type repeated struct {
	text string
	at   int
}

func (r *repeated) Read(p []byte) (n int, _ error) {
	for n < len(p) {
		c := copy(p[n:], r.text[r.at:])
		n += c
		r.at = (r.at + c) % len(r.text)
	}
	return n, nil
}

func BenchmarkNext(b *testing.B) {
	var text strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&text, "https://www.example.com/articles/2026/11/%d.html\n", i)
	}
	object := `{"url":"https://www.example.com/articles/2026/11/1.html","meta":{"id":1}}` + "\n"
	for name, text := range map[string]string{"plain": text.String(), "json": object} {
		b.Run(name, func(b *testing.B) {
			l := openList(b, ListOptions{}, &repeated{text: text})
			b.ReportAllocs()
			for b.Loop() {
				if _, err := l.Next(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

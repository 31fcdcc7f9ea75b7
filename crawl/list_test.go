package crawl

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"trawl/fetch"
)

// openList opens a list that is closed with the test.
func openList(t testing.TB, opts ListOptions, stdin io.Reader, args ...string) *List {
	t.Helper()
	l, err := OpenList(args, stdin, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// take reads a list to its end, as "seq file:line url", "… bad: why" or "… again".
func take(t testing.TB, l *List) []string {
	t.Helper()
	var got []string
	for {
		r, err := l.Next()
		if err == io.EOF {
			return got
		}
		what := r.URL
		if bad, ok := errors.AsType[*fetch.Error](err); ok {
			what = "bad: " + bad.Detail
		} else if err == ErrDuplicate {
			what += " again"
		} else if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%d %s:%d %s", r.Index, filepath.Base(r.File), r.Line, what))
	}
}

func same(t testing.TB, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
}

// file writes a list file and returns its name.
func file(t testing.TB, name, text string) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func gzipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := io.WriteString(w, text)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zstandard(t testing.TB, text string) string {
	t.Helper()
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return string(w.EncodeAll([]byte(text), nil))
}

func TestCommentsBlanksBOMAndCRLFAreNotCounted(t *testing.T) {
	const text = "\uFEFF# pages\r\n" +
		"\r\n" +
		" \t https://a.example/1 \t\r\n" +
		"   # https://a.example/no\n" +
		"\t\n" +
		"https://a.example/2#part\r\n" +
		"https://a.example/3\r\r\n" +
		"#\n\n\n" +
		"https://a.example/4\r"
	l := openList(t, ListOptions{}, nil, file(t, "urls.txt", text), file(t, "bom.txt", "\uFEFFhttps://b.example/"))
	same(t, take(t, l),
		"1 urls.txt:3 https://a.example/1",
		"2 urls.txt:6 https://a.example/2",
		"3 urls.txt:7 https://a.example/3",
		"4 urls.txt:11 https://a.example/4",
		"5 bom.txt:1 https://b.example/")
	if l.Err() != nil || l.Empty() || l.Truncated() {
		t.Errorf("at the end: %v, empty %v, truncated %v", l.Err(), l.Empty(), l.Truncated())
	}
}

func TestALineThatIsNoURLIsOneBadURL(t *testing.T) {
	long := "https://a.example/" + strings.Repeat("x", maxLine)
	text := strings.Join([]string{
		"htp:/example.com",
		"www.example.com",
		"https://a.example/\x00",
		"https://a.example/caf\xe9",
		"https://a b/",
		`{"url":`,
		long,
		"#" + long,
		"https://a.example/" + strings.Repeat("y", maxLine-len("https://a.example/")) + "\r",
		"\uFEFFhttps://a.example/not-the-first",
		"https://a.example/ok",
	}, "\n")
	l := openList(t, ListOptions{}, strings.NewReader(text))
	var asked []string
	var got []string
	for {
		r, err := l.Next()
		if err == io.EOF {
			break
		}
		if bad, ok := errors.AsType[*fetch.Error](err); ok {
			if bad.Class != fetch.BadURL || bad.URL != r.Asked || r.URL != "" {
				t.Errorf("line %d: %#v of %#v", r.Line, bad, r)
			}
			got = append(got, fmt.Sprintf("%d:%d %s", r.Index, r.Line, bad.Detail))
			asked = append(asked, r.Asked)
		} else {
			got = append(got, fmt.Sprintf("%d:%d %d bytes", r.Index, r.Line, len(r.URL)))
		}
	}
	same(t, got,
		"1:1 scheme htp is not http or https",
		"2:2 not a URL",
		"3:3 a control character in the URL",
		"4:4 not valid UTF-8",
		"5:5 invalid host",
		"6:6 not a JSON object",
		"7:7 longer than 64 KiB",
		"8:8 longer than 64 KiB", // what it would be cannot be known
		"9:9 65536 bytes",
		"10:10 not a URL",
		"11:11 20 bytes")
	same(t, asked,
		"htp:/example.com",
		"www.example.com",
		`https://a.example/\x00`,
		`https://a.example/caf\xe9`,
		"https://a b/",
		`{"url":`,
		long[:199]+"…",
		("#" + long)[:199]+"…",
		`\ufeffhttps://a.example/not-the-first`)
}

func TestInputsAreReadInTheOrderGiven(t *testing.T) {
	plain := file(t, "plain.txt", "https://plain.example/1\nhttps://plain.example/2")
	packed := file(t, "packed.gz", gzipped(t, "https://packed.example/1\nhttps://packed.example/2\n"))
	inputs := []string{"HTTPS://page.example/", plain, "-", packed}
	lines := map[string][]string{
		inputs[0]: {"argument:%d https://page.example/"},
		plain:     {"plain.txt:1 https://plain.example/1", "plain.txt:2 https://plain.example/2"},
		"-":       {"stdin:1 https://stdin.example/1", "stdin:2 https://stdin.example/2"},
		packed:    {"packed.gz:1 https://packed.example/1", "packed.gz:2 https://packed.example/2"},
	}
	orders := 0
	var permute func(done, left []string)
	permute = func(done, left []string) {
		if len(left) == 0 {
			orders++
			l := openList(t, ListOptions{}, strings.NewReader("https://stdin.example/1\nhttps://stdin.example/2"), done...)
			var want []string
			for i, arg := range done {
				for _, line := range lines[arg] {
					if strings.Contains(line, "%d") {
						line = fmt.Sprintf(line, i+1)
					}
					want = append(want, fmt.Sprintf("%d %s", len(want)+1, line))
				}
			}
			same(t, take(t, l), want...)
			return
		}
		for i := range left {
			rest := append(append([]string{}, left[:i]...), left[i+1:]...)
			permute(append(append([]string{}, done...), left[i]), rest)
		}
	}
	permute(nil, inputs)
	if orders != 24 {
		t.Errorf("%d orders, want 24", orders)
	}
}

func TestWithoutArgumentsStandardInputIsRead(t *testing.T) {
	l := openList(t, ListOptions{}, strings.NewReader("https://a.example/"))
	same(t, take(t, l), "1 stdin:1 https://a.example/")
}

func TestStandardInputIsReadOnce(t *testing.T) {
	urls, err := os.Open(file(t, "urls.txt", "skipped\nhttps://a.example/1\nhttps://a.example/2\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := urls.Seek(int64(len("skipped\n")), io.SeekStart); err != nil {
		t.Fatal(err)
	}
	l := openList(t, ListOptions{}, urls, "-", "https://b.example/", "-")
	if n, known := l.Count(t.Context()); n != 3 || !known {
		t.Errorf("Count: %d, %v, want 3", n, known)
	}
	if !l.Ready() {
		t.Error("standard input from a file has to be waited for")
	}
	same(t, take(t, l), "1 stdin:1 https://a.example/1", "2 stdin:2 https://a.example/2", "3 argument:2 https://b.example/")
}

// untouched is a reader that may not be read.
type untouched struct{ t *testing.T }

func (r untouched) Read([]byte) (int, error) {
	r.t.Error("standard input was read")
	return 0, io.EOF
}

func (r untouched) Close() error {
	r.t.Error("standard input was closed")
	return nil
}

func TestStandardInputIsNotTouchedWithoutBeingNamed(t *testing.T) {
	l := openList(t, ListOptions{}, untouched{t}, "https://a.example/", file(t, "urls.txt", "https://b.example/"))
	if got := take(t, l); len(got) != 2 || !l.Ready() {
		t.Errorf("got %q", got)
	}
	l.Close()
}

func TestWhatCannotBeReadIsSaidBeforeAnythingIsRead(t *testing.T) {
	dir := t.TempDir()
	good := file(t, "urls.txt", "https://a.example/")
	for name, want := range map[string]struct {
		is   error
		text string
	}{
		"example.com":        {fs.ErrNotExist, "example.com: no such file"},
		dir + "/no/urls.txt": {fs.ErrNotExist, dir + "/no/urls.txt: no such file"},
		"":                   {fs.ErrNotExist, ": no such file"},
		good + "/x":          {syscall.ENOTDIR, good + "/x: not a directory"},
		dir:                  {syscall.EISDIR, dir + ": is a directory"},
		"-x":                 {fs.ErrNotExist, "-x: no such file"},
	} {
		_, err := OpenList([]string{"-", good, "https://a.example/", name}, untouched{t}, ListOptions{})
		bad, ok := errors.AsType[*ListError](err)
		if !ok || bad.Name != name || !errors.Is(err, want.is) || err.Error() != want.text {
			t.Errorf("OpenList with %q: %v, want %s", name, err, want.text)
		}
	}
	denied := &ListError{Name: "x", Err: &fs.PathError{Op: "open", Path: "x", Err: syscall.EACCES}}
	if got, want := denied.Error(), "x: permission denied"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestPackedListsAreUnpackedWhateverTheirName(t *testing.T) {
	one, two := "https://a.example/1\nhttps://a.exa", "mple/2\n\uFEFF# no mark here\nhttps://a.example/3"
	want := []string{"https://a.example/1", "https://a.example/2", "not a URL", "https://a.example/3"}
	skippable := "\x5a\x2a\x4d\x18\x03\x00\x00\x00abc"
	for name, packed := range map[string]string{
		"plain": one + two,
		"gzip":  gzipped(t, one) + gzipped(t, "") + gzipped(t, two),
		"zstd":  zstandard(t, one) + zstandard(t, two),
		"skip":  skippable + zstandard(t, one+two),
	} {
		for from, l := range map[string]*List{
			"file":  openList(t, ListOptions{}, nil, file(t, "urls.txt", packed)),
			"stdin": openList(t, ListOptions{}, iotest.OneByteReader(strings.NewReader(packed))),
		} {
			var got []string
			for {
				r, err := l.Next()
				if err == io.EOF {
					break
				}
				if bad, ok := errors.AsType[*fetch.Error](err); ok {
					r.URL = bad.Detail
				}
				got = append(got, r.URL)
			}
			if diff := cmp.Diff(want, got); diff != "" || l.Err() != nil {
				t.Errorf("%s from %s: %v\n%s", name, from, l.Err(), diff)
			}
		}
	}
}

func TestAListThatBreaksOffEndsThereAndTheRestGoesOn(t *testing.T) {
	var text strings.Builder
	listed := make(map[string]bool)
	for i := range 8000 {
		url := fmt.Sprintf("https://a.example/%d-%x", i, i*i*7919)
		listed[url] = true
		text.WriteString(url + "\n")
	}
	whole := gzipped(t, text.String())
	cut := file(t, "cut.gz", whole[:len(whole)/2])
	flipped := []byte(zstandard(t, text.String()))
	flipped[len(flipped)/2] ^= 0x55
	damaged := file(t, "damaged.zst", string(flipped))
	head := file(t, "head.gz", "\x1f\x8b\x08")
	broken := io.MultiReader(strings.NewReader("https://b.example/1\nhttps://b.example/cut-h"), iotest.ErrReader(errors.New("input/output error")))

	l := openList(t, ListOptions{}, broken, cut, "-", damaged, head, "https://last.example/")
	n := 0
	var last fetch.Request
	for {
		r, err := l.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%s:%d: %v", r.File, r.Line, err)
		}
		if r.File == cut && !listed[r.URL] || r.File == Stdin && r.URL != "https://b.example/1" {
			t.Fatalf("%s:%d: half a line, %s", r.File, r.Line, r.URL)
		}
		n++
		last = r
	}
	if n < 1000 || last.URL != "https://last.example/" || last.Index != int64(n) {
		t.Errorf("%d URLs, the last %s at %d", n, last.URL, last.Index)
	}
	err := l.Err()
	for _, want := range []string{cut + ": it ends in the middle of an archive", "stdin: input/output error", damaged + ": ", head + ": it ends in the middle of an archive"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Err: %v, want %q too", err, want)
		}
	}
	if bad, ok := errors.AsType[*ListError](err); !ok || bad.Name != cut || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Err: %v, want a ListError of %s first", err, cut)
	}
}

func TestALineOfAnyLengthCostsNoMemory(t *testing.T) {
	const size = 10 << 20
	text := func() io.Reader {
		return io.MultiReader(
			strings.NewReader("https://a.example/1\nhttps://a.example/"), io.LimitReader(endless('x'), size),
			strings.NewReader("\n"), io.LimitReader(endless(' '), size),
			strings.NewReader("\nhttps://a.example/2\n"), io.LimitReader(endless('y'), size))
	}
	l := openList(t, ListOptions{}, text())
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := take(t, l)
	runtime.ReadMemStats(&after)
	same(t, got,
		"1 stdin:1 https://a.example/1",
		"2 stdin:2 bad: longer than 64 KiB",
		"3 stdin:3 bad: longer than 64 KiB",
		"4 stdin:4 https://a.example/2",
		"5 stdin:5 bad: longer than 64 KiB")
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("%d bytes allocated for lines of 10 MiB, want less than 1 MiB", used)
	}
}

// endless is a reader of one byte for ever.
type endless byte

func (c endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(c)
	}
	return len(p), nil
}

func TestDedupeTellsURLsThatAreThereAgain(t *testing.T) {
	const text = `https://a.example
https://A.example:443/#top
http://a.example/
https://a.example/?
https://b.example/x/../y
{"url":"https://b.example/y","meta":{"id":7}}
not a URL
not a URL
`
	l := openList(t, ListOptions{Dedupe: true}, strings.NewReader(text))
	same(t, take(t, l),
		"1 stdin:1 https://a.example",
		"2 stdin:2 https://a.example/ again",
		"3 stdin:3 http://a.example/",
		"4 stdin:4 https://a.example/?",
		"5 stdin:5 https://b.example/y",
		"6 stdin:6 https://b.example/y again",
		"7 stdin:7 bad: not a URL",
		"8 stdin:8 bad: not a URL")
	again := openList(t, ListOptions{}, strings.NewReader("https://a.example/\nhttps://a.example/"))
	same(t, take(t, again), "1 stdin:1 https://a.example/", "2 stdin:2 https://a.example/")
}

func TestEmptySaysThatThereIsNoURLLine(t *testing.T) {
	for text, want := range map[string]bool{
		"":                       true,
		"\uFEFF\r\n#\n \n# x":    true,
		"# x\nhttps://a.example": false,
		"nonsense":               false,
	} {
		l := openList(t, ListOptions{}, strings.NewReader(text), "-", file(t, "empty.txt", ""))
		if got := l.Empty(); got != want {
			t.Errorf("%q: empty %v, want %v", text, got, want)
		}
		if got := take(t, l); (len(got) == 0) != want || l.Empty() != want {
			t.Errorf("%q: %q, then empty %v, want %v", text, got, l.Empty(), want)
		}
	}
	if l := openList(t, ListOptions{}, nil); !l.Empty() {
		t.Error("no standard input is not empty")
	}
}

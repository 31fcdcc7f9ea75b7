package crawl

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"trawl/fetch"
	"trawl/parse"
	"trawl/sinks"
	"trawl/sinks/warctest"
)

// wireSite answers by sockets of its own, and keeps what went over them.
type wireSite struct {
	url string

	mu   sync.Mutex
	log  map[string][]string // by path: request, answer, request, …
	next map[string][]string // by path: the answers that are still to come, of which the last one stays
}

const cutOff = "\x00cut" // at the end of an answer: the connection is closed

func newWireSite(t *testing.T, answers map[string][]string) *wireSite {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &wireSite{url: "http://" + l.Addr().String(), log: map[string][]string{}, next: answers}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				s.serve(c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		wg.Wait() // the client has closed its connections
	})
	return s
}

func (s *wireSite) serve(c net.Conn) {
	r := bufio.NewReader(c)
	for {
		var request strings.Builder
		for !strings.HasSuffix(request.String(), "\r\n\r\n") {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			request.WriteString(line)
		}
		answer, cut := strings.CutSuffix(s.answer(request.String()), cutOff)
		if _, err := io.WriteString(c, answer); err != nil || cut {
			return
		}
	}
}

func (s *wireSite) answer(request string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	path := strings.Fields(request)[1]
	answer := s.next[path][0]
	if len(s.next[path]) > 1 {
		s.next[path] = s.next[path][1:]
	}
	s.log[path] = append(s.log[path], request, strings.TrimSuffix(answer, cutOff))
	return answer
}

func answerOf(status, body string, fields ...string) string {
	fields = append(fields, fmt.Sprintf("Content-Length: %d", len(body)))
	return "HTTP/1.1 " + status + "\r\n" + strings.Join(fields, "\r\n") + "\r\n\r\n" + body
}

func chunkedAnswer(body string, size int, fields ...string) string {
	var b strings.Builder
	b.WriteString("HTTP/1.1 200 OK\r\n" + strings.Join(append(fields, "Transfer-Encoding: chunked"), "\r\n") + "\r\n\r\n")
	for part := range slices.Chunk([]byte(body), size) {
		fmt.Fprintf(&b, "%X\r\n%s\r\n", len(part), part)
	}
	return b.String() + "0\r\nX-Sum: 1\r\n\r\n"
}

func zipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(text))
	z.Close()
	return b.String()
}

func TestAnArchiveHasTheBytesOfEachHopAndAttempt(t *testing.T) {
	everywhere(t, func(t *testing.T, at place) {
		large := strings.Repeat("<p>all the words of a large page", 5<<20/32)
		page := "<title>page</title><h1>head</h1>"
		site := newWireSite(t, map[string][]string{
			"/page":    {answerOf("200 OK", page)},
			"/chunked": {chunkedAnswer(page, 5)},
			"/gzip":    {answerOf("200 OK", zipped(page), "Content-Encoding: gzip")},
			"/zipped":  {chunkedAnswer(zipped(page), 7, "Content-Encoding: gzip")},
			"/close":   {"HTTP/1.0 200 OK\r\n\r\n" + page + cutOff},
			"/nothing": {"HTTP/1.1 204 No Content\r\n\r\n"},
			"/gone":    {answerOf("404 Not Found", "gone")},
			"/away":    {answerOf("302 Found", "moved", "Location: /there")},
			"/there":   {chunkedAnswer(page, 100)},
			"/flaky":   {answerOf("503 Busy", "wait"), answerOf("302 Found", "", "Location: /back"), answerOf("200 OK", "never")},
			"/back":    {answerOf("200 OK", page)},
			"/cut":     {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf" + cutOff},
			"/large":   {answerOf("200 OK", large)},
			"/larger":  {chunkedAnswer(large, 65536)},
			"/toolong": {"HTTP/1.1 200 OK\r\n\r\n" + large + large + cutOff},
			"/dead":    {cutOff},
		})
		var lines []string
		for path := range site.next {
			if path != "/there" && path != "/back" {
				lines = append(lines, site.url+path)
			}
		}
		slices.Sort(lines)
		selector, err := parse.ParseSelector("h=h1")
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		opts := at(to(dir, Options{
			Stage:  fetch.StageOptions{Retries: 1, KeepOrder: true},
			Client: fetch.ClientOptions{MaxSize: 6 << 20},
			Parse:  parse.Options{Select: []parse.Selector{selector}},
		}), "")
		opts.Output.Output, opts.Output.Format = filepath.Join(dir, "db.warc.gz"), sinks.WARC
		sum, err := Crawl(t.Context(), nil, listOf(t, lines...), opts)
		if err != nil || sum.Pages != 10 || sum.Failed != 4 {
			t.Fatalf("%d pages, %d failures, %v: %v", sum.Pages, sum.Failed, err, read(t, dir, "errors.jsonl"))
		}
		records, _, err := warctest.ReadAll(dir)
		if err != nil {
			t.Fatal(err)
		}
		site.wantArchived(t, records)
		wantPositions(t, site.url, records)
		if left, _ := filepath.Glob(filepath.Join(dir, "*"+spoolInfix+"*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
}

// wantArchived compares the archive with what the sockets saw and sent.
func (s *wireSite) wantArchived(t *testing.T, records []warctest.Record) {
	t.Helper()
	got, of := map[string][]string{}, map[string]string{}
	for _, r := range records {
		path := strings.TrimPrefix(r.Fields["WARC-Target-URI"], s.url)
		switch r.Type {
		case "response":
			of[r.Fields["WARC-Record-ID"]] = r.Block
		case "request":
			answer, ok := of[r.Fields["WARC-Concurrent-To"]]
			if !ok {
				t.Errorf("%s: the request is concurrent to nothing", path)
			}
			got[path] = append(got[path], r.Block, answer)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.log, "/dead") // there was no answer
	for path, want := range s.log {
		if path == "/toolong" { // as far as it was read
			for i, block := range got[path] {
				if i%2 == 1 && (!strings.HasPrefix(want[i], block) || len(block) < 6<<20) {
					t.Errorf("%s: %d bytes are archived, which are not the first that came", path, len(block))
				}
			}
			continue
		}
		if !slices.Equal(want, got[path]) {
			t.Errorf("%s (-on the wire +archived):\n%.3000s", path, cmp.Diff(want, got[path]))
		}
	}
	if len(got) != len(s.log) {
		t.Errorf("%d URLs are archived, want %d", len(got), len(s.log))
	}
}

// wantPositions: a position's exchanges stand together, in the order in which they
// took place, and its data behind them.
func wantPositions(t *testing.T, site string, records []warctest.Record) {
	t.Helper()
	var order []string
	for _, r := range records {
		path := strings.TrimPrefix(r.Fields["WARC-Target-URI"], site)
		switch r.Type {
		case "response":
			if r.Fields["WARC-Truncated"] != "" {
				path += " " + r.Fields["WARC-Truncated"]
			}
			order = append(order, path)
		case "metadata":
			order = append(order, r.Block)
		}
	}
	data := `{"h":["head"]}`
	want := []string{
		"/away", "/there", data, "/chunked", data, "/close", data, "/cut disconnect", "/cut disconnect",
		"/flaky", "/flaky", "/back", data, "/gone", "/gzip", data, "/large", "/larger", "/nothing", "/page", data,
		"/toolong length", "/zipped", data,
	}
	if diff := cmp.Diff(want, order); diff != "" {
		t.Errorf("answers and data in their order (-want +got):\n%s", diff)
	}
}

func TestFoldersOfDeadRunsAreRemovedAndThoseOfOthersNot(t *testing.T) {
	dir := t.TempDir()
	output := filepath.Join(dir, "db.warc.gz")
	other, err := newArchived(output)
	if err != nil {
		t.Fatal(err)
	}
	kept := []string{filepath.Base(other.dir)}
	for _, name := range []string{"db.warc.gz.spool-123/lock", "db.warc.gz.spool-123/exchange-1", "else.warc.gz.spool-1/lock", "db.warc.gz.spool-file"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "db.warc.gz.spool-124"), 0o700); err != nil { // killed before it was locked
		t.Fatal(err)
	}
	own, err := newArchived(output)
	if err != nil {
		t.Fatal(err)
	}
	kept = append(kept, filepath.Base(own.dir), "else.warc.gz.spool-1", "db.warc.gz.spool-file")
	wantNames(t, dir, kept)
	if err := errors.Join(own.close(), other.close()); err != nil {
		t.Error(err)
	}
	wantNames(t, dir, kept[2:])
	if _, err := newArchived(filepath.Join(dir, "none", "db.warc.gz")); err == nil {
		t.Error("a folder was made in none")
	} else if _, ok := errors.AsType[*sinks.Error](err); !ok {
		t.Errorf("%v is not of a file", err)
	}
}

func wantNames(t *testing.T, dir string, want []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("in the folder (-want +got):\n%s", diff)
	}
}

// Many at once begin and end beside each other: none takes another's folder away.
func TestFoldersOfRunsThatBeginAtOnce(t *testing.T) {
	output := filepath.Join(t.TempDir(), "db.warc.gz")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				a, err := newArchived(output)
				if err != nil {
					t.Error(err)
					return
				}
				if err := os.WriteFile(filepath.Join(a.dir, "exchange-1"), nil, 0o600); err != nil {
					t.Error(err)
				}
				if err := a.close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// What a full disk takes from the archive ends the run with the file and the reason.
func TestAnArchiveThatCannotBeSpooledEndsTheRun(t *testing.T) {
	everywhere(t, func(t *testing.T, at place) {
		site := newWireSite(t, map[string][]string{"/large": {answerOf("200 OK", strings.Repeat("x", 2<<20))}})
		dir := t.TempDir()
		opts := at(to(dir, Options{Stage: fetch.StageOptions{Timeout: time.Minute}}), "")
		opts.Output.Output, opts.Output.Format = filepath.Join(dir, "db.warc.gz"), sinks.WARC
		opts.Client.OnHead = func(fetch.Request, string) { // before the answer is read, or, with workers, archived
			spools, _ := filepath.Glob(filepath.Join(dir, "*"+spoolInfix+"*"))
			for _, spool := range spools {
				os.RemoveAll(spool)
			}
		}
		_, err := Crawl(t.Context(), nil, listOf(t, site.url+"/large"), opts)
		e, ok := errors.AsType[*sinks.Error](err)
		if !ok || !strings.Contains(e.Path, spoolInfix) || !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%v, want an error of the spool", err)
		}
		if _, files, err := warctest.ReadAll(dir); len(files) > 0 || err != nil {
			t.Errorf("archives %v, %v", files, err)
		}
	})
}

// A run that is killed when its journal is gone is over: nobody would remove its folder.
func TestTheFolderGoesBeforeTheJournal(t *testing.T) {
	everywhere(t, func(t *testing.T, at place) {
		site := newWireSite(t, map[string][]string{"/page": {answerOf("200 OK", "page")}})
		dir := t.TempDir()
		opts := at(to(dir, Options{}), "")
		opts.Output.Output, opts.Output.Format = filepath.Join(dir, "db.warc.gz"), sinks.WARC
		asked := false
		opts.ExitCode = func(Summary) int { // just before the files are closed
			asked = true
			if left, _ := filepath.Glob(filepath.Join(dir, "*"+spoolInfix+"*")); len(left) > 0 {
				t.Errorf("there is still %v", left)
			}
			return 0
		}
		if _, err := Crawl(t.Context(), nil, listOf(t, site.url+"/page"), opts); err != nil || !asked {
			t.Errorf("%v; the exit code was asked for: %v", err, asked)
		}
	})
}

package sinks

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"trawl/fetch"
	"trawl/parse"
	"trawl/sinks/warctest"
)

var warcStart = time.Date(2026, 11, 22, 9, 24, 39, 121_000_001, time.UTC)

// exchanged is an exchange whose bytes are in memory.
func exchanged(url, body string) *fetch.Exchange {
	x := &fetch.Exchange{
		URL: url, Start: warcStart, IP: "127.0.0.1",
		Request: "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		Head:    fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", len(body)),
		Body:    []byte(body),
	}
	x.Sizes = fetch.Sizes{Request: int64(len(x.Request)), Head: int64(len(x.Head)), Body: int64(len(body))}
	x.AnswerSum, x.BodySum = sha256.Sum256([]byte(x.Head+body)), sha256.Sum256([]byte(body))
	return x
}

// archived is the n-th record of a run: with a redirect before it, some of them.
func archived(n int) parse.Record {
	rec := parse.Record{Seq: int64(n), Data: fmt.Appendf(nil, `{"n":%d}`, n)}
	if n%3 == 0 {
		rec.Exchanges = append(rec.Exchanges, exchanged(fmt.Sprintf("http://a/from/%d", n), ""))
	}
	noise := make([]byte, 300)
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	rec.Exchanges = append(rec.Exchanges, exchanged(fmt.Sprintf("http://a/%d", n), string(noise)))
	return rec
}

// targets are the URLs of the answers in an archive.
func targets(records []warctest.Record) (urls []string) {
	for _, r := range records {
		if r.Type == "response" {
			urls = append(urls, r.Fields["WARC-Target-URI"])
		}
	}
	return urls
}

// wantTargets is what an archive of the first n records has.
func wantTargets(n int) (urls []string) {
	for i := range n {
		for _, x := range archived(i).Exchanges {
			urls = append(urls, x.URL)
		}
	}
	return urls
}

// archive is what all archives of a folder have.
func archive(t *testing.T, dir string) ([]warctest.Record, []string) {
	t.Helper()
	records, files, err := warctest.ReadAll(dir)
	if err != nil {
		t.Fatal(err)
	}
	return records, files
}

func warcIn(t *testing.T, dir string, d disk, at *mark) *warc {
	t.Helper()
	w, err := openWARC(d, warcOptions(dir), at)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func warcOptions(dir string) Options {
	return Options{Output: filepath.Join(dir, "db.warc.gz"), Run: "20261122T092439Z-7f3a", About: About{Version: "1.2", Command: "trawl -f warc\nurls.txt", Started: warcStart}}
}

// commitWARC is a commit as a writer makes it; told is what its frame would say.
func commitWARC(w *warc, recs ...parse.Record) (told mark, err error) {
	if err := w.write(recs); err != nil {
		return told, err
	}
	if err := w.sync(); err != nil {
		return told, err
	}
	told = w.mark()
	w.settle()
	return told, nil
}

func TestAnArchiveSaysWhatWasOnTheWire(t *testing.T) {
	dir := t.TempDir()
	w := warcIn(t, dir, system, nil)
	cut := exchanged("http://a/cut", "half")
	cut.Truncated, cut.Chunked, cut.IP = "disconnect", true, ""
	recs := []parse.Record{
		{Seq: 1, Exchanges: []*fetch.Exchange{exchanged("http://a/1", "moved"), exchanged("http://b/2", "page")}, Data: []byte(`{"h":"x"}`)},
		{Seq: 2, Skipped: "duplicate"},
		{Seq: 3, Class: fetch.DNS},
		{Seq: 4, Class: fetch.Truncated, Exchanges: []*fetch.Exchange{cut}},
	}
	if _, err := commitWARC(w, recs...); err != nil {
		t.Fatal(err)
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "db-20261122092439-00000.warc.gz")
	records, err := warctest.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	id := map[string]int{}
	for i, r := range records {
		id[r.Fields["WARC-Record-ID"]] = i
		delete(r.Fields, "WARC-Record-ID")
		delete(r.Fields, "WARC-Block-Digest")   // Read has looked at it
		delete(r.Fields, "WARC-Payload-Digest") // and at it
		var line strings.Builder
		line.WriteString(r.Type)
		for _, name := range []string{"WARC-Target-URI", "WARC-IP-Address", "WARC-Concurrent-To", "WARC-Refers-To", "WARC-Truncated", "Content-Type", "WARC-Date", "WARC-Filename"} {
			value, ok := r.Fields[name]
			if n, isID := id[value]; isID {
				value = fmt.Sprint(n)
			}
			if ok {
				line.WriteString(" " + name + "=" + value)
			}
			delete(r.Fields, name)
		}
		delete(r.Fields, "Content-Length")
		delete(r.Fields, "WARC-Type")
		if len(r.Fields) > 0 {
			t.Errorf("fields that nobody asked for: %v", r.Fields)
		}
		got = append(got, line.String()+"|"+r.Block)
	}
	request := "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
	date := " WARC-Date=2026-11-22T09:24:39.121000Z"
	want := []string{
		"warcinfo Content-Type=application/warc-fields" + date + " WARC-Filename=db-20261122092439-00000.warc.gz|" +
			"software: trawl/1.2\r\nformat: WARC File Format 1.1\r\nconformsTo: http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/\r\n" +
			"isPartOf: 20261122T092439Z-7f3a\r\ncommand: trawl -f warc urls.txt\r\n",
		"response WARC-Target-URI=http://a/1 WARC-IP-Address=127.0.0.1 Content-Type=application/http;msgtype=response" + date + "|HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nmoved",
		"request WARC-Target-URI=http://a/1 WARC-IP-Address=127.0.0.1 WARC-Concurrent-To=1 Content-Type=application/http;msgtype=request" + date + "|" + request,
		"response WARC-Target-URI=http://b/2 WARC-IP-Address=127.0.0.1 Content-Type=application/http;msgtype=response" + date + "|HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage",
		"request WARC-Target-URI=http://b/2 WARC-IP-Address=127.0.0.1 WARC-Concurrent-To=3 Content-Type=application/http;msgtype=request" + date + "|" + request,
		"metadata WARC-Target-URI=http://b/2 WARC-Concurrent-To=3 WARC-Refers-To=3 Content-Type=application/json" + date + `|{"h":"x"}`,
		"response WARC-Target-URI=http://a/cut WARC-Truncated=disconnect Content-Type=application/http;msgtype=response" + date + "|HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhalf",
		"request WARC-Target-URI=http://a/cut WARC-Concurrent-To=6 Content-Type=application/http;msgtype=request" + date + "|" + request,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	for _, rec := range recs {
		for _, x := range rec.Exchanges {
			if x.Body != nil {
				t.Errorf("%s is not released", x.URL)
			}
		}
	}
}

func TestAnArchiveGoesOnInTheNextFile(t *testing.T) {
	dir := t.TempDir()
	w := warcIn(t, dir, system, nil)
	w.limit = 3000
	const n = 40
	for i := range n {
		known := w.mark().Path
		if _, err := commitWARC(w, archived(i)); err != nil {
			t.Fatal(err)
		}
		if _, files := archive(t, dir); files[len(files)-1] != known {
			t.Fatalf("the last file is %s, the mark before it was written said %s", files[len(files)-1], known)
		}
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	records, files := archive(t, dir)
	if diff := cmp.Diff(wantTargets(n), targets(records)); diff != "" || len(files) < 5 {
		t.Errorf("%d files, targets (-want +got):\n%s", len(files), diff)
	}
	for i, path := range files {
		info, err := os.Stat(path)
		if err != nil || filepath.Base(path) != fmt.Sprintf("db-20261122092439-%05d.warc.gz", i) {
			t.Errorf("%s, %v", path, err)
		}
		if last := i == len(files)-1; !last && (info.Size() < w.limit || info.Size() > w.limit+3000) {
			t.Errorf("%s has %d bytes", path, info.Size())
		}
	}
}

func TestRotationBeginsTheNextFile(t *testing.T) {
	dir := t.TempDir()
	w := warcIn(t, dir, system, nil)
	if err := w.reopen(); err != nil { // of nothing
		t.Fatal(err)
	}
	if _, err := commitWARC(w, archived(0)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.reopen(), w.reopen()); err != nil {
		t.Fatal(err)
	}
	if got := w.mark(); filepath.Base(got.Path) != "db-20261122092439-00001.warc.gz" || got.Len != 0 {
		t.Errorf("the mark is %+v", got)
	}
	if _, err := commitWARC(w, archived(1)); err != nil {
		t.Fatal(err)
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	records, files := archive(t, dir)
	if diff := cmp.Diff(wantTargets(2), targets(records)); diff != "" || len(files) != 2 {
		t.Errorf("%d files, targets (-want +got):\n%s", len(files), diff)
	}
}

// Whatever stands behind a mark, a run that goes on from there leaves each record once.
func TestAnArchiveGoesOnFromEachCommit(t *testing.T) {
	const n = 12
	for killed := range n {
		for _, after := range []string{"the commit", "a write", "half a write"} {
			dir := t.TempDir()
			w := warcIn(t, dir, system, nil)
			w.limit = 2000
			last := w.mark()
			var err error
			for i := range killed {
				if last, err = commitWARC(w, archived(i)); err != nil {
					t.Fatal(err)
				}
			}
			switch after {
			case "a write":
				err = w.write([]parse.Record{archived(killed)})
			case "half a write":
				err = w.write([]parse.Record{archived(killed)})
				err = errors.Join(err, w.file.Truncate(w.size-100))
			}
			if err := errors.Join(err, w.close()); err != nil {
				t.Fatal(err)
			}
			if last.Len > 0 {
				if err := last.check(last.Path); err != nil {
					t.Error(err)
				}
			}
			w = warcIn(t, dir, system, &last)
			w.limit = 2000
			if again := w.mark(); again != last && again.Len > 0 {
				t.Errorf("the mark is %+v, was %+v", again, last)
			}
			for i := killed; i < n; i++ {
				if _, err := commitWARC(w, archived(i)); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.close(); err != nil {
				t.Fatal(err)
			}
			records, files := archive(t, dir)
			if diff := cmp.Diff(wantTargets(n), targets(records)); diff != "" || len(files) < 3 {
				t.Errorf("killed after %s %d: %d files, targets (-want +got):\n%s", after, killed, len(files), diff)
			}
		}
	}
}

func TestAnArchiveThatHasLostBytesIsNotGoneOnWith(t *testing.T) {
	dir := t.TempDir()
	w := warcIn(t, dir, system, nil)
	told, err := commitWARC(w, archived(0))
	if err := errors.Join(err, w.file.Truncate(told.Len-1), w.close()); err != nil {
		t.Fatal(err)
	}
	_, err = openWARC(system, warcOptions(dir), &told)
	if e, ok := errors.AsType[*Error](err); !ok || e.Path != told.Path || !errors.Is(err, ErrShorter) {
		t.Errorf("%v, want that it is shorter", err)
	}
	if _, err := openWARC(system, warcOptions(dir), &mark{Path: filepath.Join(dir, "db.txt"), Len: 1}); err == nil {
		t.Error("went on with what is no archive's file")
	}
}

// faulty lets the calls before the n-th through, and fails that one and all after it; a
// write that fails takes half of what it is given.
type faulty struct{ left int }

var errFault = errors.New("the disk is gone")

func (f *faulty) fails() bool {
	f.left--
	return f.left < 0
}

func (f *faulty) disk() disk {
	return disk{
		open: func(name string, flag int, perm fs.FileMode) (file, error) {
			if f.fails() {
				return nil, errFault
			}
			opened, err := system.open(name, flag, perm)
			return &faultyFile{opened, f}, err
		},
		rename: system.rename,
	}
}

type faultyFile struct {
	file
	*faulty
}

func (f *faultyFile) Write(p []byte) (int, error) {
	if f.fails() {
		n, _ := f.file.Write(p[:len(p)/2])
		return n, errFault
	}
	return f.file.Write(p)
}

func (f *faultyFile) Chmod(mode fs.FileMode) error {
	if f.fails() {
		return errFault
	}
	return f.file.Chmod(mode)
}

func (f *faultyFile) Sync() error {
	if f.fails() {
		return errFault
	}
	return f.file.Sync()
}

func (f *faultyFile) Close() error {
	err := f.file.Close()
	if f.fails() {
		return errFault
	}
	return err
}

// For each call of the system, that one and all after it fail: what was committed is whole
// after the cut, and the rest can be added from the last mark.
func TestAnArchiveOutlivesEachFault(t *testing.T) {
	const n = 10
	faults := 0
	for calls := 0; ; calls++ {
		dir := t.TempDir()
		f := &faulty{left: calls}
		w := warcIn(t, dir, f.disk(), nil)
		w.limit = 2000
		last, done, err := w.mark(), 0, error(nil)
		for i := 0; i < n && err == nil; i++ {
			rec := archived(i)
			rec.Exchanges[0].Private = i == 4
			var told mark
			if told, err = commitWARC(w, rec); err == nil {
				last, done = told, i+1
			}
		}
		if err != nil {
			w.cut()
		}
		err = errors.Join(err, w.close())
		if err == nil {
			break
		}
		faults++
		if e, ok := errors.AsType[*Error](err); !ok || !errors.Is(err, errFault) || !strings.HasPrefix(e.Path, dir) {
			t.Fatalf("fault %d: %v", calls, err)
		}
		records, _ := archive(t, dir)
		if diff := cmp.Diff(wantTargets(done), targets(records)); diff != "" {
			t.Fatalf("fault %d: what was committed (-want +got):\n%s", calls, diff)
		}
		w = warcIn(t, dir, system, &last)
		w.limit = 2000
		for i := done; i < n; i++ {
			if _, err := commitWARC(w, archived(i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.close(); err != nil {
			t.Fatal(err)
		}
		records, _ = archive(t, dir)
		if diff := cmp.Diff(wantTargets(n), targets(records)); diff != "" {
			t.Fatalf("fault %d: after it (-want +got):\n%s", calls, diff)
		}
	}
	if faults < 30 {
		t.Errorf("%d calls can fail, which is too few", faults)
	}
}

func TestAnArchiveWithHeadersThatAUserGaveIsTheOwnersAlone(t *testing.T) {
	dir := t.TempDir()
	w := warcIn(t, dir, system, nil)
	w.limit = 1
	for i := range 3 {
		rec := archived(1)
		rec.Exchanges[0].Private = i == 1
		if _, err := commitWARC(w, rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	_, files := archive(t, dir)
	var modes []string
	for _, path := range files {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		modes = append(modes, info.Mode().String())
	}
	if diff := cmp.Diff([]string{"-rw-r--r--", "-rw-------", "-rw-------"}, modes); diff != "" {
		t.Errorf("modes (-want +got):\n%s", diff)
	}
}

func TestAnExchangeThatIsLostIsAnError(t *testing.T) {
	dir := t.TempDir()
	w := warcIn(t, dir, system, nil)
	lost := exchanged("http://a/", "")
	lost.Err = &fs.PathError{Op: "write", Path: "/spool/exchange-1", Err: syscall.ENOSPC}
	err := w.write([]parse.Record{{Exchanges: []*fetch.Exchange{lost}}})
	if e, ok := errors.AsType[*Error](err); !ok || e.Op != "write" || e.Path != "/spool/exchange-1" || e.Err != syscall.ENOSPC {
		t.Errorf("%v", err)
	}
	short := exchanged("http://a/", "body")
	short.Sizes.Body++
	if err := w.write([]parse.Record{{Exchanges: []*fetch.Exchange{short}}}); err == nil {
		t.Error("bytes that are missing were not missed")
	}
	w.cut()
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	if _, files := archive(t, dir); len(files) > 0 {
		t.Errorf("files %v", files)
	}
}

func TestNamesOfArchives(t *testing.T) {
	dir := t.TempDir()
	for output, want := range map[string]string{
		"db.warc.gz": "db-20261122092439-00000.warc.gz", "db.WARC.GZ": "db-20261122092439-00000.warc.gz",
		"db.warc": "db-20261122092439-00000.warc.gz", "db": "db-20261122092439-00000.warc.gz", "a.b.txt": "a.b.txt-20261122092439-00000.warc.gz",
		".warc.gz": ".warc-20261122092439-00000.warc.gz",
	} {
		name, err := newWARCName(filepath.Join(dir, output), warcStart)
		if err != nil || filepath.Base(name.file(0)) != want {
			t.Errorf("%s: %s, %v; want %s", output, name.file(0), err, want)
		}
		for _, number := range []int{0, 99_999, 100_000} {
			if back, n, ok := parseWARCName(name.file(number)); back != name || n != number || !ok {
				t.Errorf("%s: %s %d %t", name.file(number), back, n, ok)
			}
		}
	}
	taken := filepath.Join(dir, "db-20261122092439-00000.warc.gz")
	if err := os.WriteFile(taken, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if name, err := newWARCName(filepath.Join(dir, "db.warc.gz"), warcStart); err != nil || filepath.Base(name.file(0)) != "db-20261122092440-00000.warc.gz" {
		t.Errorf("beside a run of that second: %s, %v", name, err)
	}
	for _, output := range []string{"-", "/dev/null", dir, filepath.Join(dir, "none", "db.warc.gz")} {
		if _, err := openWARC(system, Options{Output: output}, nil); err == nil {
			t.Errorf("%s was taken for an archive", output)
		}
	}
}

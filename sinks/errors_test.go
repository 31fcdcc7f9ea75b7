package sinks

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"trawl/fetch"
	"trawl/parse"
)

func TestErrorsLines(t *testing.T) {
	encode := newErrorLine(testRun)
	rec := parse.Record{
		Seq: 902, URL: "https://slow.example.org/", Class: fetch.Timeout, Error: "no answer within 10 s (waiting for headers)",
		Retryable: true, Attempts: 3, File: "urls.txt", Line: 902,
		Timings: fetch.Timings{Start: time.Date(2026, 11, 22, 9, 25, 11, 310e6, time.UTC)},
	}
	line := `{"seq":902,"url":"https://slow.example.org/","status":0,"class":"timeout","error":"no answer within 10 s (waiting for headers)","retryable":true,"attempts":3,"time":"2026-11-22T09:25:11.310Z","source":"urls.txt:902","run":"20261122T092439Z-7f3a"}` + "\n"
	checkLine(t, encode, rec, line)

	rec.Header = []fetch.Field{{Name: "Accept", Value: "a,b"}, {Name: "X-\"y\"", Value: "1\n"}}
	rec.Timeout, rec.Meta = 90*time.Second, json.RawMessage("{\n\"id\": 77}")
	rec.File, rec.Line, rec.Change = "argument", 3, parse.Gone
	line = strings.Replace(line, `"urls.txt:902"`, `"argument:3","change":"gone","headers":{"Accept":"a,b","X-\"y\"":"1\n"},"timeout":"90s","meta":{"id":77}`, 1)
	checkLine(t, encode, rec, line)

	checkLine(t, encode, parse.Record{Seq: 1, URL: "http://a/"}, "") // a page
}

func TestErrorsTimeoutsAreInOneUnit(t *testing.T) {
	for d, want := range map[time.Duration]string{
		10 * time.Second: "10s", 90 * time.Minute: "5400s", 500 * time.Millisecond: "500ms",
		1500 * time.Millisecond: "1500ms", 1500 * time.Microsecond: "0.0015s",
	} {
		if got := inOneUnit(d); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
		if back, err := time.ParseDuration(inOneUnit(d)); err != nil || back != d {
			t.Errorf("%v is read as %v, %v", d, back, err)
		}
	}
}

func TestErrorsTimeOfWhatWasNeverAskedIsThatOfItsRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := newErrorLine(testRun)(nil, &parse.Record{URL: "htp:/a", Class: fetch.BadURL, Error: "no URL"})
		want := `"time":"` + time.Now().UTC().Format("2006-01-02T15:04:05.000Z") + `"`
		if !strings.Contains(string(line), want) {
			t.Errorf("the line is %s, want it to hold %s", line, want)
		}
	})
}

func FuzzErrors(f *testing.F) {
	f.Add("urls.txt", "X", "1", int64(10e9), "{}")
	f.Add("a\"b\\\n\xff", "", "\xff\r\n", int64(-1), "[\n]")
	encode := newErrorLine(testRun)
	f.Fuzz(func(t *testing.T, file, name, value string, n int64, raw string) {
		rec := parse.Record{
			Seq: n, URL: value, Class: fetch.BadURL, Error: name, File: file, Line: n,
			Header: []fetch.Field{{Name: name, Value: value}, {Name: "other", Value: file}}, Timeout: time.Duration(n), Meta: json.RawMessage(raw),
		}
		line := encode(nil, &rec)
		checkJSONLine(t, line)
		var got struct {
			Source  string
			Headers map[string]string
		}
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if prefix, ok := strings.CutSuffix(got.Source, ":"+string(json.RawMessage(appendInt(nil, "", n)[len(`,"":`):]))); !ok || prefix != decodedString(t, file) {
			t.Errorf("source of %q, %d is %q", file, n, got.Source)
		}
		if _, ok := got.Headers[decodedString(t, name)]; !ok {
			t.Errorf("header %q is not in %v", name, got.Headers)
		}
	})
}

// decodedString is s after a way through JSON.
func decodedString(t *testing.T, s string) (out string) {
	t.Helper()
	if err := json.Unmarshal(appendString(nil, s), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestErrorsPathAndPrevPath(t *testing.T) {
	t.Chdir(t.TempDir())
	for output, want := range map[string]string{
		"db.txt": "db.errors.jsonl", "pages.jsonl": "pages.errors.jsonl", "out/x": "out/x.errors.jsonl",
		"a.b/x": "a.b/x.errors.jsonl", ".db": ".db.errors.jsonl", "dir/.db.txt": "dir/.db.errors.jsonl",
		"-": "", "": "", "/dev/null": "", "/dev/full": "",
	} {
		if got := ErrorsPath(output); got != want {
			t.Errorf("ErrorsPath(%q) = %q, want %q", output, got, want)
		}
	}
	for path, want := range map[string]string{
		"db.errors.jsonl": "db.errors.prev.jsonl", "out/x.errors.jsonl": "out/x.errors.prev.jsonl",
		"fails.log": "fails.prev.log", "fails": "fails.prev", "a.b/fails": "a.b/fails.prev",
	} {
		if got := PrevPath(path); got != want {
			t.Errorf("PrevPath(%q) = %q, want %q", path, got, want)
		}
	}
}

// writeRun is a whole run of these records in the folder.
func writeRun(t *testing.T, opts Options, recs ...parse.Record) {
	t.Helper()
	w, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range recs {
		if err := w.Append(t.Context(), rec); err != nil {
			t.Error(err)
		}
	}
	if err := w.Close(context.Background(), End{Whole: true}); err != nil {
		t.Error(err)
	}
}

func failure(seq int64) parse.Record {
	return parse.Record{Seq: seq, URL: "http://down.example/", Class: fetch.Connect, Error: "connection refused", Attempts: 1, File: "urls.txt", Line: seq}
}

func page(seq int64) parse.Record {
	return parse.Record{Seq: seq, URL: "http://up.example/", Status: 200, HasSize: true, Size: 7, Attempts: 1}
}

// folder returns the names and contents of a folder's files.
func folder(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(b)
	}
	return files
}

func checkFolder(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	if diff := cmp.Diff(want, folder(t, dir)); diff != "" {
		t.Errorf("the folder (-want +got):\n%s", diff)
	}
}

func TestErrorsFileIsMadeAtTheFirstFailureAndRenamedByTheNextRun(t *testing.T) {
	dir := t.TempDir()
	output := filepath.Join(dir, "db.txt")
	opts := Options{Output: output, Errors: ErrorsPath(output), Run: testRun}
	const line = "url:<http://up.example/> size:[7]\n"

	writeRun(t, opts, page(1))
	checkFolder(t, dir, map[string]string{"db.txt": line})

	first, second := failure(2), failure(3)
	first.Start = time.Date(2026, 11, 22, 9, 25, 11, 310e6, time.UTC)
	second.Start = first.Start
	firstLine, secondLine := string(newErrorLine(testRun)(nil, &first)), string(newErrorLine(testRun)(nil, &second))

	writeRun(t, opts, first)
	checkFolder(t, dir, map[string]string{"db.txt": line, "db.errors.jsonl": firstLine})

	writeRun(t, opts, second)
	checkFolder(t, dir, map[string]string{"db.txt": line, "db.errors.jsonl": secondLine, "db.errors.prev.jsonl": firstLine})

	writeRun(t, opts, page(4)) // without a failure, and still
	checkFolder(t, dir, map[string]string{"db.txt": line + line, "db.errors.prev.jsonl": secondLine})
}

func TestErrorsFileWithHeadersIsPrivate(t *testing.T) {
	for _, c := range []struct {
		header []fetch.Field
		want   os.FileMode
	}{
		{nil, 0o644},
		{[]fetch.Field{{Name: "Authorization", Value: "Bearer s3cret"}}, 0o600},
	} {
		output := filepath.Join(t.TempDir(), "db.txt")
		rec := failure(2)
		rec.Header = c.header
		ok := page(3)
		ok.Header = []fetch.Field{{Name: "Cookie", Value: "is not written"}}
		writeRun(t, Options{Output: output, Errors: ErrorsPath(output)}, failure(1), rec, ok)
		info, err := os.Stat(ErrorsPath(output))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != c.want {
			t.Errorf("headers %v: mode %v, want %v", c.header, info.Mode().Perm(), c.want)
		}
	}
}

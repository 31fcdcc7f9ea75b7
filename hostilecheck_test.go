//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"trawl/fetch"
	"trawl/fetch/hostile"
)

// A hostileRecord is what is looked at of a line of results.
type hostileRecord struct {
	URL      string
	Class    fetch.Class
	Error    string
	Size     *int64
	Title    string
	Attempts int
	Duration float64 `json:"duration_ms"`
}

// records are the lines of the results, each of which must be well-formed and plain, by
// URL.
func (o *ordeal) records(t *testing.T) map[string][]hostileRecord {
	t.Helper()
	all := map[string][]hostileRecord{}
	for line := range strings.Lines(contents(t, o.dir, "pages.jsonl")) {
		var rec hostileRecord
		readLine(t, "results", line, &rec)
		all[rec.URL] = append(all[rec.URL], rec)
	}
	return all
}

// wantErrors wants a line of the errors file for each failure, and no other. It returns how
// many there are.
func (o *ordeal) wantErrors(t *testing.T, records map[string][]hostileRecord) (failures int) {
	t.Helper()
	failed := map[string]fetch.Class{}
	lines, err := os.ReadFile(filepath.Join(o.dir, "pages.errors.jsonl"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(lines)) {
		var rec hostileRecord
		readLine(t, "errors", line, &rec)
		if _, twice := failed[rec.URL]; twice {
			t.Errorf("%s failed twice", rec.URL)
		}
		failed[rec.URL] = rec.Class
		failures++
	}
	for url, recs := range records {
		if got := failed[url]; got != recs[0].Class {
			t.Errorf("%s: class %q in the results, %q in the errors", url, recs[0].Class, got)
		}
		delete(failed, url)
	}
	if len(failed) > 0 {
		t.Errorf("errors that are no results: %v", failed)
	}
	return failures
}

// readLine reads a line of a file of JSON lines. Neither the line nor what its strings
// stand for may hold what no person should see.
func readLine(t *testing.T, what, line string, rec *hostileRecord) {
	t.Helper()
	if !strings.HasSuffix(line, "}\n") {
		t.Errorf("%s: a line without an end: %.200q", what, line)
	}
	wantPlain(t, what, line)
	if err := json.Unmarshal([]byte(line), rec); err != nil {
		t.Fatalf("%s: %.200q: %v", what, line, err)
	}
	var any any
	if err := json.Unmarshal([]byte(line), &any); err != nil {
		t.Fatalf("%s: %.200q: %v", what, line, err)
	}
	eachString(any, func(s string) {
		if strings.ContainsFunc(s, func(r rune) bool { return r == '\n' || isUnseen(r) }) {
			t.Errorf("%s: %s: %.200q", what, rec.URL, s)
		}
	})
}

func eachString(v any, do func(string)) {
	switch v := v.(type) {
	case string:
		do(v)
	case []any:
		for _, item := range v {
			eachString(item, do)
		}
	case map[string]any:
		for name, item := range v {
			do(name)
			eachString(item, do)
		}
	}
}

// isUnseen is true of what moves a cursor, turns text around or ends a line, but LF.
func isUnseen(r rune) bool {
	switch {
	case r == '\n':
		return false
	case r < ' ', 0x7F <= r && r <= 0x9F: // C0, DEL, C1
		return true
	case 0x202A <= r && r <= 0x202E, 0x2066 <= r && r <= 0x2069, r == 0x200E, r == 0x200F, r == 0x061C: // direction
		return true
	}
	return r == 0x2028 || r == 0x2029 // ends of lines
}

// wantPlain wants UTF-8 that can be seen.
func wantPlain(t *testing.T, what, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Errorf("%s: not well-formed UTF-8", what)
	}
	for line := range strings.Lines(text) {
		if strings.ContainsFunc(line, isUnseen) {
			t.Errorf("%s: %.300q", what, line)
		}
		if forged.MatchString(line) {
			t.Errorf("%s: a forged line %.300q", what, line)
		}
	}
}

// forged is what the server would like to have written.
var forged = regexp.MustCompile(`^\s*(url:<http://forged/|\{"url":"http://forged/)`)

// wantGood wants one record of a good page, which is a success.
func wantGood(t *testing.T, f *hostile.Fault, page hostile.Page, recs []hostileRecord) {
	t.Helper()
	if len(recs) != 1 {
		t.Errorf("%s: %d records of %s, want one", f.Name, len(recs), page.URL)
		return
	}
	rec := recs[0]
	if rec.Class != "" || rec.Size == nil || *rec.Size != page.Size || rec.Title != page.Title {
		t.Errorf("%s: %s %s, want a page of %d characters and the title %q", f.Name, page.URL, rec, page.Size, page.Title)
	}
}

// String is what came of a URL.
func (rec hostileRecord) String() string {
	if rec.Class != "" {
		return "has failed: " + string(rec.Class) + " (" + rec.Error + ")"
	}
	text, _ := json.Marshal(map[string]any{"size": rec.Size, "title": rec.Title}) // it can
	return "is a page: " + string(text)
}

// readable is the most that the run may read of an answer: a packed body may be a mebibyte
// larger than it is unpacked.
func (o *ordeal) readable() int64 { return o.maxSize + mebibyte }

// socketBuffers is what a server may have written and nobody has read: the system makes
// the buffers larger where the processors are busy.
const socketBuffers = mebibyte

// wantLittleTaken wants that no fault has had more of what it wrote taken than is read of an
// answer, and than the system's buffers hold. Those are 128 KiB to send, and 64 KiB to
// receive, of which some 50 KiB are full when the command leaves. But Linux makes them larger
// for what has waited while the command had no processor, and is then read at once: so it is the
// least of several runs that counts.
func wantLittleTaken(t *testing.T, all []*ordeal) {
	t.Helper()
	for i, f := range all[0].faults {
		least := f.Seen().Taken
		for _, o := range all {
			least = min(least, o.faults[i].Seen().Taken)
		}
		if most := all[0].readable() + socketBuffers; least > most {
			t.Errorf("%s: %d bytes were taken, want at most %d", f.Name, least, most)
		}
	}
}

// wantFault wants what the fault allows.
func (o *ordeal) wantFault(t *testing.T, f *hostile.Fault, records map[string][]hostileRecord) {
	t.Helper()
	attempts := 0
	for _, url := range f.URLs {
		if len(records[url]) != 1 {
			t.Errorf("%s: %d records of %s, want one", f.Name, len(records[url]), url)
			return
		}
		rec := records[url][0]
		attempts += rec.Attempts
		if !o.allows(f, rec) {
			t.Errorf("%s: %s %s, want %v", f.Name, url, rec, f.Want)
		}
		if took := time.Duration(rec.Duration * float64(time.Millisecond)); took > timeoutOf(f)+time.Second {
			t.Errorf("%s: the attempt took %v, and may take %v", f.Name, took, timeoutOf(f))
		}
		if rec.Attempts > 1+ordealRetries {
			t.Errorf("%s: %d attempts with %d retries", f.Name, rec.Attempts, ordealRetries)
		}
	}
	seen := f.Seen()
	if most := attempts * f.PerAttempt; len(f.URLs) > 0 && seen.Requests > most+min(seen.Resendable, most) {
		t.Errorf("%s: %d requests in %d attempts, of which %d might have been sent again", f.Name, seen.Requests, attempts, seen.Resendable)
	}
	if most := 3*o.readable() + mebibyte; seen.Taken > most { // see wantLittleTaken
		t.Errorf("%s: %d bytes were taken, want at most %d", f.Name, seen.Taken, most)
	}
	for _, odd := range seen.Odd {
		t.Errorf("%s: the server was sent %q", f.Name, odd)
	}
}

// allows reports whether that may come of the fault.
func (o *ordeal) allows(f *hostile.Fault, rec hostileRecord) bool {
	if rec.Class == "" {
		return rec.Size != nil && slices.Contains(f.Want.Sizes, *rec.Size)
	}
	return slices.Contains(f.Want.Classes, rec.Class) || rec.Class == fetch.Callback && f.Want.Parse && o.selects
}

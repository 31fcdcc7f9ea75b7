//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"trawl/sinks"
)

// checkRequests: what was done, by the journal that the part has found, is not fetched
// again.
func (v *victim) checkRequests(t *testing.T, p part, before left) {
	t.Helper()
	for seq, n := range p.asked {
		if before.done.Done(seq) {
			t.Errorf("position %d was done, and is asked for %d times in part %d", seq, n, v.parts)
		}
		if n > v.list.asks[seq] {
			t.Errorf("position %d takes %d requests, and had %d in part %d", seq, v.list.asks[seq], n, v.parts)
		}
	}
}

// mostLost pages are fetched in vain at a kill: 2,048 that are being committed, as many
// that the writer takes meanwhile, and what is on its way to it: as many as are in flight,
// and as many whose record waits for room.
const mostLost = 2*2048 + 2*inFlight

// checkProgress: what was done stays so, and what was fetched in vain is bounded. A URL
// that waits for its next attempt has not ended.
func (v *victim) checkProgress(t *testing.T, p part, before, after left) {
	t.Helper()
	if after.ended != nil {
		return
	}
	lost := 0
	for seq, n := range p.asked {
		if !after.done.Done(seq) && n == v.list.asks[seq] {
			lost++
		}
	}
	if lost > mostLost {
		t.Errorf("part %d has fetched %d pages in vain, want %d at most", v.parts, lost, mostLost)
	}
	v.lost = max(v.lost, lost)
	for seq := range before.done.High {
		if before.done.Done(seq+1) && !after.done.Done(seq+1) {
			t.Errorf("position %d was done before part %d, and is not any more", seq+1, v.parts)
		}
	}
}

// checkOld: what is to be replaced stays as it is, until the journal says that the run has
// ended.
func (v *victim) checkOld(t *testing.T, after left) {
	t.Helper()
	if v.old != "" && after.ended == nil && contents(t, v.output) != v.old {
		t.Errorf("the output is not what it was before the run, which has not ended")
	}
}

// checkEnd is for the part that has ended by itself.
func (v *victim) checkEnd(t *testing.T, p part, before left, asks int) {
	t.Helper()
	if p.sum > asks || p.sum < asks && !v.waits {
		t.Errorf("the last part asks %d times, want %d", p.sum, asks)
	}
	if p.exit != v.unhurt.exit {
		t.Errorf("exit %d, want %d: %s", p.exit, v.unhurt.exit, p.summary)
	}
	switch {
	case before.ended != nil:
		if p.summary != "" {
			t.Errorf("it only ends what was done, and says: %s", p.summary)
		}
	case p.summary != v.unhurt.summary:
		t.Errorf("it says\n%s\nwant, as a run that was not killed,\n%s", p.summary, v.unhurt.summary)
	}
	v.checkFiles(t)
}

// withoutTimes is a summary without what is different for each run.
func withoutTimes(said string) string {
	var m map[string]json.RawMessage
	if err := json.Unmarshal([]byte(said), &m); err != nil {
		return said
	}
	for name := range m {
		if strings.HasSuffix(name, "_seconds") {
			delete(m, name)
		}
	}
	text, err := json.Marshal(m)
	if err != nil {
		return said
	}
	return string(text)
}

// checkFiles: each position is there once, and there is nothing else.
func (v *victim) checkFiles(t *testing.T) {
	t.Helper()
	if v.last {
		readSQLite(t, v.output)
	}
	v.checkNames(t)
	got := readers[v.format](t, v.output)
	failures := readErrors(t, filepath.Join(v.dir, "db.errors.jsonl"))
	v.checkRun(t, got, failures)
	if slices.Contains(v.options, "--keep-order") && !slices.IsSortedFunc(got, func(a, b stored) int { return int(a.Seq - b.Seq) }) {
		t.Error("the results are not in the order of the list")
	}
	for _, k := range [][]stored{got, failures} {
		for i := range k {
			k[i].Run = ""
		}
	}
	differ(t, "results", got, v.results())
	differ(t, "errors file", failures, v.failures())
	if v.format == sinks.SQLite {
		v.checkRow(t)
	}
}

// checkRun: all parts of a run have one id.
func (v *victim) checkRun(t *testing.T, files ...[]stored) {
	t.Helper()
	runs := map[string]bool{}
	for _, f := range files {
		for _, k := range f {
			if k.Run != "" {
				runs[k.Run] = true
			}
		}
	}
	if len(runs) != 1 {
		t.Errorf("the records are of %d runs: %v", len(runs), runs)
	}
}

// results are what the format must hold.
func (v *victim) results() (want []stored) {
	for _, e := range v.list.ends {
		k := stored{Seq: e.Seq, URL: e.URL, Status: e.Status, Size: e.Size, Attempts: e.Attempts, Class: e.Class}
		switch v.format {
		case sinks.WARC:
			want = append(want, v.answers(e)...)
		case sinks.Text:
			if e.Class == "" {
				want = append(want, stored{URL: e.URL, Size: e.Size})
			}
		default:
			want = append(want, k)
		}
	}
	return want
}

// answers are those that a position has had.
func (v *victim) answers(e ending) []stored {
	last := stored{URL: e.URL, Status: e.Status}
	switch e.kind {
	case "bad", "refused":
		return nil
	case "down":
		return []stored{last, last, last}
	case "flaky":
		return []stored{{URL: e.URL, Status: 503}, last}
	case "from":
		return []stored{{URL: e.URL, Status: 302}, {URL: v.site.url("to", int(e.Seq)), Status: e.Status}}
	}
	return []stored{last}
}

func (v *victim) failures() (want []stored) {
	list := "urls.txt"
	if v.stdin {
		list = "stdin"
	}
	for _, e := range v.list.ends {
		if e.Class != "" {
			want = append(want, stored{Seq: e.Seq, URL: e.URL, Status: e.Status, Attempts: e.Attempts, Class: e.Class, Source: fmt.Sprintf("%s:%d", list, e.Line)})
		}
	}
	return want
}

var archiveName = regexp.MustCompile(`^db-\d{14}-\d{5}\.warc\.gz$`)

// checkNames: there is nothing beside what there must be.
func (v *victim) checkNames(t *testing.T) {
	t.Helper()
	for _, name := range v.files(t) {
		switch {
		case name == "urls.txt", name == "db.errors.jsonl", name == outputOf[v.format] && v.format != sinks.WARC:
		case v.format == sinks.WARC && archiveName.MatchString(name):
		case name == outputOf[v.format]+".nats" && v.kills.over > 0: // nobody was left to remove it, behind the journal
		default:
			t.Errorf("there is still %s", name)
		}
	}
}

// checkRow: the database has one run, and says how it has ended.
func (v *victim) checkRow(t *testing.T) {
	t.Helper()
	db := openDatabase(t, v.output)
	defer db.Close()
	var runs, exit, urls, pages, failed, skipped int64
	err := db.QueryRow("SELECT count(*), max(exit_code), max(urls), max(pages), max(failed), max(skipped) FROM runs WHERE ended IS NOT NULL").
		Scan(&runs, &exit, &urls, &pages, &failed, &skipped)
	n, bad := int64(len(v.list.ends)), int64(len(v.failures()))
	got := [...]int64{runs, exit, urls, pages, failed, skipped}
	want := [...]int64{1, int64(v.unhurt.exit), n + v.list.skipped, n - bad, bad, v.list.skipped}
	if err != nil || got != want {
		t.Errorf("runs, exit, urls, pages, failed, skipped are %v, %v; want %v", got, err, want)
	}
}

package crawl

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"trawl/fetch"
	"trawl/parse"
)

// unchanged is a page that is as it was: 304, or 200 with its body.
func unchanged(seq int64, status int) parse.Record {
	rec := page(seq, "https://example.com/", time.Millisecond)
	rec.Status, rec.Skipped, rec.Before = status, parse.Unchanged, &fetch.Known{Bytes: 5000}
	if status == http.StatusNotModified {
		rec.HasBody, rec.Bytes = false, 0
	}
	return rec
}

// withChanges are records of all that can become of a URL.
func withChanges() []parse.Record {
	fresh, changed, gone := page(1, "https://example.com/", time.Millisecond), page(2, "https://example.com/", time.Millisecond), badStatus(3, 410, 1)
	fresh.Change, changed.Change, gone.Change = parse.New, parse.Changed, parse.Gone
	tried := unchanged(5, http.StatusNotModified)
	tried.Attempts, tried.Tried = 3, []int{503, 0}
	return []parse.Record{fresh, changed, changed, gone, badStatus(4, 500, 1), tried, unchanged(6, http.StatusNotModified), unchanged(7, 200)}
}

// An unchanged page is no page, but it was asked for and answered.
func TestWhatHasBecomeOfURLsIsCounted(t *testing.T) {
	sum := counted(append(withChanges(), parse.Record{Seq: 8, Skipped: parse.Duplicate})...)
	want := Summary{
		Started: sum.Started, Elapsed: sum.Elapsed,
		Pages: 3, Failed: 2, Skipped: 4, New: 1, Changed: 2, Gone: 1, Unfetched: 10_000,
		Bytes:   3*1000 + 1000, // what came and turned out to be as it was, too
		Retries: 2, Retried: 1, RetriedOK: 1,
		Skips:     map[string]int64{parse.Unchanged: 3, parse.Duplicate: 1},
		Status:    []StatusCount{{200, 4}, {304, 2}, {410, 1}, {500, 1}},
		Responses: map[string]int64{"2xx": 4, "3xx": 2, "4xx": 1, "5xx": 2},
		Classes:   sum.Classes, Failures: sum.Failures, BadLines: sum.BadLines,
		Latency: sum.Latency,
		Slowest: []HostLatency{{"example.com", time.Millisecond, 3}},
	}
	if diff := cmp.Diff(want, sum); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if sum.URLs() != 9 || sum.Unchanged() != 3 {
		t.Errorf("%d URLs, %d unchanged, want 9 and 3", sum.URLs(), sum.Unchanged())
	}
}

// Frames of the parts of a run add up to what a run in one part has counted.
func TestChangesAreCountedAcrossAnInterruption(t *testing.T) {
	records := withChanges()
	before, resumed := NewStats(), NewStats()
	var frames [][]byte
	for i := range records[:6] {
		frames = append(frames, before.figures(records[i:i+1], i == 0))
	}
	if err := resumed.restore(frames); err != nil {
		t.Fatal(err)
	}
	resumed.Add(records[6:]...)
	got, want := resumed.Snapshot(), counted(records...)
	want.Started, want.Elapsed = got.Started, got.Elapsed
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-in one part +resumed):\n%s", diff)
	}
}

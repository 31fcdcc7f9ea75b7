package sinks_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"trawl/fetch"
	"trawl/parse"
	"trawl/sinks"
	"trawl/sinks/sinktest"
)

// Any call may fail in a run that remembers pages: what is known of them is what the last
// run that ended has told, and after the run has been resumed what that has.
func TestAFaultLeavesWhatIsKnownWithWhatIsTold(t *testing.T) {
	for _, overwrite := range []bool{false, true} {
		for _, powerCut := range []bool{false, true} {
			for n := 1; ; n++ {
				hit := false
				t.Run(fmt.Sprintf("overwrite %v, power cut %v, call %d", overwrite, powerCut, n), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						hit = faultWhileRemembering(t, overwrite, &sinktest.Disk{N: n, PowerCut: powerCut})
					})
				})
				if t.Failed() || !hit {
					break
				}
			}
		}
	}
}

const remembered = 120 // pages

// remembering runs, or goes on with, a run that has learned something new of all pages.
func remembering(t *testing.T, out string, overwrite bool, run int, d *sinktest.Disk) (ended bool) {
	t.Helper()
	pages, err := sinks.OpenPages(out + ".pages")
	if err != nil {
		t.Fatal(err)
	}
	w, found, err := journaled(t, sinks.Options{
		Output: out, Format: sinks.JSONL, Errors: sinks.ErrorsPath(out), Overwrite: overwrite,
		Run: runOf(run), Pages: pages,
	}, d, 1)
	if err != nil {
		if err := pages.Close(); err != nil {
			t.Error(err)
		}
		return false
	}
	for i := 1; i <= remembered; i++ {
		if found != nil && found.Done.Done(int64(i)) {
			continue
		}
		rec := parse.Record{Seq: int64(i), URL: pageURL(i), Status: 200, Attempts: 1, Change: parse.Changed, Known: &fetch.Known{URL: pageURL(i), Bytes: int64(run)}}
		if err := w.Append(context.Background(), rec); err != nil {
			break
		}
		if i%40 == 0 {
			synctest.Wait()
		}
	}
	err = w.Close(context.Background(), sinks.End{Whole: true, Pages: remembered, URLs: remembered})
	return err == nil
}

func runOf(n int) string { return fmt.Sprintf("20261122T09243%dZ-7f3a", n) }

func pageURL(i int) string { return fmt.Sprintf("http://a/%d", i) }

func faultWhileRemembering(t *testing.T, overwrite bool, disk *sinktest.Disk) (hit bool) {
	out := filepath.Join(t.TempDir(), "out.jsonl")
	if !remembering(t, out, false, 1, &sinktest.Disk{}) {
		t.Fatal("the first run did not end")
	}
	ended := remembering(t, out, overwrite, 2, disk)
	j, err := sinks.OpenJournal(t.Context(), out, false) // which does what an ended run has left
	if err != nil {
		t.Fatal(err)
	}
	told := 2
	if j.Interrupted() != nil {
		told = 1
	}
	if ended && told == 1 {
		t.Error("a run has ended, and is said to be interrupted")
	}
	results, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(results), runOf(2)) { // it has got no further than its journal
		told = 1
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	wantKnown(t, out, int64(told))
	if told == 1 && !remembering(t, out, overwrite, 2, &sinktest.Disk{}) {
		t.Fatal("it cannot be resumed")
	}
	wantKnown(t, out, 2)
	times := 2
	if overwrite {
		times = 1
	}
	for url, n := range urlsIn(t, out) {
		if n != times {
			t.Fatalf("%s is there %d times, want %d", url, n, times)
		}
	}
	return disk.Hit()
}

// wantKnown wants all pages known as that run has seen them.
func wantKnown(t *testing.T, out string, run int64) {
	t.Helper()
	pages, err := sinks.OpenPages(out + ".pages")
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i <= remembered; i++ {
		known, err := pages.Known(pageURL(i))
		if err != nil || known == nil || known.Bytes != run {
			t.Fatalf("of page %d is known %+v, %v; want what run %d has seen", i, known, err, run)
		}
	}
	if err := pages.Close(); err != nil {
		t.Error(err)
	}
}

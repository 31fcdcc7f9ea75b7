package sinks_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"trawl/parse"
	"trawl/sinks"
	"trawl/sinks/sinktest"
)

// journaled opens a writer with a journal, which goes on if there is anything to go on with.
func journaled(t *testing.T, opts sinks.Options, d *sinktest.Disk, compactAt int64) (*sinks.Writer, *sinks.Interrupted, error) {
	t.Helper()
	j, err := sinks.OpenJournalOn(opts.Output, compactAt, openFileOn(d), d.Rename)
	if err != nil {
		return nil, nil, err
	}
	found := j.Interrupted()
	if found != nil {
		if err := j.Check(); err != nil {
			_ = j.Remove()
			return nil, found, err
		}
	}
	opts.Journal, opts.Resume = j, found != nil
	w, err := openOn(opts, d)
	if err != nil {
		_ = j.Remove()
	}
	return w, found, err
}

func appendRest(w *sinks.Writer, found *sinks.Interrupted, last int64) error {
	for i := int64(1); i <= last; i++ {
		if found != nil && found.Done.Done(i) {
			continue
		}
		if err := w.Append(context.Background(), sinktest.Record(int(i))); err != nil {
			return err
		}
		if i%50 == 0 {
			time.Sleep(1100 * time.Millisecond) // the fake clock's
		}
	}
	return nil
}

// urlsIn counts the URLs of a file of JSON lines.
func urlsIn(t *testing.T, path string) map[string]int {
	t.Helper()
	rows, err := readJSONL(path)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	urls := map[string]int{}
	for _, row := range rows {
		urls[row.URL]++
	}
	return urls
}

// Any call may fail while an interrupted run is resumed, while the journal is compacted
// too: the next one goes on nevertheless.
func TestAFaultWhileARunIsResumedLosesNothing(t *testing.T) {
	for _, powerCut := range []bool{false, true} {
		for n := 1; ; n++ {
			hit := false
			t.Run(fmt.Sprintf("power cut %v, call %d", powerCut, n), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { hit = faultWhileResumed(t, &sinktest.Disk{N: n, PowerCut: powerCut}) })
			})
			if t.Failed() || !hit {
				break
			}
		}
	}
}

func faultWhileResumed(t *testing.T, disk *sinktest.Disk) (hit bool) {
	const first, last = 100, 300
	out := filepath.Join(t.TempDir(), "out.jsonl")
	opts := sinks.Options{Output: out, Format: sinks.JSONL, Errors: sinks.ErrorsPath(out), Run: "20261122T092439Z-7f3a"}
	w, _, err := journaled(t, opts, &sinktest.Disk{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := appendRest(w, nil, first); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(context.Background(), sinks.End{}); err != nil {
		t.Fatal(err)
	}

	if w, found, err := journaled(t, opts, disk, 1); err == nil {
		_ = appendRest(w, found, last)
		_ = w.Close(context.Background(), sinks.End{})
	}

	w, found, err := journaled(t, opts, &sinktest.Disk{}, 1)
	if err != nil {
		t.Fatalf("resume after the fault: %v", err)
	}
	if found == nil || found.Done.Count() < first {
		_ = w.Close(context.Background(), sinks.End{})
		t.Fatalf("after the fault the journal has forgotten the run: %+v", found)
	}
	if err := appendRest(w, found, last); err != nil {
		t.Fatal(err)
	}
	closeWhole(t, w)
	results, failures := urlsIn(t, out), urlsIn(t, opts.Errors)
	for i := range last {
		rec := sinktest.Record(i + 1)
		if results[rec.URL] != 1 {
			t.Fatalf("position %d is there %d times", i+1, results[rec.URL])
		}
		if rec.Class != "" && failures[rec.URL] != 1 {
			t.Fatalf("failure %d is there %d times", i+1, failures[rec.URL])
		}
	}
	return disk.Hit()
}

// A log rotation moves results alone.
func TestFailuresOutliveAReopeningAndAnInterruption(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := filepath.Join(t.TempDir(), "out.jsonl")
		opts := sinks.Options{Output: out, Format: sinks.JSONL, Errors: sinks.ErrorsPath(out), Run: "20261122T092439Z-7f3a"}
		w, _, err := journaled(t, opts, &sinktest.Disk{}, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		appendAll(t, w, 1, 20)
		time.Sleep(1100 * time.Millisecond) // the fake clock's
		synctest.Wait()
		if err := os.Rename(out, out+".1"); err != nil {
			t.Fatal(err)
		}
		w.Reopen()
		synctest.Wait()
		appendAll(t, w, 22, 5) // none fails
		if err := w.Close(context.Background(), sinks.End{}); err != nil {
			t.Fatal(err)
		}
		before := urlsIn(t, opts.Errors)
		if len(before) != 2 {
			t.Fatalf("%v", before)
		}
		w, _, err = journaled(t, opts, &sinktest.Disk{}, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		closeWhole(t, w)
		if after := urlsIn(t, opts.Errors); len(after) != len(before) {
			t.Errorf("the errors file has %v, and had %v", after, before)
		}
	})
}

// Two outputs may share an errors file's name: what another run has written there in the
// meantime is not cut.
func TestAnErrorsFileOfAnotherRunIsNotCut(t *testing.T) {
	for _, resume := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			dir := t.TempDir()
			a := sinks.Options{Output: filepath.Join(dir, "a.jsonl"), Format: sinks.JSONL, Errors: filepath.Join(dir, "failed.jsonl"), Run: "20261122T092439Z-7f3a"}
			w, _, err := journaled(t, a, &sinktest.Disk{}, 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			appendAll(t, w, 1, 5) // none fails
			if err := w.Close(context.Background(), sinks.End{}); err != nil {
				t.Fatal(err)
			}
			b := a
			b.Output, b.Run = filepath.Join(dir, "b.jsonl"), "20261122T092440Z-0000"
			w, _, err = journaled(t, b, &sinktest.Disk{}, 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			appendAll(t, w, 1, 20)
			closeWhole(t, w)

			j, err := sinks.OpenJournal(t.Context(), a.Output, false)
			if err != nil {
				t.Fatal(err)
			}
			a.Journal, a.Resume = j, resume
			w, err = sinks.Open(a)
			if err == nil {
				closeWhole(t, w)
			} else {
				_ = j.Close()
			}
			n := 0
			for _, path := range []string{b.Errors, sinks.PrevPath(b.Errors)} {
				n += len(urlsIn(t, path))
			}
			if n != 2 {
				t.Errorf("resume %v: %d failures of the other run are left of 2 (%v)", resume, n, err)
			}
		})
	}
}

// A file's name may have any bytes on Linux.
func TestANameThatIsNoUTF8IsResumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := filepath.Join(t.TempDir(), "caf\xe9.jsonl")
		opts := sinks.Options{Output: out, Format: sinks.JSONL, Errors: sinks.ErrorsPath(out), Run: "20261122T092439Z-7f3a",
			About: sinks.About{Command: "trawl caf\xe9.txt"}}
		w, _, err := journaled(t, opts, &sinktest.Disk{}, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		appendAll(t, w, 1, 20)
		if err := w.Close(context.Background(), sinks.End{}); err != nil {
			t.Fatal(err)
		}
		w, found, err := journaled(t, opts, &sinktest.Disk{}, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if found == nil || found.Done.Count() != 20 {
			t.Errorf("the journal knows %+v, want 20 positions", found)
		}
		closeWhole(t, w)
	})
}

// A crash may come between the rename and the end of the journal. The output is its user's
// by then: what SQLite keeps beside it is a part of it.
func TestWhatADatabaseHasBesideItIsLeftAloneOnceItHasItsName(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out.db")
	opts := sinks.Options{Output: out, Format: sinks.SQLite, Errors: sinks.ErrorsPath(out), Run: "20261122T092439Z-7f3a", Overwrite: true}
	w, _, err := journaled(t, opts, &sinktest.Disk{}, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Append(t.Context(), parse.Record{Seq: 1, URL: "https://example.com/", Status: 200, Attempts: 1}); err != nil {
		t.Fatal(err)
	}
	// The journal as it is between the rename and its end: syncing the folder fails.
	var journal []byte
	disk := &watched{Disk: &sinktest.Disk{}, renamed: func(to string) {
		if to == out {
			journal, _ = os.ReadFile(sinks.StatePath(out))
		}
	}}
	_ = w.Close(context.Background(), sinks.End{})
	j, err := sinks.OpenJournalOn(out, 1<<20, openFileOn(disk.Disk), disk.Rename)
	if err != nil {
		t.Fatal(err)
	}
	opts.Journal, opts.Resume = j, true
	w, err = sinks.OpenOn(opts, openFileOn(disk.Disk), disk.Rename)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(context.Background(), sinks.End{Whole: true, Pages: 1}); err != nil {
		t.Fatal(err)
	}
	if journal == nil {
		t.Fatal("no rename was seen")
	}
	if err := os.WriteFile(sinks.StatePath(out), journal, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(out+"-wal", []byte("what a reader has committed"), 0o600); err != nil {
		t.Fatal(err)
	}
	j, err = sinks.OpenJournal(t.Context(), out, false)
	if err != nil {
		t.Fatal(err)
	}
	if j.Ended() == nil {
		t.Error("the journal is not that of a run that has ended")
	}
	if err := j.Remove(); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(out + "-wal"); err != nil || !strings.HasPrefix(string(b), "what") {
		t.Errorf("the log beside the database: %q, %v", b, err)
	}
}

type watched struct {
	*sinktest.Disk
	renamed func(to string)
}

func (d *watched) Rename(from, to string) error {
	err := d.Disk.Rename(from, to)
	if err == nil {
		d.renamed(to)
	}
	return err
}

// Failures of the run before may be the list of this one: at any moment they are either in
// their place, with no run to go on with, or renamed, and the run goes on.
func TestFailuresAreNotRenamedByARunThatCannotGoOn(t *testing.T) {
	for _, format := range []sinks.Format{sinks.JSONL, sinks.SQLite} {
		t.Run(string(format), func(t *testing.T) {
			dir := t.TempDir()
			out := filepath.Join(dir, "out."+string(format))
			opts := sinks.Options{Output: out, Format: format, Errors: sinks.ErrorsPath(out), Run: "20261122T092439Z-7f3a"}
			w := open(t, opts)
			appendAll(t, w, 1, 20)
			closeWhole(t, w)

			var renamed []bool // the journal is of a run that can go on: before and after
			disk := &sinktest.Disk{}
			rename := func(from, to string) error {
				if from == opts.Errors {
					renamed = append(renamed, goesOn(t, dir, out))
				}
				err := disk.Rename(from, to)
				if from == opts.Errors {
					renamed = append(renamed, goesOn(t, dir, out))
				}
				return err
			}
			opts.Run = "20261122T092440Z-0000"
			var err error
			if opts.Journal, err = sinks.OpenJournal(t.Context(), out, false); err != nil {
				t.Fatal(err)
			}
			w, err = sinks.OpenOn(opts, openFileOn(disk), rename)
			if err != nil {
				t.Fatal(err)
			}
			closeWhole(t, w)
			if fmt.Sprint(renamed) != "[false true]" {
				t.Errorf("before and after the rename there is a run to go on with: %v, want false and true", renamed)
			}
		})
	}
}

// goesOn says whether a copy of the folder, as a crash would leave it, has a run to go on
// with.
func goesOn(t *testing.T, dir, out string) bool {
	t.Helper()
	crashed := t.TempDir()
	if err := os.CopyFS(crashed, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	j, err := sinks.OpenJournal(context.Background(), filepath.Join(crashed, filepath.Base(out)), false)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	return j.Interrupted() != nil
}

// Package sinktest holds what every results format must do. A format's own test
// is one call of [Run].
package sinktest

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"trawl/fetch"
	"trawl/parse"
	"trawl/sinks"
)

// Subject is a format and how its files are made and read.
type Subject struct {
	Format   sinks.Format
	Failures bool // the format holds failures too

	// Open opens a writer whose files come from the disk.
	Open func(opts sinks.Options, disk *Disk) (*sinks.Writer, error)

	// OpenJournal opens a journal, and finishes what it finds left, on the disk.
	OpenJournal func(output string, disk *Disk) (*sinks.Journal, error)

	// Own says that the format has files of its own making, which do not come from the
	// disk: a fault of them is another test's.
	Own bool

	// Once says that a file of the format is made at the end of a run, and cannot be
	// appended to. What makes it does not live on a fake clock, so there is one commit.
	Once bool

	// Read returns what a results file holds; an error if any of it is not a
	// whole record. A file that is not there holds nothing.
	Read func(path string) ([]Row, error)

	// ReadErrors does so for an errors file.
	ReadErrors func(path string) ([]Row, error)
}

// Row is what any format holds of a record.
type Row struct {
	URL  string
	Size int64 // 0 of a failure
}

// Run tests the format.
func Run(t *testing.T, s Subject) {
	t.Run("every record is there whole and once", s.testAllThere)
	if !s.Once {
		t.Run("a commit reports what is on disk", s.testReportsWhatIsOnDisk)
		t.Run("a second run appends", s.testAppends)
	}
	for _, overwrite := range []bool{false, true} {
		t.Run(fmt.Sprintf("any call fails, overwrite %v, and the run is resumed", overwrite), func(t *testing.T) { s.testResume(t, false, overwrite) })
		t.Run(fmt.Sprintf("the power is cut, overwrite %v, and the run is resumed", overwrite), func(t *testing.T) { s.testResume(t, true, overwrite) })
	}
	if s.Own {
		return
	}
	for _, op := range []string{"open", "write", "sync", "chmod", "close", "rename"} {
		t.Run("any "+op+" fails", func(t *testing.T) { s.testFault(t, op) })
	}
}

// timed runs a test on a fake clock, where the format can.
func (s Subject) timed(t *testing.T, test func(*testing.T)) {
	if s.Once {
		test(t)
		return
	}
	synctest.Test(t, test)
}

// pause lets the writer commit.
func (s Subject) pause() {
	if !s.Once {
		time.Sleep(1500 * time.Millisecond) // the fake clock's
	}
}

// Record is the i-th record of a test: every seventh is a failure, and some of
// these hold headers.
func Record(i int) parse.Record {
	rec := parse.Record{
		Seq: int64(i), URL: fmt.Sprintf("https://example.com/%d?q=<>&\"", i), Attempts: 1,
		File: "urls.txt", Line: int64(i),
	}
	switch {
	case i%21 == 0:
		rec.Header = []fetch.Field{{Name: "Authorization", Value: "Bearer s3cret"}}
		fallthrough
	case i%7 == 0:
		rec.Class, rec.Error, rec.Retryable = fetch.Timeout, "no answer within 10 s", true
	default:
		rec.Status, rec.HasSize, rec.Size = 200, true, int64(i)*10
	}
	return rec
}

// run is one use of a writer on a disk.
type run struct {
	opts     sinks.Options
	w        *sinks.Writer
	mu       sync.Mutex
	reported []parse.Record // guarded by mu
	ended    bool           // another run has found that this one had ended
}

func (s Subject) newRun(dir string) *run {
	out := filepath.Join(dir, "out."+string(s.Format))
	r := &run{opts: sinks.Options{
		Output: out, Format: s.Format, Errors: sinks.ErrorsPath(out), Run: "20261122T092439Z-7f3a",
	}}
	r.opts.OnCommit = func(recs []parse.Record) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.reported = append(r.reported, recs...)
	}
	return r
}

// append appends records from first on, by several goroutines at once.
func (r *run) append(ctx context.Context, first, n, goroutines int) error {
	errs := make([]error, goroutines)
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for i := first + g; i < first+n && errs[g] == nil; i += goroutines {
				errs[g] = r.w.Append(ctx, Record(i))
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// check compares what the files hold with what was reported.
func (s Subject) check(t *testing.T, r *run) {
	t.Helper()
	results, failures := map[Row]int{}, map[Row]int{}
	for _, rec := range r.reported {
		row := Row{URL: rec.URL, Size: rec.Size}
		if rec.Class == "" || s.Failures {
			results[row]++
		}
		if rec.Class != "" {
			failures[row]++
		}
	}
	path := r.opts.Output
	if side := r.w.SideFile(); side != "" && !r.ended {
		path = side
	}
	s.compare(t, s.Read, path, results)
	s.compare(t, s.ReadErrors, r.opts.Errors, failures)
}

func (s Subject) compare(t *testing.T, read func(string) ([]Row, error), path string, want map[Row]int) {
	t.Helper()
	rows, err := read(path)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	got := map[Row]int{}
	for _, row := range rows {
		got[row]++
	}
	if !maps.Equal(got, want) {
		t.Errorf("%s holds what was not reported (-), or not what was (+):\n%s", path, cmp.Diff(got, want))
	}
}

func (s Subject) testAllThere(t *testing.T) {
	const n, goroutines = 20_000, 64
	r := s.newRun(t.TempDir())
	var err error
	if r.w, err = s.Open(r.opts, &Disk{}); err != nil {
		t.Fatal(err)
	}
	if err := r.append(t.Context(), 1, n, goroutines); err != nil {
		t.Error(err)
	}
	if err := r.w.Close(context.Background(), sinks.End{Whole: true}); err != nil {
		t.Error(err)
	}
	seen := map[int64]int{}
	for _, rec := range r.reported {
		seen[rec.Seq]++
	}
	for i := range int64(n) {
		if seen[i+1] != 1 {
			t.Fatalf("record %d was reported %d times, want once", i+1, seen[i+1])
		}
	}
	s.check(t, r)
}

func (s Subject) testReportsWhatIsOnDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := s.newRun(t.TempDir())
		keep, commits := r.opts.OnCommit, 0
		r.opts.OnCommit = func(recs []parse.Record) {
			keep(recs)
			s.check(t, r)
			commits++
		}
		var err error
		if r.w, err = s.Open(r.opts, &Disk{}); err != nil {
			t.Fatal(err)
		}
		for round := range 4 {
			if err := r.append(t.Context(), 1+round*300, 300, 3); err != nil {
				t.Error(err)
			}
			time.Sleep(1100 * time.Millisecond) // the fake clock's
		}
		if err := r.w.Close(context.Background(), sinks.End{Whole: true}); err != nil {
			t.Error(err)
		}
		if commits != 4 {
			t.Errorf("%d commits in four seconds with records, want one a second", commits)
		}
	})
}

func (s Subject) testAppends(t *testing.T) {
	dir := t.TempDir()
	want := map[Row]int{}
	for i := range 2 {
		r := s.newRun(dir)
		var err error
		if r.w, err = s.Open(r.opts, &Disk{}); err != nil {
			t.Fatal(err)
		}
		if err := r.append(t.Context(), 1+i*100, 100, 1); err != nil {
			t.Error(err)
		}
		if err := r.w.Close(context.Background(), sinks.End{Whole: true}); err != nil {
			t.Error(err)
		}
		for _, rec := range r.reported {
			if rec.Class == "" || s.Failures {
				want[Row{URL: rec.URL, Size: rec.Size}]++
			}
		}
		s.compare(t, s.Read, r.opts.Output, want)
	}
}

// readAll is for tests of what a file was before.
func readAll(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

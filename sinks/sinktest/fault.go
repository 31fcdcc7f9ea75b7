package sinktest

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"trawl/sinks"
)

// testFault lets the first call of an operation fail, then the second alone, and
// so on until a run has no more of them, with a file that is appended to and
// with one that is replaced.
func (s Subject) testFault(t *testing.T, op string) {
	for _, overwrite := range []bool{false, true} {
		for n := 1; ; n++ {
			disk := &Disk{Op: op, N: n}
			s.timed(t, func(t *testing.T) { s.testOneFault(t, disk, overwrite) })
			if t.Failed() {
				t.Fatalf("overwrite %v, %s number %d", overwrite, op, n)
			}
			if !disk.Hit() {
				if n == 1 && (overwrite || op != "rename") {
					t.Fatalf("overwrite %v: no %s in a whole run", overwrite, op)
				}
				break
			}
		}
	}
}

func (s Subject) testOneFault(t *testing.T, disk *Disk, overwrite bool) {
	r := s.newRun(t.TempDir())
	r.opts.Overwrite = overwrite
	if overwrite {
		s.writeOld(t, r)
	}
	old := ""
	if overwrite {
		old = readAll(t, r.opts.Output)
	}
	var err error
	if r.w, err = s.Open(r.opts, disk); err != nil {
		checkError(t, err, disk, r)
		if overwrite && readAll(t, r.opts.Output) != old {
			t.Error("an Open that failed has changed the output")
		}
		return
	}
	var appended error
	for round := range 2 {
		if appended = r.append(t.Context(), 1+round*600, 600, 4); appended != nil {
			break
		}
		s.pause()
	}
	err = r.w.Close(context.Background(), sinks.End{Whole: true})
	s.check(t, r)
	if !disk.Hit() {
		if err != nil || len(r.reported) != 1200 {
			t.Errorf("no fault: Close: %v, %d records reported; want nil, 1200", err, len(r.reported))
		}
		return
	}
	checkError(t, err, disk, r)
	if appended != nil && !errors.Is(err, appended) {
		t.Errorf("Append: %v, Close: %v; want the same", appended, err)
	}
	s.checkEnded(t, r, err)
	if overwrite && r.w.SideFile() != "" && readAll(t, r.opts.Output) != old {
		t.Error("the output is another one though the side file was not renamed")
	}
}

// writeOld makes results and errors of a run before.
func (s Subject) writeOld(t *testing.T, r *run) {
	opts := r.opts
	opts.Overwrite, opts.OnCommit = false, nil
	w, err := s.Open(opts, &Disk{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		if err := w.Append(t.Context(), Record(100_000+i)); err != nil {
			t.Error(err)
		}
	}
	if err := w.Close(context.Background(), sinks.End{Whole: true}); err != nil {
		t.Fatal(err)
	}
}

func checkError(t *testing.T, err error, disk *Disk, r *run) {
	t.Helper()
	var e *sinks.Error
	if !errors.As(err, &e) || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("the error is %v, want an Error that is ENOSPC", err)
		return
	}
	dir, _, _ := strings.Cut(r.opts.Output, "/out.")
	if disk.Op != "" && e.Op != disk.Op || !strings.HasPrefix(e.Path, dir) {
		t.Errorf("the error says %q %q, want %q of a file in %s", e.Op, e.Path, disk.Op, dir)
	}
}

// checkEnded checks that a writer which had an error stays ended.
func (s Subject) checkEnded(t *testing.T, r *run, err error) {
	t.Helper()
	select {
	case <-r.w.Failed():
	default:
		t.Error("Failed is open after an error")
	}
	if got := r.w.Append(context.Background(), Record(1)); !errors.Is(got, err) {
		t.Errorf("Append after the error: %v, want %v", got, err)
	}
	if got := r.w.Close(context.Background(), sinks.End{Whole: true}); !errors.Is(got, err) {
		t.Errorf("second Close: %v, want %v", got, err)
	}
	if _, statErr := os.Stat(r.opts.Output); statErr != nil && !s.Once {
		t.Error(statErr)
	}
}

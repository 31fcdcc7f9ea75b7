package sinktest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"trawl/sinks"
)

// records of a run that is interrupted.
const records = 1200

// testResume lets any call fail, the first, the second, and so on until a run has no
// more of them; with a power cut all calls after it fail too, and what was not synced may
// be lost. The run is then resumed: each position must be there once.
func (s Subject) testResume(t *testing.T, powerCut, overwrite bool) {
	for n := 1; ; n++ {
		disk := &Disk{N: n, PowerCut: powerCut}
		s.timed(t, func(t *testing.T) { s.testOneResume(t, disk, overwrite) })
		if t.Failed() {
			t.Fatalf("call number %d", n)
		}
		if !disk.Hit() {
			return
		}
	}
}

func (s Subject) testOneResume(t *testing.T, disk *Disk, overwrite bool) {
	r := s.newRun(t.TempDir())
	r.opts.Overwrite = overwrite
	if overwrite {
		s.writeOld(t, r)
	}
	s.interrupted(t, r, disk)
	acknowledged := len(r.reported)
	if disk.PowerCut {
		seed := rand.Uint64()
		if err := disk.Lose(rand.New(rand.NewPCG(seed, 0))); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if t.Failed() {
				t.Log("seed", seed)
			}
		}()
	}
	if err := s.goOn(t, r, acknowledged); err != nil {
		t.Errorf("resume: %v", err)
	}
	s.check(t, r)
	if len(r.reported) != records && !t.Failed() {
		t.Errorf("%d records were reported in both parts of the run, want %d", len(r.reported), records)
	}
	if _, err := os.Stat(sinks.StatePath(r.opts.Output)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the state of a whole run: %v, want none", err)
	}
}

// interrupted is the first part of a run, which ends with the disk's fault.
func (s Subject) interrupted(t *testing.T, r *run, disk *Disk) {
	j, err := s.OpenJournal(r.opts.Output, disk)
	if err != nil {
		checkError(t, err, disk, r)
		return
	}
	r.opts.Journal = j
	if r.w, err = s.Open(r.opts, disk); err != nil {
		checkError(t, err, disk, r)
		_ = j.Remove()
		return
	}
	for round := range 3 {
		if r.append(t.Context(), 1+round*records/3, records/3, 4) != nil {
			break
		}
		s.pause()
	}
	_ = r.w.Close(context.Background(), sinks.End{Whole: true, Pages: 1})
}

// goOn resumes the run, if it has left anything, and checks that it knows what the first
// part has reported.
func (s Subject) goOn(t *testing.T, r *run, acknowledged int) (err error) {
	whole := Disk{}
	if r.opts.Journal, err = s.OpenJournal(r.opts.Output, &whole); err != nil {
		return err
	}
	found := r.opts.Journal.Interrupted()
	if found == nil {
		if acknowledged == records { // it had ended
			r.ended = true
			return r.opts.Journal.Remove()
		}
		if acknowledged > 0 {
			return fmt.Errorf("%d positions were reported done, and nothing is known of them", acknowledged)
		}
		found = &sinks.Interrupted{}
	} else if err := r.opts.Journal.Check(); err != nil {
		return err
	}
	r.reportedAgain(t, found)
	r.opts.Resume = found.Run != ""
	if r.w, err = s.Open(r.opts, &whole); err != nil {
		return err
	}
	for i := 1; i <= records; i++ {
		if found.Done.Done(int64(i)) {
			continue
		}
		if err := r.w.Append(context.Background(), Record(i)); err != nil {
			return err
		}
	}
	return r.w.Close(context.Background(), sinks.End{Whole: true, Pages: 1})
}

// reportedAgain takes what the journal knows for what was reported: that may be more, one
// commit, but not less.
func (r *run) reportedAgain(t *testing.T, found *sinks.Interrupted) {
	t.Helper()
	for i := range r.reported {
		if !found.Done.Done(r.reported[i].Seq) {
			t.Fatalf("position %d was reported done, and the journal does not know it", r.reported[i].Seq)
		}
	}
	r.reported = r.reported[:0]
	for i := range records {
		if rec := Record(i + 1); found.Done.Done(rec.Seq) {
			r.reported = append(r.reported, rec)
		}
	}
}

//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"trawl/sinks"
)

// nights are runs of one command line with --if-changed, over a site that has changed
// before each; some are killed, again and again, and resumed, or begun anew. What each night
// tells must be what has become of the pages since the last run that ended.
type nights struct {
	site    *changingSite
	program string
	format  sinks.Format
	options []string
	rng     *rand.Rand

	dir, output string
	runs        map[string]bool // ids of the runs of the nights before
	lines       int             // of text, which has no ids
	kills       int
	anew        int // runs of this night that were begun while another one was interrupted
}

// A page that has changed is never missed, and never told twice, however often a run is
// killed: it is resumed, or begun anew.
func TestNoChangedPageIsMissedOrToldTwice(t *testing.T) {
	pages, times := 600, 5
	if raceDetector {
		pages, times = 200, 3
	}
	kills := tellNights(t, pages, times)
	if t.Logf("killed %d times", kills); kills < 9*times {
		t.Errorf("killed %d times, want once a night at least", kills)
	}
}

// tellNights has each format go through so many nights, and returns how often a run was killed.
func tellNights(t *testing.T, pages, times int) (kills int) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	program := plainTrawl(t)
	for i, c := range []struct {
		format  sinks.Format
		options []string
	}{
		{sinks.JSONL, nil},
		{sinks.JSONL, []string{"--executor", inProcesses}},
		{sinks.JSONL, []string{"-O"}},
		{sinks.JSONL, []string{"--keep-order"}},
		{sinks.Text, nil},
		{sinks.CSV, nil},
		{sinks.SQLite, nil},
		{sinks.SQLite, []string{"-O"}},
		{sinks.Parquet, []string{"-O"}},
	} {
		t.Run(strings.Join(append([]string{string(c.format)}, c.options...), " "), func(t *testing.T) {
			n := &nights{program: program, format: c.format, options: c.options, runs: map[string]bool{}}
			n.rng = rand.New(rand.NewPCG(seed, uint64(i)))
			n.site = newChangingSite(t, n.rng, pages)
			n.dir = t.TempDir()
			n.output = filepath.Join(n.dir, outputOf[c.format])
			for night := range times {
				n.site.change(night)
				n.tell(t, night)
				if t.Failed() {
					t.Fatalf("in night %d", night+1)
				}
			}
			kills += n.kills
			t.Logf("killed %d times", n.kills)
		})
	}
	return kills
}

// tell has a night's run killed three times at most before it ends, and looks at what it
// has told.
func (n *nights) tell(t *testing.T, night int) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(n.dir, "urls.txt"), []byte(n.site.list()), 0o644); err != nil {
		t.Fatal(err)
	}
	n.anew = 0
	resume, exit := true, -1
	for left := 3; exit < 0; left-- {
		if exit = n.part(t, resume, left); exit < 0 {
			n.kills++
		}
		if _, err := os.Stat(n.output + ".state"); exit < 0 && errors.Is(err, fs.ErrNotExist) && n.begun(t) {
			break // it was killed when all was done
		}
		if resume = n.rng.IntN(4) > 0 || n.ended(t); !resume && exit < 0 {
			n.anew++
		}
	}
	if want := n.site.exit(); exit >= 0 && exit != want {
		t.Errorf("exit %d, want %d", exit, want)
	}
	n.check(t)
	n.site.ended(t)
}

// begun says whether the night's run has told anything yet: before, there need not be a journal.
func (n *nights) begun(t *testing.T) bool {
	t.Helper()
	for _, k := range readErrors(t, filepath.Join(n.dir, "db.errors.jsonl")) {
		if !n.runs[k.Run] {
			return true
		}
	}
	return false
}

// ended says whether the run that was killed had ended but for what is to be done then. A run
// that is begun anew would be the next night's.
func (n *nights) ended(t *testing.T) bool {
	t.Helper()
	state, err := os.ReadFile(n.output + ".state")
	if err != nil {
		return false
	}
	copied := filepath.Join(t.TempDir(), outputOf[n.format])
	if err := os.WriteFile(copied+".state", state, 0o644); err != nil {
		t.Fatal(err)
	}
	journal, err := sinks.OpenJournal(t.Context(), copied, false)
	if err != nil {
		t.Fatal(err)
	}
	defer journal.Close()
	return journal.Ended() != nil
}

// part runs the command once, and returns its exit code; -1 is that it was killed.
func (n *nights) part(t *testing.T, resume bool, kills int) int {
	t.Helper()
	asks, after := 0, never
	switch {
	case kills == 0:
	case n.rng.IntN(3) == 0: // late
		asks, after = n.site.requests(), time.Duration(n.rng.Int64N(int64(30*time.Millisecond)))
	default:
		asks, after = 1+n.rng.IntN(n.site.requests()), time.Duration(n.rng.Int64N(int64(5*time.Millisecond)))
	}
	reached := n.site.begin(asks)
	args := append([]string{"urls.txt", "--if-changed", "-o", outputOf[n.format], "--retries", "0", "-c", "32", "--host-concurrency", "32"}, n.options...)
	if resume {
		args = append(args, "--resume")
	}
	cmd := trawl(t, n.dir, args...)
	cmd.Path = n.program
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan error, 1)
	go func() { over <- cmd.Wait() }()
	err := killWhen(cmd, reached, after, over)
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGKILL {
		return -1
	}
	exit := exitOf(t, err)
	if exit != exitOK && exit != exitFailed {
		t.Fatalf("exit %d: %s", exit, said.String())
	}
	return exit
}

// killWhen kills a command so long after reached is closed, and returns what Wait does.
func killWhen(cmd *exec.Cmd, reached <-chan struct{}, after time.Duration, over <-chan error) error {
	var due <-chan time.Time
	for {
		select {
		case <-reached:
			reached, due = nil, time.After(after)
		case <-due:
			cmd.Process.Kill()
		case err := <-over:
			return err
		}
	}
}

// check compares what the night has told with what has become of the pages.
func (n *nights) check(t *testing.T) {
	t.Helper()
	told, failures := n.told(t), readErrors(t, filepath.Join(n.dir, "db.errors.jsonl"))
	run := ""
	for _, k := range failures {
		run = k.Run
	}
	var abandoned, last []stored
	for _, k := range told {
		if k.Run != "" && k.Run != run {
			abandoned = append(abandoned, k)
		} else {
			last = append(last, k)
		}
	}
	want, wantFailures := n.site.changes(n.format)
	if n.format == sinks.Text && n.anew > 0 { // whose lines are not told apart
		wantAll(t, "results", last, want)
	} else {
		differ(t, "results", plain(last), want)
	}
	wantAll(t, "results of runs that never ended", want, plain(abandoned))
	differ(t, "errors file", plain(failures), wantFailures)
	for _, k := range append(told, failures...) {
		n.runs[k.Run] = true
	}
	n.lines += len(told)
}

// told are the records of the night, of all its runs.
func (n *nights) told(t *testing.T) (told []stored) {
	t.Helper()
	all := readers[n.format](t, n.output)
	if n.format == sinks.Text {
		return all[n.lines:]
	}
	for _, k := range all {
		if !n.runs[k.Run] {
			told = append(told, k)
		}
	}
	return told
}

// plain is without what is different each time.
func plain(all []stored) []stored {
	all = slices.Clone(all)
	for i := range all {
		all[i] = stored{Seq: all[i].Seq, URL: all[i].URL, Class: all[i].Class, Change: all[i].Change}
	}
	return all
}

// wantAll wants each of some among all.
func wantAll(t *testing.T, what string, all, some []stored) {
	t.Helper()
	there := map[string]bool{}
	for _, k := range plain(all) {
		there[fmt.Sprint(k)] = true
	}
	for _, k := range plain(some) {
		if !there[fmt.Sprint(k)] {
			t.Errorf("%s: %+v has no business there, or is missing", what, k)
		}
	}
}

package main

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"trawl/pool/cluster"
)

// waited is what a run says whose workers are heard of as heard says, second by second.
func waited(t *testing.T, c *config, lasts time.Duration, heard func(since time.Duration) bool) (said string) {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	synctest.Test(t, func(t *testing.T) {
		g := &gathering{screen: newScreen(c, files{}, file, file), over: make(chan struct{})}
		begun, last := time.Now(), time.Time{}
		g.watching.Go(func() {
			g.watchWorkers(func() []cluster.WorkerStatus {
				if heard(time.Since(begun)) {
					last = time.Now()
				}
				return []cluster.WorkerStatus{{Name: "alpha", Heard: last}}
			})
		})
		time.Sleep(lasts)
		close(g.over)
		g.watching.Wait()
	})
	return contents(t, file.Name())
}

// A run that nobody watches, and that waits for workers which nobody starts, says so, and how
// they are started; with workers it is silent.
func TestARunThatHasNoWorkersSaysSo(t *testing.T) {
	const says = "trawl: nothing is heard of any worker for 20 s, and the run waits (option --nats)\n" +
		"  Start one:  trawl worker --nats tls://***@h:4222\n"
	c := config{NATS: "tls://user:secret@h:4222"}
	never := func(time.Duration) bool { return false }
	if got := waited(t, &c, time.Hour, never); got != says {
		t.Errorf("without workers: %q, want %q", got, says)
	}
	if got := waited(t, &c, unheardLong-time.Second, never); got != "" {
		t.Errorf("before long: %q", got)
	}
	if got := waited(t, &c, time.Hour, func(time.Duration) bool { return true }); got != "" {
		t.Errorf("with a worker: %q", got)
	}
	amid := func(since time.Duration) bool { return since > 30*time.Minute && since < 31*time.Minute }
	if got := waited(t, &c, time.Hour, amid); got != says+says {
		t.Errorf("with a worker for a while: %q, want %q twice", got, says)
	}
	for name, quiet := range map[string]config{"-q": {NATS: c.NATS, Quiet: 1}, "progress lines": {NATS: c.NATS, Progress: "lines"}} {
		if got := waited(t, &quiet, time.Hour, never); got != "" {
			t.Errorf("%s: %q, want nothing", name, got)
		}
	}
}

//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// holding are n pages that come when the site says so.
func holding(base string, n int) (urls []string) {
	for i := range n {
		urls = append(urls, fmt.Sprintf("%s/hold/%d", base, i+1))
	}
	return urls
}

// While a coordinator is dead its workers finish what they have, and that waits for the
// next one.
func TestFinishedWorkThatWaitsIsTakenByTheNextCoordinator(t *testing.T) {
	t.Parallel()
	n, s, dir := newNATS(t), newSite(t), t.TempDir()
	urls := holding(s.URL, 40)
	list(t, dir, urls...)
	args := n.coordinator("urls.txt", "-o", "db.jsonl", "--host-concurrency", "40")
	n.hire(t, 2, "-c", "40")
	cmd, _ := begun(t, dir, args...)
	waitAsked(t, s, len(urls))
	killed(t, cmd)
	s.release()
	n.waitFinished(t)
	if code, said := toItsEnd(t, dir, append(args, "--resume")...); code != exitOK || said != "" {
		t.Errorf("exit %d: %s", code, said)
	}
	onceEach(t, dir, "db.jsonl", urls)
	if asked := s.log(); len(asked) != len(urls) {
		t.Errorf("the site was asked %d times, want each page once: %q", len(asked), asked)
	}
	n.wantEmpty(t)
}

// waitFinished waits until all calls that a run has sent are finished, and what came of them
// is with the server.
func (n *natsServer) waitFinished(t *testing.T) {
	t.Helper()
	run := n.waitRuns(t, 1)[0]
	eventually(t, "the workers have finished all", func() bool { return n.messages(t)["trawl_"+run+"_jobs"] == 0 })
}

// A server inside a coordinator dies with it, and is found again by a worker that knew it.
func TestAWorkerFindsAServerAgainThatDiedWithItsCoordinator(t *testing.T) {
	t.Parallel()
	s, dir := newAskersSite(t), t.TempDir()
	const inFlight = 200 // the worker that the coordinator starts takes 128 at once
	urls := holding(s.URL, inFlight)
	list(t, dir, urls...)
	args := []string{"-v", "--executor", inCluster, "urls.txt", "-o", "db.jsonl", "--host-concurrency", fmt.Sprint(inFlight)}
	cmd, said := begun(t, dir, args...)
	_, address := pastedLine(t, said)
	h := hire(t, "", address)
	waitAsked(t, s.site, 129)
	eventually(t, "the second worker helps", func() bool { return s.by(h.pid()) > 0 })
	children := workersOf(cmd.Process.Pid)
	killed(t, cmd)
	for _, pid := range children {
		eventually(t, "the worker of a dead coordinator ends", func() bool { return !isAlive(pid) })
	}
	before := s.by(h.pid())
	if len(children) != 1 {
		t.Errorf("the coordinator had the children %v, want one", children)
	}
	cmd, said = begun(t, dir, append(args, "--resume")...)
	eventually(t, "the second worker helps again", func() bool { return s.by(h.pid()) > before })
	s.release()
	if code := ends(t, cmd, time.Minute); code != exitOK {
		t.Errorf("exit %d: %s", code, said)
	}
	onceEach(t, dir, "db.jsonl", urls)
	if _, err := os.Stat(filepath.Join(dir, "db.jsonl.nats")); err == nil {
		t.Error("the run has ended whole, and left its server's folder")
	}
}

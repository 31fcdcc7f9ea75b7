//go:build linux

package main

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// commanded is a run that was begun, in a folder of its own.
type commanded struct {
	dir  string
	urls []string
	cmd  *exec.Cmd
	said *listener
}

// begin begins a run over these pages.
func (n *natsServer) begin(t *testing.T, urls []string, args ...string) *commanded {
	t.Helper()
	c := &commanded{dir: t.TempDir(), urls: urls}
	list(t, c.dir, urls...)
	c.cmd, c.said = begun(t, c.dir, n.coordinator(append([]string{"urls.txt", "-o", "db.jsonl"}, args...)...)...)
	return c
}

// wantWhole waits for the run's end, which must be a good one.
func (c *commanded) wantWhole(t *testing.T) {
	t.Helper()
	if code := ends(t, c.cmd, time.Minute); code != exitOK || c.said.String() != "" {
		t.Errorf("exit %d: %s", code, c.said)
	}
	onceEach(t, c.dir, "db.jsonl", c.urls)
}

// named are pages of a run of that name.
func named(s *site, name string, n int) (urls []string) {
	for i := range n {
		urls = append(urls, fmt.Sprintf("%s/lines/%s/%d", s.URL, name, i))
	}
	return urls
}

// inOrder are the names of runs in the order in which the site was asked for their pages, each
// as often as another came between.
func inOrder(s *site) (names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, asked := range s.asked {
		names = append(names, strings.Split(asked, "/")[2])
	}
	return slices.Compact(names)
}

// Runs that share a server and its workers do not meet, and leave nothing.
func TestRunsShareAServerWithoutMeeting(t *testing.T) {
	t.Parallel()
	n, s := newNATS(t), newSite(t)
	var runs []*commanded
	for i := range 4 {
		runs = append(runs, n.begin(t, named(s, fmt.Sprint(i), 50)))
	}
	n.hire(t, 3)
	for _, c := range runs {
		c.wantWhole(t)
	}
	if asked := s.log(); len(asked) != 200 {
		t.Errorf("the site was asked %d times, want each page once", len(asked))
	}
	n.wantEmpty(t)
}

func TestAWorkerServesTheOldestRunFirst(t *testing.T) {
	t.Parallel()
	n, s := newNATS(t), newSite(t)
	var runs []*commanded
	for i, name := range []string{"first", "second", "third"} {
		runs = append(runs, n.begin(t, named(s, name, 20)))
		n.waitRuns(t, i+1)
	}
	h := n.hire(t, 1)[0]
	for _, c := range runs {
		c.wantWhole(t)
	}
	if got, want := inOrder(s), []string{"first", "second", "third"}; !slices.Equal(got, want) {
		t.Errorf("the runs were served in the order %q, want %q", got, want)
	}
	wantLeaves(t, h)
	n.wantEmpty(t)
}

// wantLeaves wants a worker to be there, and to end when it is asked to.
func wantLeaves(t *testing.T, h *hand) {
	t.Helper()
	h.signal(t, syscall.SIGINT)
	if code := h.ends(t, unhurried); code != exitOK {
		t.Errorf("the worker exits with %d, want 0: %s", code, h.said)
	}
}

func TestAWorkerOfOneRunServesNoOther(t *testing.T) {
	t.Parallel()
	n, s := newNATS(t), newSite(t)
	first := n.begin(t, named(s, "first", 20))
	of := n.waitRuns(t, 1)
	second := n.begin(t, named(s, "second", 20))
	both := n.waitRuns(t, 2)
	id := both[0]
	if id == of[0] {
		id = both[1]
	}
	h := n.hire(t, 1, "--run", id)[0]
	second.wantWhole(t)
	if got := inOrder(s); !slices.Equal(got, []string{"second"}) {
		t.Errorf("the site was asked for pages of %q, want those of the second run", got)
	}
	wantLeaves(t, h)
	n.hire(t, 1)
	first.wantWhole(t)
}

func TestAWorkerForOnceEndsWithItsRun(t *testing.T) {
	t.Parallel()
	n, s := newNATS(t), newSite(t)
	h := n.hire(t, 1, "--once")[0]
	n.begin(t, ordinary(s, 20)).wantWhole(t)
	if code := h.ends(t, unhurried); code != exitOK {
		t.Errorf("the worker exits with %d, want 0: %s", code, h.said)
	}
}

func TestAWorkerMayBeThereBeforeAnyRun(t *testing.T) {
	t.Parallel()
	n, s := newNATS(t), newSite(t)
	h := n.hire(t, 1)[0]
	eventually(t, "the worker is connected", func() bool { return n.server.NumClients() > 1 }) // beside the test
	for range 3 {
		n.begin(t, ordinary(s, 20)).wantWhole(t)
	}
	wantLeaves(t, h)
	n.wantEmpty(t)
}

// What a worker that is to leave has taken it finishes; what it has not, others do.
func TestAWorkerThatLeavesAmidWorkLosesNothing(t *testing.T) {
	t.Parallel()
	n, s := newNATS(t), newSite(t)
	hands := n.hire(t, 2, "-c", "40")
	c := n.begin(t, append(holding(s.URL, 40), ordinary(s, 200)...), "--host-concurrency", "100")
	waitAsked(t, s, 40)
	hands[0].signal(t, syscall.SIGINT)
	s.release()
	if code := hands[0].ends(t, unhurried); code != exitOK {
		t.Errorf("the worker exits with %d, want 0: %s", code, hands[0].said)
	}
	c.wantWhole(t)
	if asked := s.log(); len(asked) != len(c.urls) {
		t.Errorf("the site was asked %d times for %d pages", len(asked), len(c.urls))
	}
}

// A run that nobody will resume keeps no worker from the others.
func TestADeadRunKeepsNoWorkerFromOthers(t *testing.T) {
	t.Parallel()
	n, s := newNATS(t), newSite(t)
	hands := n.hire(t, 2)
	dead := n.begin(t, holding(s.URL, 100), "--host-concurrency", "100")
	waitAsked(t, s, 100)
	killed(t, dead.cmd)
	s.release()
	c := n.begin(t, named(s, "second", 50))
	c.wantWhole(t)
	for _, h := range hands {
		wantLeaves(t, h)
	}
}

//go:build linux && trial

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// As TestNoFaultOfAClusterLosesOrDoublesARecord is without the race detector.
func TestTrialNoFaultOfAClusterLosesOrDoublesARecord(t *testing.T) {
	befall(t, 5_000, 3, clusterFaults)
}

// As TestACoordinatorThatIsKilledIsResumed is without the race detector.
func TestTrialACoordinatorThatIsKilledIsResumed(t *testing.T) { killCoordinators(t, 4_000, 4) }

// Faults for ten minutes, for the asking, with the race detector or without:
// go test -tags trial -run LongTrialCluster -timeout 1h .
func TestLongTrialClusterFaults(t *testing.T) {
	for _, f := range clusterFaults {
		befall(t, 20_000, 15, []clusterFault{f})
	}
}

func TestLongTrialClusterKills(t *testing.T) { killCoordinators(t, 20_000, 30) }

// Two such pages, and pages that are under way whenever a worker dies.
func TestTrialPagesThatKillTheWorkersOfAClusterHarmNoOthers(t *testing.T) {
	n, s := newNATS(t), newAskersSite(t)
	urls := append(ordinary(s.site, 50), s.URL+"/deadly/1", s.URL+"/deadly/2")
	for i := range 50 {
		urls = append(urls, fmt.Sprintf("%s/slow/100/%d", s.URL, i))
	}
	close(s.lethal)
	endure(t, s, urls, func(string) {}, n.replacing(t, 2), n.coordinator()...)
	n.wantEmpty(t)
}

// A worker that was built of another version says so, and serves the runs of its own.
func TestTrialAWorkerOfAnotherVersionIsRefused(t *testing.T) {
	t.Parallel()
	n, s := newNATS(t), newSite(t)
	other := hire(t, otherTrawl(t), n.url)
	c := n.begin(t, ordinary(s, 20))
	other.said.wait(t, "9.9.9")
	if asked := s.log(); len(asked) > 0 {
		t.Errorf("the site was asked for %q", asked)
	}
	n.hire(t, 1)
	if code := ends(t, c.cmd, time.Minute); code != exitOK || !strings.Contains(c.said.String(), "is refused: the run is one of version") {
		t.Errorf("exit %d: %s", code, c.said)
	}
	onceEach(t, c.dir, "db.jsonl", c.urls)
	if !isAlive(other.pid()) {
		t.Errorf("the worker of another version has ended: %s", other.said)
	}
}

// otherTrawl is the command of another version.
func otherTrawl(t *testing.T) (path string) {
	t.Helper()
	dir := t.TempDir()
	path = filepath.Join(dir, "trawl")
	source, err := filepath.Abs("fetch/release.go")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(contents(t, source), `Release = "`, `Release = "9.9.9`, 1)
	for name, text := range map[string]string{
		"release.go":   text,
		"overlay.json": fmt.Sprintf(`{"Replace":{%q:%q}}`, source, filepath.Join(dir, "release.go")),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if said, err := exec.Command("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, said)
	}
	return path
}

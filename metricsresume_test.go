package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A run of which the first half failed and was interrupted is judged as a whole when
// it is resumed: by its rules, and in its metrics.
func TestAResumedRunIsJudgedAsAWhole(t *testing.T) { everyExecutor(t, aResumedRunIsJudgedAsAWhole) }

func aResumedRunIsJudgedAsAWhole(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	urls := list(t, dir, s.URL+"/status/404", s.URL+"/status/410", s.URL+"/page/1", s.URL+"/hold/1", s.URL+"/page/2", s.URL+"/page/3", s.URL+"/page/4", s.URL+"/page/5")
	args := []string{urls, "-c1", "--resume", "--fail-if", "failed >= 25%", "--metrics-textfile", "x.prom"}
	var stopped, said listener
	cmd := trawl(t, dir, args...)
	cmd.Stderr = &stopped
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitAsked(t, s, 4)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	stopped.wait(t, "Stopping: ")
	s.release()
	if code := exitOf(t, cmd.Wait()); code != exitTERM {
		t.Fatalf("exit %d, want %d", code, exitTERM)
	}
	before := samples(t, filepath.Join(dir, "x.prom"))
	if got := before[`trawl_urls_total{job="db", outcome="page"}`]; got < 1 || got > 2 {
		t.Fatalf("%v pages before the interruption, want 1 or 2", got)
	}
	s.log()
	cmd = trawl(t, dir, args...)
	cmd.Stderr = &said
	if code := exitOf(t, cmd.Run()); code != exitRule || !strings.HasPrefix(said.String(), "trawl: --fail-if 'failed >= 25%' is true: 2 of 8 URLs failed (exit 99)\n") {
		t.Errorf("exit %d: %s", code, said.String())
	}
	if asked := s.log(); len(asked) > 5 {
		t.Errorf("nothing was resumed: the site is asked for %v", asked)
	}
	got := samples(t, filepath.Join(dir, "x.prom"))
	for name, want := range map[string]float64{
		`trawl_last_exit_code{job="db"}`: exitRule, `trawl_last_success_timestamp_seconds{job="db"}`: 0,
		`trawl_urls_total{job="db", outcome="page"}`: 6, `trawl_urls_total{job="db", outcome="failed"}`: 2,
		`trawl_errors_total{class="http_status", job="db"}`: 2, `trawl_responses_total{job="db", status="4xx"}`: 2,
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
}

// A run that did not begin, since another holds the output, leaves the metrics as
// they are.
func TestARunThatDidNotBeginHasNoMetrics(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	prom := filepath.Join(dir, "x.prom")
	first := trawl(t, dir, s.URL+"/hold/1", "-qq")
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	waitAsked(t, s, 1)
	if err := os.WriteFile(prom, []byte("# as it was\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for lock, want := range map[string]int{lockFail: exitLocked, lockSkip: exitOK} {
		if code := exitOf(t, trawl(t, dir, s.URL+"/page/1", "--lock", lock, "--metrics-textfile", prom).Run()); code != want {
			t.Errorf("--lock %s: exit %d, want %d", lock, code, want)
		}
	}
	if got := contents(t, prom); got != "# as it was\n" {
		t.Errorf("the metrics are\n%s", got)
	}
	s.release()
	if code := exitOf(t, first.Wait()); code != exitOK {
		t.Errorf("the first run: exit %d", code)
	}
}

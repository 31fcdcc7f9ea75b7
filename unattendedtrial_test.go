//go:build trial

package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// promtool runs it, and wants it to find nothing.
func promtool(t *testing.T, stdin string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "promtool", args...)
	cmd.Stdin = strings.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(out), "lint") {
		t.Errorf("promtool %s: %v\n%s\nof\n%s", strings.Join(args, " "), err, out, stdin)
	}
}

func TestTrialPromtoolAcceptsTheMetrics(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	urls := list(t, dir, s.URL+"/page/1", s.URL+"/flaky/1/a", s.URL+"/status/404", s.URL+"/reset/1", "no url")
	prom := filepath.Join(dir, "x.prom")
	for _, output := range []string{"db.txt", `q"uo\te é{x="y"}.txt`} {
		if code, said := inProcess(t, urls, "-o", filepath.Join(dir, output), "--retry-wait", "1ms", "--metrics-textfile", prom); code != exitFailed {
			t.Fatalf("exit %d: %s", code, said)
		}
		promtool(t, contents(t, prom), "check", "metrics")
	}
	promtool(t, "", "check", "rules", filepath.Join("contrib", "prometheus", "trawl.rules.yml"))
}

// The units are looked at where they would be, with the command where it would be.
func TestTrialSystemdAcceptsTheUnits(t *testing.T) {
	dir := t.TempDir()
	command, err := exec.LookPath("trawl")
	if err != nil {
		t.Fatal(err)
	}
	var units []string
	err = filepath.WalkDir(filepath.Join("contrib", "systemd"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		units = append(units, filepath.Join(dir, d.Name()))
		text := strings.Replace(contents(t, path), "ExecStart=trawl ", "ExecStart="+command+" ", 1)
		return os.WriteFile(units[len(units)-1], []byte(text), 0o644)
	})
	if err != nil || len(units) != 2 {
		t.Fatalf("%d units, %v", len(units), err)
	}
	for _, args := range [][]string{append([]string{"verify"}, units...), {"verify", filepath.Join(dir, "trawl@nightly.service"), filepath.Join(dir, "trawl@nightly.timer")}} {
		if out, err := exec.CommandContext(t.Context(), "systemd-analyze", args...).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("systemd-analyze %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// logrotate understands the configuration.
func TestTrialLogrotateAcceptsTheConfiguration(t *testing.T) {
	dir := t.TempDir()
	conf := filepath.Join(dir, "trawl")
	text := strings.ReplaceAll(contents(t, "contrib", "logrotate", "trawl"), "/var/lib/trawl/", dir+"/")
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "/usr/sbin/logrotate", "--debug", "--state", filepath.Join(dir, "status"), conf).CombinedOutput()
	if err != nil || strings.Contains(string(out), "error") {
		t.Errorf("logrotate: %v\n%s", err, out)
	}
}

//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A bare is the environment that cron or a service manager gives to a command:
// next to nothing.
type bare struct {
	home string
	env  []string
}

// newBare makes a home with a folder crawl, whose list has these lines, and a
// folder for metrics.
func newBare(t *testing.T, urls ...string) bare {
	t.Helper()
	home := t.TempDir()
	for _, dir := range []string{"crawl", "metrics"} {
		if err := os.Mkdir(filepath.Join(home, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	list(t, filepath.Join(home, "crawl"), urls...)
	if err := os.WriteFile(filepath.Join(home, "crawl", "nightly.toml"), []byte("retries = 0\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	command, err := exec.LookPath("trawl")
	if err != nil {
		t.Fatal(err)
	}
	b := bare{home: home, env: []string{"HOME=" + home, "PATH=" + filepath.Dir(command) + ":/usr/bin:/bin", "GORACE=" + os.Getenv("GORACE")}}
	if executor := os.Getenv("TRAWL_EXECUTOR"); executor != "" {
		b.env = append(b.env, "TRAWL_EXECUTOR="+executor)
	}
	return b
}

// sh runs a line as cron does.
func (b bare) sh(t *testing.T, line string, stdin *os.File) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs strings.Builder
	cmd := exec.CommandContext(t.Context(), "env", append(append([]string{"-i"}, b.env...), "sh", "-c", line)...)
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = b.home, stdin, &out, &errs
	err := cmd.Run()
	return exitOf(t, err), out.String(), errs.String()
}

// stdins are what cron and its like give as standard input, by name, and what a
// line has to say for one that is closed.
var stdins = map[string]string{"/dev/null": "", "closed": " <&-", "an empty pipe": ""}

func stdinOf(t *testing.T, kind string) *os.File {
	t.Helper()
	if kind != "an empty pipe" {
		return nil // which exec makes /dev/null
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() { r.Close() })
	return r
}

func TestCrontabLinesAreSilentWhenAllIsWell(t *testing.T) {
	everyExecutor(t, crontabLinesAreSilentWhenAllIsWell)
}

func crontabLinesAreSilentWhenAllIsWell(t *testing.T) {
	s := newSite(t)
	for name, lines := range crontabs(t) {
		for _, command := range lines {
			for kind, closing := range stdins {
				b := newBare(t, s.URL+"/page/1", s.URL+"/page/2")
				line, _ := asCron(command)
				code, stdout, stderr := b.sh(t, "{ "+line+"\n}"+closing, stdinOf(t, kind))
				if code != exitOK || stdout != "" || stderr != "" {
					t.Errorf("%s: %s, standard input is %s: exit %d, stdout %q, stderr %q", name, command, kind, code, stdout, stderr)
				}
				if got := s.log(); len(got) != 2 {
					t.Errorf("%s: %s, standard input is %s: the site is asked for %v", name, command, kind, got)
				}
			}
		}
	}
}

func TestCrontabLinesSayOneBlockWhenNot(t *testing.T) {
	everyExecutor(t, crontabLinesSayOneBlockWhenNot)
}

func crontabLinesSayOneBlockWhenNot(t *testing.T) {
	s := newSite(t)
	for name, lines := range crontabs(t) {
		for _, command := range lines {
			b := newBare(t, s.URL+"/page/1", s.URL+"/status/404", s.URL+"/page/2", "no url")
			line, _ := asCron(command)
			want, begins := exitFailed, "trawl: 2 of 4 URLs failed (exit 4)\n"
			if strings.Contains(line, "failed_ratio") {
				want, begins = exitRule, "trawl: --fail-if 'failed_ratio > 0.01' is true: 2 of 4 URLs failed (exit 99)\n"
			} else if strings.Contains(line, "--fail-if") { // rules that these failures do not break
				want, begins = exitOK, ""
			}
			code, stdout, stderr := b.sh(t, line, nil)
			if code != want || stdout != "" || !strings.HasPrefix(stderr, begins) || (begins == "") != (stderr == "") {
				t.Errorf("%s: %s: exit %d, want %d; stdout %q, stderr:\n%s", name, command, code, want, stdout, stderr)
			}
			if strings.Count(stderr, "trawl: ") > 1 || strings.Count(stderr, "\n") > 20 || strings.ContainsAny(stderr, "\x1b\r") {
				t.Errorf("%s: %s: not one plain block of at most 20 lines:\n%s", name, command, stderr)
			}
		}
	}
}

// The rule with a percent sign works when it is written as crontab(5) says, and
// when it is not, nothing is fetched and the mail says why.
func TestARuleWithAPercentSignInACrontab(t *testing.T) {
	s := newSite(t)
	b := newBare(t, s.URL+"/page/1", s.URL+"/status/404")
	line, _ := asCron(`cd "$HOME/crawl" && trawl urls.txt --fail-if 'failed > 1\%'`)
	if code, _, said := b.sh(t, line, nil); code != exitRule || !strings.HasPrefix(said, "trawl: --fail-if 'failed > 1%' is true: 1 of 2 URLs failed (exit 99)\n") {
		t.Errorf("exit %d: %s", code, said)
	}
	s.log()
	line, _ = asCron(`cd "$HOME/crawl" && trawl urls.txt --fail-if failed\>%1`)
	code, _, said := b.sh(t, line, nil)
	if code != exitUsage || !strings.Contains(said, `In a crontab % ends the line: write \%, or failed_ratio.`) || len(s.log()) > 0 {
		t.Errorf("exit %d: %s", code, said)
	}
}

// The service's command, in its folder, with a service manager and a journal.
func TestTheUnitsCommandRuns(t *testing.T) { everyExecutor(t, theUnitsCommandRuns) }

func theUnitsCommandRuns(t *testing.T) {
	s, m := newSite(t), newManager(t)
	m.listen()
	b := newBare(t, s.URL+"/page/1", s.URL+"/page/2")
	etc, state := filepath.Join(b.home, "etc"), filepath.Join(b.home, "state")
	for _, dir := range []string{filepath.Join(etc, "trawl"), state} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for from, to := range map[string]string{"urls.txt": "nightly.txt", "nightly.toml": "nightly.toml"} {
		if err := os.Rename(filepath.Join(b.home, "crawl", from), filepath.Join(etc, "trawl", to)); err != nil {
			t.Fatal(err)
		}
	}
	words := shellCommands(unitCommand(t, contents(t, systemdUnit...), "%E", etc, "%i", "nightly"))[0]
	cmd := trawl(t, state, words[1:]...)
	cmd.Env = append(b.env, "NOTIFY_SOCKET="+m.path)
	if code, said := inJournal(t, cmd); code != exitOK || said != "" {
		t.Errorf("exit %d: %s", code, said)
	}
	m.hears(t, "STATUS=Done in ", ": 2 pages into db.txt")
	if got := len(linesOf(contents(t, state, "db.txt"))); got != 2 {
		t.Errorf("db.txt in the folder of the state has %d lines, want 2", got)
	}
}

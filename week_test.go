//go:build linux

package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"trawl/sinks"
)

// A crontab has one line, which is run once a day.
type crontab struct {
	bare
	site  *changingSite
	ended int // how long the results were when the last run ended
}

const nightlyLine = `cd "$HOME/crawl" && exec trawl urls.txt -o pages.jsonl --if-changed --lock skip --resume --retries 0 -c 16 --host-concurrency 16`

// One line of a crontab for a week: pages change, vanish and come back, a run is killed, two
// overlap, and the site fails for a day.
func TestAWeekOfOneCrontabLine(t *testing.T) { everyExecutor(t, aWeekOfOneCrontabLine) }

func aWeekOfOneCrontabLine(t *testing.T) {
	site := newChangingSite(t, rand.New(rand.NewPCG(1, 2)), 250)
	c := &crontab{bare: newBare(t), site: site}
	for _, p := range site.pages {
		p.status, p.again = 200, 1
	}
	list(t, filepath.Join(c.home, "crawl"), strings.Split(strings.TrimSpace(site.list()), "\n")...)
	each := func(step int, change func(*changingPage)) {
		for i := 3; i < len(site.pages); i += step {
			change(site.pages[i])
		}
	}

	c.run(t, "Monday: all is new", exitOK)

	monday := c.results(t)
	c.run(t, "Tuesday: nothing has changed", exitOK)
	if c.results(t) != monday {
		t.Error("Tuesday: the results are not those of Monday")
	}

	each(7, func(p *changingPage) { p.version++ })
	each(11, func(p *changingPage) { p.status = 404 })
	c.kill(t, 120) // on Wednesday

	each(13, func(p *changingPage) { p.version++ })
	c.run(t, "Thursday: the run of Wednesday goes on", exitFailed)

	each(22, func(p *changingPage) { p.status = 200 })
	each(17, func(p *changingPage) { p.status = 410 })
	c.overlap(t, "Friday: some are back, others are gone")

	friday := make([]int, len(site.pages))
	for i, p := range site.pages {
		friday[i], p.status = p.status, 500
	}
	c.run(t, "Saturday: the site fails", exitNone)

	for i, p := range site.pages {
		p.status = friday[i]
	}
	c.run(t, "Sunday: it is as it was on Friday", exitFailed)
}

// run is a day on which nothing happens to the run.
func (c *crontab) run(t *testing.T, day string, exit int) {
	t.Helper()
	c.site.begin(0)
	said, cmd := c.start(t)
	c.check(t, day, exit, exitOf(t, cmd.Wait()), said.String())
}

// start starts the line as cron does, and collects what would be mailed.
func (c *crontab) start(t *testing.T) (said *bytes.Buffer, cmd *exec.Cmd) {
	t.Helper()
	said = new(bytes.Buffer)
	cmd = exec.CommandContext(t.Context(), "sh", "-c", nightlyLine)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = c.home, c.env, said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return said, cmd
}

// check wants the run to have told what has become of the pages since the last one that
// ended, and no more, and to have fetched no page whose server says that it has not changed.
func (c *crontab) check(t *testing.T, day string, want, exit int, said string) {
	t.Helper()
	if exit != want {
		t.Errorf("%s: exit %d, want %d", day, exit, want)
	}
	if (exit == exitOK) != (said == "") {
		t.Errorf("%s: exit %d, and cron would mail %q", day, exit, said)
	}
	all := c.results(t)
	since := filepath.Join(t.TempDir(), "pages.jsonl")
	if err := os.WriteFile(since, []byte(all[c.ended:]), 0o644); err != nil {
		t.Fatal(err)
	}
	told, failures := c.site.changes(sinks.JSONL)
	differ(t, day+": results", plain(readLines(t, since)), told)
	differ(t, day+": errors file", plain(readErrors(t, c.file("pages.errors.jsonl"))), failures)
	if _, err := os.Stat(c.file("pages.jsonl.state")); err == nil {
		t.Errorf("%s: the run has ended, and there is its state", day)
	}
	c.site.ended(t)
	c.ended = len(all)
}

func (c *crontab) file(name string) string { return filepath.Join(c.home, "crawl", name) }

func (c *crontab) results(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat(c.file("pages.jsonl")); err != nil {
		return ""
	}
	return contents(t, c.file("pages.jsonl"))
}

// kill is a day whose run is killed when the site has answered so often, and what came of
// that is committed.
func (c *crontab) kill(t *testing.T, answers int) {
	t.Helper()
	held := make(chan struct{})
	c.site.hold(answers, held)
	c.site.begin(0)
	_, cmd := c.start(t)
	var done sinks.Positions
	eventually(t, "something is committed", func() bool {
		done = c.done(t)
		return done.Count() > 0
	})
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	close(held)
	c.site.hold(0, nil)
	if done = c.done(t); done.Count() == int64(len(c.site.pages)) {
		t.Error("the run was not killed before its end")
	}
	for i, p := range c.site.pages {
		if done.Done(int64(i + 1)) {
			seen := p.look
			p.then = &seen
		}
	}
}

// done are the positions that the journal says to be done, which stays as it is.
func (c *crontab) done(t *testing.T) (done sinks.Positions) {
	t.Helper()
	state, err := os.ReadFile(c.file("pages.jsonl.state"))
	if err != nil {
		return done // there is none yet
	}
	copied := filepath.Join(t.TempDir(), "pages.jsonl")
	if err := os.WriteFile(copied+".state", state, 0o644); err != nil {
		t.Fatal(err)
	}
	journal, err := sinks.OpenJournal(t.Context(), copied, false)
	if err != nil {
		t.Fatal(err)
	}
	defer journal.Close()
	if found := journal.Interrupted(); found != nil {
		done = found.Done
	}
	return done
}

// overlap is a day on which the line is run a second time before the first has ended: that
// one leaves at once, quietly.
func (c *crontab) overlap(t *testing.T, day string) {
	t.Helper()
	held := make(chan struct{})
	c.site.hold(0, held)
	reached := c.site.begin(1)
	said, first := c.start(t)
	<-reached
	saidToo, second := c.start(t)
	if err := second.Wait(); err != nil || saidToo.Len() > 0 {
		t.Errorf("%s: the second run ends with %v, and says %q", day, err, saidToo.String())
	}
	close(held)
	c.site.hold(0, nil)
	c.check(t, day, exitFailed, exitOf(t, first.Wait()), said.String())
}

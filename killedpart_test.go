//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"trawl/sinks"
)

// part is one invocation of the command.
type part struct {
	asked  map[int64]int // how often the site was, by position
	sum    int
	killed bool
	verdict
}

// verdict is what the command says of a run that has ended.
type verdict struct {
	exit    int
	summary string // without what is different each time
}

// command is always the same, but for the number of the part in an environment variable.
func (v *victim) command(t *testing.T, agent string) *exec.Cmd {
	args := append([]string{"--resume", "-o", outputOf[v.format], "--summary", "json", "--retry-wait", "1ms", "--host-max-errors", "0",
		"-c", fmt.Sprint(inFlight), "--host-concurrency", fmt.Sprint(inFlight)}, v.options...)
	if !v.stdin {
		args = append(args, "urls.txt")
	} else {
		args = append(args, "-")
	}
	cmd := trawl(t, v.dir, args...)
	cmd.Path = v.program
	cmd.Env = append(cmd.Env, "TRAWL_USER_AGENT="+agent)
	if v.stdin {
		cmd.Stdin = strings.NewReader(v.list.text)
	}
	return cmd
}

func (v *victim) part(t *testing.T, m moment) part {
	t.Helper()
	v.parts++
	seen, agent := v.site.begin(m.request)
	cmd := v.command(t, agent)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan error, 1)
	go func() { over <- cmd.Wait() }() // for its worker processes, too, which have its standard error
	v.last = false
	err := v.killAt(t, cmd, m, seen, over)
	asked, sum := v.site.log(seen)
	p := part{asked: asked, sum: sum, verdict: verdict{summary: withoutTimes(said.String())}}
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGKILL {
		p.killed = true
		return p
	}
	p.exit = exitOf(t, err)
	return p
}

// killAt returns what Wait does.
func (v *victim) killAt(t *testing.T, cmd *exec.Cmd, m moment, seen *sitePart, over <-chan error) error {
	t.Helper()
	reached, due := seen.reached, make(<-chan time.Time)
	if m.request == 0 {
		reached, due = nil, time.After(m.after)
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-reached:
			reached, due = nil, time.After(m.after)
		case <-due:
			cmd.Process.Kill()
		case <-tick.C:
			v.query(t)
			v.last = len(over) > 0
		case err := <-over:
			return err
		}
	}
}

// query looks into the database while the run writes it, or begins to.
func (v *victim) query(t *testing.T) {
	t.Helper()
	if v.format != sinks.SQLite || v.old != "" {
		return
	}
	db := openDatabase(t, v.output)
	defer db.Close()
	var n int
	if err := db.QueryRow("SELECT count(*) FROM pages").Scan(&n); err != nil && v.count > 0 || n < v.count {
		t.Errorf("%d rows, %v; there were %d", n, err, v.count)
	}
	v.count = n
}

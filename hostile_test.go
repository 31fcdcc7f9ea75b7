//go:build linux

package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"trawl/fetch"
	"trawl/fetch/hostile"
)

// An ordeal is a run of the command against a hostile server.
type ordeal struct {
	name    string
	server  *hostile.Server
	faults  []*hostile.Fault // that are listed, and the hosts without one
	dir     string
	args    []string // beside those that every ordeal has
	maxSize int64
	selects bool // a tree is built of each page

	cmd  *exec.Cmd
	said bytes.Buffer
}

const (
	ordealTimeout = 2 * time.Second
	ordealRetries = 1
	mebibyte      = 1 << 20

	// unhurried is the timeout of what should not take any time, on a machine that may have
	// other things to do.
	unhurried = 30 * time.Second
)

func newOrdeal(t *testing.T, name string, kinds ...hostile.Kind) *ordeal {
	t.Helper()
	o := &ordeal{name: name, server: hostile.Start(t), dir: t.TempDir(), maxSize: mebibyte}
	for _, f := range o.server.Faults() {
		if f.Kind == hostile.None || slices.Contains(kinds, f.Kind) {
			o.faults = append(o.faults, f)
		}
	}
	if err := os.WriteFile(filepath.Join(o.dir, "ca.pem"), o.server.CACert(), 0o644); err != nil {
		t.Fatal(err)
	}
	list(t, o.dir, o.lines()...)
	return o
}

// lines are a list of all faults and good pages, hidden among each other, in an order
// that is the same each time.
func (o *ordeal) lines() (lines []string) {
	for _, f := range o.faults {
		for _, url := range f.URLs {
			if timeoutOf(f) != ordealTimeout {
				url = unhurriedly(url)
			}
			lines = append(lines, url)
		}
		for _, page := range f.Good {
			lines = append(lines, unhurriedly(page.URL))
		}
	}
	random := rand.New(rand.NewPCG(7, 7))
	random.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	return lines
}

func unhurriedly(url string) string { return fmt.Sprintf(`{"url":%q,"timeout":%q}`, url, unhurried) }

// timeoutOf is the timeout of one attempt at the fault.
func timeoutOf(f *hostile.Fault) time.Duration {
	if slices.Contains(f.Want.Classes, fetch.Timeout) {
		return ordealTimeout
	}
	return unhurried
}

// command is the run, which has eight requests in flight.
func (o *ordeal) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	options := []string{
		"-c", "8", "-t", ordealTimeout.String(), "--retries", fmt.Sprint(ordealRetries), "--retry-wait", "10ms", "--retry-max-wait", "100ms",
		"--max-size", fmt.Sprint(o.maxSize), "--cacert", "ca.pem", "-H", "Authorization: Bearer secret", "-H", "Cookie: secret=yes",
	}
	if o.selects {
		options = append(options, "--select", "heading=h1, h2 > b, p:last-child", "--select", "links=a@href", "--select", "all=table *")
	}
	return trawl(t, o.dir, slices.Concat(options, o.args, args)...)
}

// start starts the run.
func (o *ordeal) start(t *testing.T, args ...string) {
	t.Helper()
	o.cmd = o.command(t, args...)
	o.cmd.Stdout, o.cmd.Stderr = &o.said, &o.said
	if err := o.cmd.Start(); err != nil {
		t.Fatal(err)
	}
}

// Everything that a server does to its client is one record, of its fault's class; the
// good pages beside it are recorded; no attempt takes longer, and costs the network more,
// than the options say. With each executor, with and without a selector; where no parser is
// aimed at, not in every combination. What runs at once is mostly waiting.
func TestNothingThatAServerDoesHurts(t *testing.T) {
	type way struct {
		executor string
		selects  bool
	}
	some := []way{{inThreads, false}, {inProcesses, true}}
	for _, group := range []struct {
		name  string
		ways  []way
		kinds []hostile.Kind
	}{
		{"hang", some, []hostile.Kind{hostile.Hang}},
		{"bytes", some, []hostile.Kind{hostile.Size, hostile.Framing, hostile.Encoding, hostile.Redirects, hostile.Injection, hostile.TLS}},
		{"HTTP2", some, []hostile.Kind{hostile.HTTP2}},
		{"HTML", append(some, way{inThreads, true}, way{inProcesses, false}), []hostile.Kind{hostile.HTML}},
	} {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			var all []*ordeal
			for _, w := range group.ways {
				o := newOrdeal(t, fmt.Sprintf("executor=%s/select=%v", w.executor, w.selects), group.kinds...)
				o.selects = w.selects
				o.start(t, "--executor", w.executor, "-f", "jsonl", "-o", "pages.jsonl", "-vv", "--summary", "always", "urls.txt")
				all = append(all, o)
			}
			for _, o := range all {
				t.Run(o.name, func(t *testing.T) { o.check(t, o.cmd.Wait()) })
			}
			wantLittleTaken(t, all)
		})
	}
}

// check looks at all that the run has left. It has ended with err.
func (o *ordeal) check(t *testing.T, err error) {
	t.Helper()
	said := o.said.String()
	wantPlain(t, "standard error", said)
	records := o.records(t)
	failures := o.wantErrors(t, records)
	if code, want := exitOf(t, err), min(failures, 1)*exitFailed; code != want {
		t.Errorf("exit %d, want %d: %s", code, want, tail(said))
	}
	total := 0
	for _, f := range o.faults {
		total += len(f.URLs) + len(f.Good)
		for _, page := range f.Good {
			wantGood(t, f, page, records[page.URL])
		}
		o.wantFault(t, f, records)
	}
	if got := strings.Count(contents(t, o.dir, "pages.jsonl"), "\n"); got != total {
		t.Errorf("%d records, want %d", got, total)
	}
	names := []string{"ca.pem", "pages.errors.jsonl", "pages.jsonl", "urls.txt"}
	if failures == 0 {
		names = slices.Delete(names, 1, 2)
	}
	o.wantFiles(t, names...)
}

// wantFiles wants no other files: no server has made one.
func (o *ordeal) wantFiles(t *testing.T, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(o.dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !slices.Equal(got, names) {
		t.Errorf("the folder has %q, want %q", got, names)
	}
}

// tail is the end of what was said.
func tail(said string) string { return said[max(0, len(said)-2000):] }

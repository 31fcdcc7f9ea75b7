//go:build linux

package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"trawl/fetch/hostile"
)

// spoken are the kinds of faults by which a server has something to say that is shown.
var spoken = []hostile.Kind{hostile.Injection, hostile.TLS}

// ours are the sequences that the command itself writes to a terminal, which turns LF into CR
// LF.
var ours = regexp.MustCompile(`\x1b\[(?:0|1|2|31|32|33)m|\r\x1b\[K|\r\n`)

func TestATerminalIsTheCommandsAlone(t *testing.T) {
	t.Parallel()
	for _, executor := range []string{inThreads, inProcesses} {
		t.Run("executor="+executor, func(t *testing.T) {
			o := newOrdeal(t, executor, spoken...)
			screen, code := watched(t, o.command(t, "--executor", executor, "-vv", "urls.txt"), 120)
			if code != exitFailed {
				t.Errorf("exit %d, want %d", code, exitFailed)
			}
			plain := ours.ReplaceAllString(screen, "\n")
			if len(plain) == len(screen) {
				t.Error("the command has drawn nothing, so nothing was tested")
			}
			wantPlain(t, "the terminal", plain)
		})
	}
}

// No server forges a line of the results, nor of what a screen shows of them.
func TestEveryLineIsTheCommandsOwn(t *testing.T) {
	t.Parallel()
	for _, executor := range []string{inThreads, inProcesses} {
		t.Run("executor="+executor, func(t *testing.T) {
			o := newOrdeal(t, executor, spoken...)
			cmd := o.command(t, "--executor", executor, "-o", "-", "-v", "urls.txt")
			var results bytes.Buffer
			cmd.Stdout, cmd.Stderr = &results, &o.said
			if code := exitOf(t, cmd.Run()); code != exitFailed {
				t.Errorf("exit %d, want %d: %s", code, exitFailed, tail(o.said.String()))
			}
			wantPlain(t, "standard error", o.said.String())
			wantPlain(t, "the results", results.String())
			o.wantLines(t, results.String())
		})
	}
}

// wantLines wants a line of each good page, at most one of each fault, and no other.
func (o *ordeal) wantLines(t *testing.T, results string) {
	t.Helper()
	lines := map[string]int{}
	for line := range strings.Lines(results) {
		found := resultLine.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if found == nil {
			t.Errorf("the results have the line %q", line)
			continue
		}
		lines[found[1]]++
	}
	for _, f := range o.faults {
		for _, page := range f.Good {
			if lines[page.URL] != 1 {
				t.Errorf("%s: %d lines of %s, want one", f.Name, lines[page.URL], page.URL)
			}
			delete(lines, page.URL)
		}
		for _, url := range f.URLs {
			if lines[url] > 1 {
				t.Errorf("%s: %d lines of %s, want no more than one", f.Name, lines[url], url)
			}
			delete(lines, url)
		}
	}
	if len(lines) > 0 {
		t.Errorf("lines of what nobody has asked for: %v", lines)
	}
}

//go:build linux

package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/mattn/go-runewidth"
)

// watched runs cmd with a terminal of that many columns on the streams that it
// has no other for, and returns what the terminal got.
func watched(t *testing.T, cmd *exec.Cmd, columns uint16) (screen string, code int) {
	t.Helper()
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: columns})
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	got, _ := io.ReadAll(terminal) // ends with EIO when the command has ended
	return string(got), exitOf(t, cmd.Wait())
}

var (
	escapes      = regexp.MustCompile(`\x1b\[[0-9;?]*[a-zA-Z]`)
	progressLine = regexp.MustCompile(`^ [\d,]+/[\d,]+  \d+%  `)
)

func TestAPersonSeesProgressAndASummary(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	list(t, dir, s.URL+"/slow/500/1", s.URL+"/page/2", s.URL+"/status/404")
	screen, code := watched(t, trawl(t, dir, "urls.txt"), 80)
	if code != exitFailed {
		t.Errorf("exit %d, want %d", code, exitFailed)
	}
	plain := escapes.ReplaceAllString(screen, "")
	for _, want := range []string{"2 pages into db.txt, 1 failed, 0 skipped (3 URLs)", "status     200: 2  404: 1", "Failures: db.errors.jsonl", "Try them again:  trawl --retry-failed"} {
		if !strings.Contains(strings.ReplaceAll(plain, "\r\n", "\n"), want) {
			t.Errorf("the screen lacks %q:\n%s", want, plain)
		}
	}
	drawn := 0
	for line := range strings.SplitSeq(plain, "\r") {
		if progressLine.MatchString(line) {
			drawn++
		}
	}
	if drawn == 0 {
		t.Errorf("no progress line on the screen:\n%q", screen)
	}
	if strings.Contains(screen, "\x1b[?25l") {
		t.Error("the cursor was hidden")
	}
	if got := contents(t, dir, "db.txt"); strings.ContainsAny(got, "\r\x1b") || strings.Count(got, "\n") != 2 {
		t.Errorf("db.txt = %q", got)
	}
}

func TestNoDrawnLineIsWiderThanTheTerminal(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	for _, columns := range []uint16{20, 40, 80} {
		list(t, dir, s.URL+"/slow/300/1", s.URL+"/page/2")
		screen, _ := watched(t, trawl(t, dir, "urls.txt", "--summary", "never"), columns)
		for line := range strings.FieldsFuncSeq(escapes.ReplaceAllString(screen, ""), func(r rune) bool { return r == '\r' || r == '\n' }) {
			if w := runewidth.StringWidth(line); w > int(columns) {
				t.Errorf("a line of %d cells at %d columns: %q", w, columns, line)
			}
		}
	}
}

func TestColourIsAsTheEnvironmentSays(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	list(t, dir, s.URL+"/slow/300/1", s.URL+"/status/404")
	colour := regexp.MustCompile(`\x1b\[[0-9;]*m`)
	for _, c := range []struct {
		env, option     string
		colour, escapes bool
	}{
		{"NO_COLOR=", "auto", true, true},
		{"NO_COLOR=1", "auto", false, true},
		{"NO_COLOR=1", "always", true, true},
		{"NO_COLOR=", "never", false, true},
		{"TERM=dumb", "auto", false, false},
	} {
		cmd := trawl(t, dir, "urls.txt", "--color", c.option)
		cmd.Env = append(cmd.Env, c.env)
		screen, _ := watched(t, cmd, 80)
		if got := colour.MatchString(screen); got != c.colour {
			t.Errorf("%s --color %s: colour is %v, want %v", c.env, c.option, got, c.colour)
		}
		if got := strings.Contains(screen, "\x1b"); got != c.escapes {
			t.Errorf("%s --color %s: an escape is %v, want %v", c.env, c.option, got, c.escapes)
		}
	}
}

func TestNothingToDoOnATerminalIsTheHelp(t *testing.T) {
	screen, code := watched(t, trawl(t, t.TempDir()), 80)
	if code != exitUsage || !strings.Contains(screen, "Usage:") {
		t.Errorf("exit %d, want %d and the help:\n%s", code, exitUsage, screen)
	}
}

func TestQuietIsQuiet(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	list(t, dir, s.URL+"/page/1", s.URL+"/status/404")
	screen, code := watched(t, trawl(t, dir, "-q", "urls.txt"), 80)
	if code != exitFailed || !strings.Contains(screen, "1 of 2 URLs failed (exit 4)") || strings.Contains(screen, "Done in") {
		t.Errorf("-q: exit %d and %q, want 4 and the errors alone", code, screen)
	}
	screen, code = watched(t, trawl(t, dir, "-qq", "urls.txt"), 80)
	if code != exitFailed || screen != "" {
		t.Errorf("-qq: exit %d and %q, want 4 and nothing", code, screen)
	}
}

func TestASignalFinishesWhatIsInFlight(t *testing.T) { everyExecutor(t, aSignalFinishesWhatIsInFlight) }

func aSignalFinishesWhatIsInFlight(t *testing.T) {
	for _, c := range []struct {
		signal syscall.Signal
		code   int
	}{{syscall.SIGINT, exitINT}, {syscall.SIGTERM, exitTERM}} {
		dir, s := t.TempDir(), newSite(t)
		list(t, dir, s.URL+"/hold/1", s.URL+"/hold/2", s.URL+"/page/3")
		cmd := trawl(t, dir, "--host-concurrency", "2", "urls.txt")
		var said listener
		cmd.Stderr = &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		waitAsked(t, s, 2)
		cmd.Process.Signal(c.signal)
		said.wait(t, "Stopping: 2 requests in flight, up to 5 s.")
		s.release()
		if code := exitOf(t, cmd.Wait()); code != c.code {
			t.Errorf("%v: exit %d, want %d", c.signal, code, c.code)
		}
		if got := contents(t, dir, "db.txt"); strings.Count(got, "/hold/") != 2 || strings.Contains(got, "/page/") || !strings.HasSuffix(got, "]\n") {
			t.Errorf("%v: db.txt = %q, want the two pages in flight", c.signal, got)
		}
	}
}

func TestASecondSignalEndsAtOnce(t *testing.T) { everyExecutor(t, aSecondSignalEndsAtOnce) }

func aSecondSignalEndsAtOnce(t *testing.T) {
	atOnce(t, grace/2, func() time.Duration { return secondSignal(t) })
}

// secondSignal returns how long the command goes on after it.
func secondSignal(t *testing.T) (took time.Duration) {
	t.Helper()
	dir, s := t.TempDir(), newSite(t)
	list(t, dir, s.URL+"/page/1", s.URL+"/hang/1", s.URL+"/hang/2")
	cmd := trawl(t, dir, "urls.txt")
	var said listener
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitAsked(t, s, 3)
	eventually(t, "the page is on disk", func() bool {
		got, _ := os.ReadFile(filepath.Join(dir, "db.txt"))
		return len(got) > 0
	})
	cmd.Process.Signal(syscall.SIGINT)
	said.wait(t, "Stopping")
	begin := time.Now()
	cmd.Process.Signal(syscall.SIGINT)
	if code := exitOf(t, cmd.Wait()); code != exitINT {
		t.Errorf("exit %d, want %d", code, exitINT)
	}
	took = time.Since(begin)
	if got := contents(t, dir, "db.txt"); strings.Count(got, "\n") != 1 {
		t.Errorf("db.txt = %q, want the page that was finished", got)
	}
	if _, err := os.Stat(filepath.Join(dir, "db.errors.jsonl")); err == nil {
		t.Error("what was cut off is recorded as failed; it remains")
	}
	return took
}

func TestASignalEndsARunThatWaitsForInput(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	cmd := trawl(t, dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	io.WriteString(in, s.URL+"/page/1\n")
	waitAsked(t, s, 1) // the first URL of an endless pipe is asked for at once
	cmd.Process.Signal(syscall.SIGTERM)
	if code := exitOf(t, cmd.Wait()); code != exitTERM {
		t.Errorf("exit %d, want %d", code, exitTERM)
	}
	if got := contents(t, dir, "db.txt"); strings.Count(got, "\n") != 1 {
		t.Errorf("db.txt = %q, want one page", got)
	}
}

func TestUSR1TellsHowItGoes(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	list(t, dir, s.URL+"/hang/1")
	cmd := trawl(t, dir, "urls.txt")
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitAsked(t, s, 1)
	cmd.Process.Signal(syscall.SIGUSR1)
	line := make([]byte, 256)
	n, err := errs.Read(line)
	if err != nil || strings.Count(string(line[:n]), "\n") != 1 || !strings.Contains(string(line[:n]), "0/1") {
		t.Errorf("one line is wanted: %q, %v", line[:n], err)
	}
	cmd.Process.Kill()
	cmd.Wait()
}

func TestAClosedPipeEndsTheRunQuietly(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	var urls []string
	for range 2000 {
		urls = append(urls, s.URL+"/page/1")
	}
	urls = append(urls, s.URL+"/hang/1")
	list(t, dir, urls...)
	cmd := trawl(t, dir, "urls.txt", "-o", "-")
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var first [4]byte
	if _, err := io.ReadFull(out, first[:]); err != nil || string(first[:]) != "url:" {
		t.Errorf("read %q, %v", first[:], err)
	}
	out.Close()
	if code := exitOf(t, cmd.Wait()); code != exitOK || said.Len() > 0 {
		t.Errorf("exit %d and %q on stderr, want 0 and nothing", code, said.String())
	}
}

func TestStandardInputIsLeftToWhoOwnsIt(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	cmd := trawl(t, dir, s.URL+"/page/1")
	if _, err := cmd.StdinPipe(); err != nil { // never closed before the end
		t.Fatal(err)
	}
	if code := exitOf(t, cmd.Run()); code != exitOK {
		t.Errorf("exit %d, want 0", code)
	}
	loop := exec.CommandContext(t.Context(), "sh", "-c", `while read -r url; do trawl "$url"; done`)
	loop.Dir = t.TempDir()
	loop.Stdin = strings.NewReader(s.URL + "/page/1\n" + s.URL + "/page/2\n" + s.URL + "/page/3\n")
	if err := loop.Run(); err != nil {
		t.Fatal(err)
	}
	if got := contents(t, loop.Dir, "db.txt"); strings.Count(got, "\n") != 3 {
		t.Errorf("db.txt = %q, want a run a line", got)
	}
}

func TestAClosedStandardInputIsEmpty(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "trawl <&-")
	cmd.Dir = t.TempDir()
	said, err := cmd.CombinedOutput()
	if code := exitOf(t, err); code != exitUsage || !strings.Contains(string(said), "standard input was empty") {
		t.Errorf("exit %d: %s", code, said)
	}
}

func TestAFullDeviceOnStandardOutput(t *testing.T) {
	s := newSite(t)
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	cmd := trawl(t, t.TempDir(), "-j", s.URL+"/page/1")
	cmd.Stdout = full
	var said strings.Builder
	cmd.Stderr = &said
	if code := exitOf(t, cmd.Run()); code != exitWrite || !strings.Contains(said.String(), "cannot write standard output: no space left on device") {
		t.Errorf("exit %d and %q, want %d and the reason", code, said.String(), exitWrite)
	}
}

func TestTheCrontabLineIsSilentWhenAllIsWell(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	list(t, dir, s.URL+"/page/1", s.URL+"/page/2")
	path, err := exec.LookPath("trawl")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", `cd "$HOME" && trawl urls.txt -o 'db-{date}.txt'`)
	cmd.Env = []string{"HOME=" + dir, "PATH=" + filepath.Dir(path) + ":/usr/bin:/bin"}
	said, err := cmd.CombinedOutput()
	if err != nil || len(said) > 0 {
		t.Errorf("%v, said %q; want silence", err, said)
	}
	made, err := filepath.Glob(filepath.Join(dir, "db-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9].txt"))
	if err != nil || len(made) != 1 {
		t.Fatalf("results files: %v, %v; want one with a date", made, err)
	}
	if got := contents(t, made[0]); strings.Count(got, "\n") != 2 {
		t.Errorf("%s = %q, want two lines", made[0], got)
	}
	if got, _ := filepath.Glob(filepath.Join(dir, ".*")); len(got) > 0 {
		t.Errorf("files were made in the home folder: %v", got)
	}
}

// A FIFO that nobody reads keeps whoever opens it.
func TestASignalEndsARunThatTheSystemKeeps(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	if err := syscall.Mkfifo(filepath.Join(dir, "out"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := trawl(t, dir, "-o", "out", s.URL+"/page/1")
	var said listener
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kept(t, cmd.Process.Pid)
	cmd.Process.Signal(syscall.SIGINT)
	said.wait(t, "Stopping")
	cmd.Process.Signal(syscall.SIGINT)
	if code := exitOf(t, cmd.Wait()); code != exitINT {
		t.Errorf("exit %d, want %d", code, exitINT)
	}
}

// kept waits until a thread of the process waits in the kernel to open a FIFO.
func kept(t *testing.T, pid int) {
	t.Helper()
	eventually(t, "the process opens the FIFO", func() bool {
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/syscall", pid))
		for _, thread := range threads {
			call, _ := os.ReadFile(thread)
			if strings.HasPrefix(string(call), fmt.Sprint(syscall.SYS_OPENAT, " ")) {
				return true
			}
		}
		return false
	})
}

func TestTheTerminalIsLeftAsItWas(t *testing.T) {
	for _, signal := range []syscall.Signal{0, syscall.SIGINT, syscall.SIGTERM} {
		dir, s := t.TempDir(), newSite(t)
		list(t, dir, s.URL+"/hold/1")
		cmd := trawl(t, dir, "urls.txt")
		terminal, tty, err := pty.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer terminal.Close()
		defer tty.Close()
		go io.Copy(io.Discard, terminal)
		before := settings(t, tty)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		waitAsked(t, s, 1)
		if signal != 0 {
			cmd.Process.Signal(signal)
		}
		s.release()
		cmd.Wait()
		if after := settings(t, tty); after != before {
			t.Errorf("signal %v: the terminal was\n%s\nand is\n%s", signal, before, after)
		}
	}
}

func settings(t *testing.T, tty *os.File) string {
	t.Helper()
	stty := exec.CommandContext(t.Context(), "stty", "-a")
	stty.Stdin = tty
	all, err := stty.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

// On one terminal results and a line that is redrawn would be in each other's way.
func TestResultsOnATerminalAreWholeLines(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	list(t, dir, s.URL+"/slow/300/1", s.URL+"/page/2")
	screen, _ := watched(t, trawl(t, dir, "urls.txt", "-o", "-", "--summary", "never"), 80)
	for line := range strings.SplitSeq(strings.TrimSpace(strings.ReplaceAll(screen, "\r\n", "\n")), "\n") {
		if !resultLine.MatchString(line) {
			t.Errorf("a line on the screen is %q", line)
		}
	}
}

func TestCtrlDEndsTheListAtOnce(t *testing.T) {
	cmd := trawl(t, t.TempDir(), "-")
	terminal, err := pty.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	terminal.Write([]byte{4})
	said, _ := io.ReadAll(terminal)
	if code := exitOf(t, cmd.Wait()); code != exitUsage || !strings.Contains(string(said), "standard input was empty") {
		t.Errorf("exit %d: %s", code, said)
	}
}

// After a signal that nothing in flight obeys, the run is told of all the same.
func TestAStoppedRunIsToldOf(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	list(t, dir, s.URL+"/hang/1")
	cmd := trawl(t, dir, "urls.txt")
	var said listener
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitAsked(t, s, 1)
	cmd.Process.Signal(syscall.SIGTERM)
	if code := exitOf(t, cmd.Wait()); code != exitTERM { // after the 5 s that it leaves
		t.Errorf("exit %d, want %d", code, exitTERM)
	}
	if !strings.Contains(said.String(), "trawl: stopped by SIGTERM after") || !strings.Contains(said.String(), "1 remaining (exit 143)") {
		t.Errorf("stderr = %q", said.String())
	}
}

// A pager that shows its first page takes nothing more: signals end the run all
// the same.
func TestASignalEndsARunWhoseStderrIsFull(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	var urls []string
	for i := range 1500 {
		urls = append(urls, fmt.Sprintf("%s/to/%d?u=/page/1", s.URL, i))
	}
	list(t, dir, append(urls, s.URL+"/hang/1")...)
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	cmd := trawl(t, dir, "-v", "urls.txt")
	cmd.Stderr = writer
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	writer.Close()
	eventually(t, "stderr is full", func() bool {
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/syscall", cmd.Process.Pid))
		for _, thread := range threads {
			call, _ := os.ReadFile(thread)
			if strings.HasPrefix(string(call), fmt.Sprintf("%d 0x2 ", syscall.SYS_WRITE)) {
				return true
			}
		}
		return false
	})
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for again := time.NewTicker(100 * time.Millisecond); ; { // as a person would, until it obeys
		select {
		case <-again.C:
			cmd.Process.Signal(syscall.SIGINT)
			continue
		case <-ended:
			again.Stop()
		case <-time.After(20 * time.Second):
			cmd.Process.Kill()
			t.Error("it does not obey")
		}
		return
	}
}

// onTerminal starts cmd with standard error on a terminal, whose screen is what
// said gathers.
func onTerminal(t *testing.T, cmd *exec.Cmd, size *pty.Winsize) (said *listener) {
	t.Helper()
	terminal, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { terminal.Close() })
	if err := pty.Setsize(tty, size); err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = tty
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tty.Close()
	said = &listener{}
	go io.Copy(said, terminal)
	return said
}

func TestASilentStandardInputIsToldOf(t *testing.T) {
	cmd := trawl(t, t.TempDir())
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	said := onTerminal(t, cmd, &pty.Winsize{Rows: 24, Cols: 80})
	said.wait(t, "trawl: waiting for URLs on standard input (Ctrl-D ends it)")
	in.Close()
	if code := exitOf(t, cmd.Wait()); code != exitUsage {
		t.Errorf("exit %d, want %d", code, exitUsage)
	}
}

func TestAStoppedProcessGoesOn(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	cmd := trawl(t, dir, s.URL+"/hold/1")
	onTerminal(t, cmd, &pty.Winsize{Rows: 24, Cols: 80})
	waitAsked(t, s, 1)
	cmd.Process.Signal(syscall.SIGTSTP)
	eventually(t, "the process is stopped", func() bool {
		stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
		return strings.Contains(string(stat), ") T ")
	})
	cmd.Process.Signal(syscall.SIGCONT)
	s.release()
	if code := exitOf(t, cmd.Wait()); code != exitOK {
		t.Errorf("exit %d, want 0", code)
	}
	if got := contents(t, dir, "db.txt"); strings.Count(got, "\n") != 1 {
		t.Errorf("db.txt = %q, want the page", got)
	}
}

func TestColumnsSayHowWideATerminalIsThatDoesNot(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	list(t, dir, s.URL+"/slow/300/1", s.URL+"/page/2")
	cmd := trawl(t, dir, "urls.txt", "--summary", "never")
	cmd.Env = append(cmd.Env, "COLUMNS=20")
	said := onTerminal(t, cmd, &pty.Winsize{})
	if code := exitOf(t, cmd.Wait()); code != exitOK {
		t.Errorf("exit %d, want 0", code)
	}
	said.wait(t, "\r")
	for line := range strings.FieldsFuncSeq(escapes.ReplaceAllString(said.String(), ""), func(r rune) bool { return r == '\r' || r == '\n' }) {
		if w := runewidth.StringWidth(line); w > 20 {
			t.Errorf("a line of %d cells: %q", w, line)
		}
	}
}

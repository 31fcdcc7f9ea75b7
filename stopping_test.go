//go:build linux

package main

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A signal at any moment ends a run soon, and nothing of it is lost or there twice when
// it is resumed.
func TestAStoppedRunIsCompletedByItsResumption(t *testing.T) {
	everyExecutor(t, func(t *testing.T) {
		everyOutput(t, outputs, func(t *testing.T, output string) {
			s, dir := newSite(t), t.TempDir()
			urls := ordinary(s, 150)
			list(t, dir, urls...)
			args := []string{"-o", output, "-c", "4", "--resume", "urls.txt"}
			for asked, stops := 0, 0; ; stops++ {
				cmd, said := begun(t, dir, args...)
				over := make(chan error, 1)
				go func() { over <- cmd.Wait() }()
				asked = numberAsked(s)
				signal, code := syscall.SIGINT, exitINT
				if stops%2 == 1 {
					signal, code = syscall.SIGTERM, exitTERM
				}
				if err := untilAsked(s, asked+1+rand.IntN(40), over); err != errNotOver {
					if got := exitOf(t, err); got != exitOK || stops == 0 {
						t.Fatalf("after %d stops: exit %d: %s", stops, got, said)
					}
					break
				}
				begin := time.Now()
				cmd.Process.Signal(signal)
				got := exitOf(t, <-over)
				if took := time.Since(begin); took > 6*time.Second {
					t.Errorf("it ends %v after the signal", took)
				}
				if got == exitOK {
					break // the signal came too late
				}
				if got != code {
					t.Fatalf("%v: exit %d, want %d: %s", signal, got, code, said)
				}
				if _, err := os.Stat(filepath.Join(dir, output+".state")); err != nil {
					t.Fatalf("%v: exit %d says that the run can be resumed: %v", signal, got, err)
				}
				if output != "db.parquet" {
					found(t, filepath.Join(dir, output))
				}
			}
			onceEach(t, dir, output, urls)
		})
	})
}

var errNotOver = fmt.Errorf("not over")

// untilAsked waits until the site has been asked so often, or a run is over, whose error
// it returns.
func untilAsked(s *site, n int, over <-chan error) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for numberAsked(s) < n {
		select {
		case err := <-over:
			return err
		case <-tick.C:
		}
	}
	return errNotOver
}

func numberAsked(s *site) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}

// The last pages are in flight: they are finished, and then there is nothing left to stop.
func TestASignalDuringTheLastPagesLosesAndDoublesNothing(t *testing.T) {
	everyOutput(t, outputs, func(t *testing.T, output string) {
		s, dir := newSite(t), t.TempDir()
		urls := []string{s.URL + "/page/1", s.URL + "/hold/2"}
		list(t, dir, urls...)
		cmd, said := begun(t, dir, "-o", output, "urls.txt")
		waitAsked(t, s, 2)
		cmd.Process.Signal(syscall.SIGTERM)
		said.wait(t, "Stopping: ")
		s.release()
		if code := ends(t, cmd, 6*time.Second); code != exitTERM {
			t.Errorf("exit %d, want %d: %s", code, exitTERM, said)
		}
		s.log()
		if code, said := toItsEnd(t, dir, "-o", output, "--resume", "urls.txt"); code != exitOK || said != "" {
			t.Errorf("resumed: exit %d: %s", code, said)
		}
		if asked := s.log(); len(asked) > 0 {
			t.Errorf("resumed: the site is asked for %v", asked)
		}
		onceEach(t, dir, output, urls)
	})
}

// While the Parquet file is made of the records, too.
func TestASignalWhileTheParquetFileIsMadeEndsThat(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	title := strings.Repeat("words of a long title ", 400)
	var urls []string
	for i := range 4000 {
		urls = append(urls, fmt.Sprintf("%s/lines/%d%s", s.URL, i, strings.ReplaceAll(title, " ", "_")))
	}
	list(t, dir, urls...)
	cmd, said := begun(t, dir, "-o", "db.parquet", "--host-concurrency", "64", "urls.txt")
	eventually(t, "the Parquet file is being made", func() bool {
		_, err := os.Stat(filepath.Join(dir, "db.parquet.part"))
		return err == nil
	})
	begin := time.Now()
	cmd.Process.Signal(syscall.SIGTERM)
	code := ends(t, cmd, 6*time.Second)
	t.Logf("exit %d after %v: %s", code, time.Since(begin), said)
	if code != exitTERM {
		t.Errorf("exit %d, want %d", code, exitTERM)
	}
	for _, name := range []string{"db.parquet", "db.parquet.part"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			t.Errorf("there is a %s", name)
		}
	}
	s.log()
	if code, said := toItsEnd(t, dir, "-o", "db.parquet", "--resume", "urls.txt"); code != exitOK || said != "" {
		t.Errorf("resumed: exit %d: %s", code, said)
	}
	if asked := s.log(); len(asked) > 0 {
		t.Errorf("resumed: the site is asked for %d pages", len(asked))
	}
	onceEach(t, dir, "db.parquet", urls)
}

func TestASecondSignalLeavesARunThatCanBeResumed(t *testing.T) {
	everyExecutor(t, func(t *testing.T) {
		everyOutput(t, outputs, func(t *testing.T, output string) {
			atOnce(t, 2*time.Second, func() time.Duration { return stoppedTwice(t, output) })
		})
	})
}

// stoppedTwice returns how long a run goes on after the second signal.
func stoppedTwice(t *testing.T, output string) (took time.Duration) {
	t.Helper()
	s, dir := newSite(t), t.TempDir()
	cmd, said, urls := midway(t, s, dir, output)
	cmd.Process.Signal(syscall.SIGINT)
	said.wait(t, "Stopping: ")
	begin := time.Now()
	cmd.Process.Signal(syscall.SIGINT)
	if code := ends(t, cmd, 30*time.Second); code != exitINT {
		t.Errorf("exit %d: %s", code, said)
	}
	took = time.Since(begin)
	s.release()
	if code, said := toItsEnd(t, dir, "-o", output, "--resume", "urls.txt"); code != exitOK {
		t.Errorf("resumed: exit %d: %s", code, said)
	}
	onceEach(t, dir, output, urls)
	return took
}

func TestARunThatIsHaltedForAWhileLosesNothing(t *testing.T) {
	everyExecutor(t, func(t *testing.T) {
		s, dir := newSite(t), t.TempDir()
		urls := ordinary(s, 200)
		list(t, dir, urls...)
		cmd, said := begun(t, dir, "-c", "4", "urls.txt")
		for range 5 {
			waitAsked(t, s, numberAsked(s)+1)
			cmd.Process.Signal(syscall.SIGSTOP)
			eventually(t, "the process is stopped", func() bool {
				stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
				return strings.Contains(string(stat), ") T ")
			})
			cmd.Process.Signal(syscall.SIGCONT)
		}
		if code := ends(t, cmd, 30*time.Second); code != exitOK {
			t.Errorf("exit %d: %s", code, said)
		}
		onceEach(t, dir, "db.txt", urls)
	})
}

// fifo makes one, and a run that writes to it.
func fifo(t *testing.T, args ...string) (path string, cmd *exec.Cmd, said *listener) {
	t.Helper()
	dir := t.TempDir()
	path = filepath.Join(dir, "out")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd, said = begun(t, dir, append([]string{"-o", "out"}, args...)...)
	return path, cmd, said
}

// A reader that is late, and slow, gets all.
func TestASlowReaderOfAFIFOGetsAll(t *testing.T) {
	s := newSite(t)
	lists := t.TempDir()
	var urls []string
	for i := range 3000 { // more than a FIFO holds
		urls = append(urls, fmt.Sprintf("%s/page/%d/%s", s.URL, i, strings.Repeat("x", 100)))
	}
	path, cmd, said := fifo(t, list(t, lists, urls...))
	kept(t, cmd.Process.Pid)
	reader, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	waitAsked(t, s, 900)
	got := map[string]int{}
	for lines := bufio.NewScanner(reader); lines.Scan(); {
		m := resultLine.FindStringSubmatch(lines.Text())
		if m == nil {
			t.Fatalf("a line is %q", lines.Text())
		}
		got[m[1]]++
	}
	if code := ends(t, cmd, 10*time.Second); code != exitOK || said.String() != "" {
		t.Errorf("exit %d: %s", code, said)
	}
	if len(got) != len(urls) {
		t.Errorf("%d URLs, want %d", len(got), len(urls))
	}
	if files, _ := filepath.Glob(path + "*"); len(files) != 1 {
		t.Errorf("beside the FIFO there are %v", files)
	}
}

// The reader of a FIFO that leaves has not got all: unlike that of a pipe, it may be one
// that has ended by a fault.
func TestAFIFOWhoseReaderLeavesEndsTheRun(t *testing.T) {
	s := newSite(t)
	path, cmd, said := fifo(t, list(t, t.TempDir(), append(ordinary(s, 50), s.URL+"/hold/51")...))
	reader, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(reader, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	reader.Close()
	s.release()
	if code := ends(t, cmd, 10*time.Second); code != exitWrite || !strings.HasPrefix(said.String(), "trawl: cannot write out: broken pipe (option -o)\n") {
		t.Errorf("exit %d: %s", code, said)
	}
}

func TestHeadEndsARunQuietly(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	list(t, dir, append(ordinary(s, 2000), s.URL+"/hang/1")...)
	for _, output := range []string{"-o -", "-j"} {
		shell := exec.CommandContext(t.Context(), "bash", "-c", "trawl urls.txt "+output+" | head -1 >first; exit ${PIPESTATUS[0]}")
		shell.Dir = dir
		said, err := shell.CombinedOutput()
		if code := exitOf(t, err); code != exitOK || len(said) > 0 {
			t.Errorf("%s: exit %d: %s", output, code, said)
		}
		if lines, err := wholeLines(filepath.Join(dir, "first")); len(lines) != 1 || err != nil {
			t.Errorf("%s: %q, %v", output, lines, err)
		}
	}
}

// A file must not take the number of a stream that is closed: what is said would go into it.
func TestClosedStreamsAreNoPartOfTheResults(t *testing.T) {
	s := newSite(t)
	for _, output := range []string{"db.txt", "db.jsonl", "db.sqlite", "-"} {
		dir := t.TempDir()
		urls := ordinary(s, 3)
		list(t, dir, append(urls, s.URL+"/status/404")...)
		shell := exec.CommandContext(t.Context(), "sh", "-c", "trawl urls.txt -v -o "+output+" --summary always --progress lines <&- >&- 2>&-")
		shell.Dir = dir
		if code := exitOf(t, shell.Run()); code != exitFailed {
			t.Errorf("-o %s: exit %d, want %d", output, code, exitFailed)
		}
		if output == "-" {
			continue
		}
		want := urls
		if output != "db.txt" {
			want = append(want, s.URL+"/status/404")
		}
		onceEach(t, dir, output, want)
	}
}

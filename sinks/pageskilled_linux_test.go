package sinks

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// pagesChild names the database of a child process.
const pagesChild = "TRAWL_TEST_PAGES_CHILD"

// Batch i is the version of every URL that it has, and of run i/batchesOfRun.
const (
	batchesOfRun = 4
	urlsOfBatch  = 40
	urlsOfAll    = 150
)

func urlsOf(batch int) []string {
	urls := make([]string, urlsOfBatch)
	for i := range urls {
		urls[i] = fmt.Sprintf("http://h/%d", (batch*urlsOfBatch+i)%urlsOfAll)
	}
	return urls
}

// A database is right after a hundred kills: what a commit has returned for is there, each
// commit is there or not, and what is known is of the last run that has ended.
func TestAHundredKillsLeaveWhatWasRemembered(t *testing.T) {
	if path := os.Getenv(pagesChild); path != "" {
		fmt.Println(rememberForEver(path))
		return
	}
	path := filepath.Join(t.TempDir(), "db.pages")
	rng := rand.New(rand.NewPCG(1, 6))
	for range 100 {
		reported := killedChild(t, path, rng)
		p := mustOpenPages(t, path)
		last := lastBatch(t, p)
		if last < reported {
			t.Fatalf("batch %d was remembered, and %d is the last that is there", reported, last)
		}
		checkBatches(t, p, last)
		checkEnded(t, p, last)
		if ok, err := p.db.row("PRAGMA integrity_check"); err != nil || ok[0] != "ok" {
			t.Fatalf("%v, %v", ok, err)
		}
		closePages(t, p)
	}
}

// killedChild returns the last batch that a child had reported when it was killed; -1 if none.
func killedChild(t *testing.T, path string, rng *rand.Rand) int {
	t.Helper()
	cmd, lines := startChild(t, path)
	last := -1
	for range rng.IntN(8) {
		if !lines.Scan() {
			t.Fatal("the child has ended")
		}
		last = batchOf(t, lines.Text())
	}
	for began := time.Now(); time.Since(began) < time.Duration(rng.IntN(3_000))*time.Microsecond; { // anywhere in a commit
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
		last = batchOf(t, lines.Text())
	}
	_ = cmd.Wait() // killed
	return last
}

func startChild(t *testing.T, path string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, "-test.run", "^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), pagesChild+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(out)
}

func batchOf(t *testing.T, line string) int {
	t.Helper()
	n, err := strconv.Atoi(line)
	if err != nil {
		t.Fatalf("a child says %q", line)
	}
	return n
}

// rememberForEver goes on where the database ends, and reports each batch.
func rememberForEver(path string) error {
	p, err := OpenPages(path)
	if err != nil {
		return err
	}
	next, err := nextBatch(p)
	if err != nil {
		return err
	}
	name := func(batch int) string { return fmt.Sprint(batch / batchesOfRun) }
	if next > 0 { // its run was under way, or its end was not noted
		if err := p.begin(name(next-1), true); err != nil {
			return err
		}
		if next%batchesOfRun == 0 {
			if err := p.end(); err != nil {
				return err
			}
		}
	}
	for ; ; next++ {
		if next%batchesOfRun == 0 {
			if err := p.begin(name(next), false); err != nil {
				return err
			}
		}
		if err := remember(p, next, urlsOf(next)...); err != nil {
			return err
		}
		fmt.Println(next)
		if next%batchesOfRun == batchesOfRun-1 {
			if err := p.end(); err != nil {
				return err
			}
		}
	}
}

// nextBatch is the one after the highest version that a row has.
func nextBatch(p *Pages) (int, error) {
	high := -1
	for i := range urlsOfAll {
		url := fmt.Sprintf("http://h/%d", i)
		row, err := p.rows.find(keyOf(p.salt, url), url)
		if err != nil {
			return 0, err
		}
		if row == nil {
			continue
		}
		k, err := decodeKnown(row.known, url)
		if err != nil {
			return 0, err
		}
		high = max(high, int(k.Bytes))
	}
	return high + 1, nil
}

func lastBatch(t *testing.T, p *Pages) int {
	t.Helper()
	next, err := nextBatch(p)
	if err != nil {
		t.Fatal(err)
	}
	return next - 1
}

// lastOf is the last batch up to a certain one that has a URL; -1 if there is none.
func lastOf(url string, batch int) int {
	for ; batch >= 0; batch-- {
		if slices.Contains(urlsOf(batch), url) {
			return batch
		}
	}
	return -1
}

func checkBatches(t *testing.T, p *Pages, last int) {
	t.Helper()
	for i := range urlsOfAll {
		url := fmt.Sprintf("http://h/%d", i)
		got, want := -1, lastOf(url, last)
		row, err := p.rows.find(keyOf(p.salt, url), url)
		if err != nil {
			t.Fatal(err)
		}
		if row != nil {
			k, err := decodeKnown(row.known, url)
			if err != nil {
				t.Fatal(err)
			}
			got = int(k.Bytes)
		}
		if got != want {
			t.Fatalf("after batch %d %s is of batch %d, want %d", last, url, got, want)
		}
	}
}

func checkEnded(t *testing.T, p *Pages, last int) {
	t.Helper()
	row, err := p.db.row("SELECT max(CAST(run AS INTEGER)) FROM runs WHERE ended IS NOT NULL")
	if err != nil {
		t.Fatal(err)
	}
	ended := -1
	if n, ok := row[0].(int64); ok {
		ended = int(n)
	}
	before := (last+1)/batchesOfRun - 1
	if ended != before && (ended != before-1 || (last+1)%batchesOfRun != 0) {
		t.Fatalf("after batch %d run %d is the last that has ended", last, ended)
	}
	for i := range urlsOfAll {
		url := fmt.Sprintf("http://h/%d", i)
		checkVersion(t, p, url, lastOf(url, (ended+1)*batchesOfRun-1))
	}
}

// Two runs with --lock off write the same pages.
func TestTwoProcessesAtOnceLeaveAWholePageDatabase(t *testing.T) {
	if path := os.Getenv(pagesChild); path != "" {
		if err := besideAnother(path); err != nil {
			fmt.Println(err)
		}
		return
	}
	path := filepath.Join(t.TempDir(), "db.pages")
	var outs []*bufio.Scanner
	var cmds []*exec.Cmd
	for range 2 {
		cmd, out := startChild(t, path)
		cmds, outs = append(cmds, cmd), append(outs, out)
	}
	for i, cmd := range cmds {
		for outs[i].Scan() {
			if line := outs[i].Text(); line != "PASS" {
				t.Error(line)
			}
		}
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	p := mustOpenPages(t, path)
	if ok, err := p.db.row("PRAGMA integrity_check"); err != nil || ok[0] != "ok" {
		t.Errorf("%v, %v", ok, err)
	}
	for i := range urlsOfAll {
		url := fmt.Sprintf("http://h/%d", i)
		if got := versionOf(t, p, url); got != lastOf(url, 39) {
			t.Errorf("%s is of batch %d, want %d", url, got, lastOf(url, 39))
		}
	}
	if n, err := p.db.number("SELECT count(*) FROM pages"); n != urlsOfAll || err != nil {
		t.Errorf("%d pages, %v; want %d", n, err, urlsOfAll)
	}
	closePages(t, p)
}

func besideAnother(path string) error {
	p, err := OpenPages(path)
	if err != nil {
		return err
	}
	for batch := range 40 {
		if batch%batchesOfRun == 0 {
			if err := p.begin(fmt.Sprint(os.Getpid(), batch), false); err != nil {
				return err
			}
		}
		if err := remember(p, batch, urlsOf(batch)...); err != nil {
			return err
		}
		for _, url := range urlsOf(batch) {
			if _, err := p.Known(url); err != nil {
				return err
			}
		}
		if batch%batchesOfRun == batchesOfRun-1 {
			if err := p.end(); err != nil {
				return err
			}
		}
	}
	return p.Close()
}

// A disk that is full, at whatever point, is an error; what was remembered is there when
// there is room.
func TestPagesOnFullDisksOfManySizes(t *testing.T) {
	if path := os.Getenv(pagesChild); path != "" {
		testFullDisks(t, filepath.Dir(path))
		return
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), exe, "-test.run", "^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), pagesChild+"="+filepath.Join(t.TempDir(), "x"))
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "full disks: ") {
		t.Errorf("%v\n%s", err, out)
	}
}

func testFullDisks(t *testing.T, dir string) {
	full := map[string]int{}
	for size := uint64(1); ; size += 700 + size/9 {
		path := filepath.Join(dir, fmt.Sprint(size))
		done, err := limited(t, size, path)
		if err == nil {
			break
		}
		var e *Error
		if !errors.As(err, &e) || e.Path != path || errors.Is(err, ErrPages) {
			t.Fatalf("%d bytes: %v, want an Error of a full disk", size, err)
		}
		full[e.Op]++
		p := mustOpenPages(t, path)
		last := lastBatch(t, p)
		if last < done-1 || last > done {
			t.Fatalf("%d bytes: %v: batch %d is there, %d were reported", size, err, last, done)
		}
		checkBatches(t, p, last)
		closePages(t, p)
	}
	if full["open"] == 0 || full["write"] == 0 {
		t.Errorf("where a disk was full: %v", full)
	}
	fmt.Println("full disks:", full)
}

// limited remembers as many batches as files of that size hold, at most 30.
func limited(t *testing.T, size uint64, path string) (done int, err error) {
	t.Helper()
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
			t.Fatal(err)
		}
	}()
	p, err := OpenPages(path)
	if err != nil {
		return 0, err
	}
	if err = p.begin("1", false); err == nil {
		for ; done < 30 && err == nil; done++ {
			if err = remember(p, done, urlsOf(done)...); err != nil {
				break
			}
		}
	}
	if err == nil {
		err = p.end()
	}
	if closed := p.Close(); err == nil {
		err = closed
	}
	return done, err
}

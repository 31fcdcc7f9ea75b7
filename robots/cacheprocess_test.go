package robots

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What the test binary does as another process.
var children = map[string]func(dir string) int{
	"hold": hold, "use": use, "put": putForever, "full": fillDisk,
}

// hold locks the cache until its input ends.
func hold(dir string) int {
	db, err := connect(filepath.Join(dir, "robots.db"))
	if err == nil {
		err = db.exec("BEGIN EXCLUSIVE")
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("held")
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

const usedFiles = 40

// use puts and gets what others put and get, and says what is wrong.
func use(dir string) int {
	c, err := OpenCache(dir)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	for i := range 400 {
		f := fileNumber(i*7%usedFiles, 100*(i%usedFiles))
		f.Text = append(f.Text, fmt.Sprintf("# for %s\n", f.Origin)...)
		c.Put(f)
		got, ok := c.Get(f.Origin)
		if ok && !bytes.HasSuffix(got.Text, fmt.Appendf(nil, "# for %s\n", f.Origin)) {
			fmt.Println("wrong:", got)
			return 1
		}
	}
	if err := c.Close(); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// putForever puts one file after the other, and says so of each.
func putForever(dir string) int {
	c, err := OpenCache(dir)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	for i := 0; ; i++ {
		c.Put(fileNumber(i, i*997%30_000))
		fmt.Println(i)
	}
}

type child struct {
	cmd   *exec.Cmd
	in    io.Closer
	out   *bufio.Reader
	ended bool
}

func startChild(t *testing.T, does, dir string) *child {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), childDoes+"="+does, childDir+"="+dir, "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: cmd, in: in, out: bufio.NewReader(out)}
	t.Cleanup(c.kill)
	return c
}

func (c *child) kill() {
	if !c.ended {
		c.ended = true
		_ = c.cmd.Process.Kill()
		_, _ = io.Copy(io.Discard, c.out)
		_ = c.cmd.Wait()
	}
}

func (c *child) line(t *testing.T) string {
	t.Helper()
	line, err := c.out.ReadString('\n')
	if err != nil {
		t.Fatalf("%q, %v", line, err)
	}
	return strings.TrimSuffix(line, "\n")
}

// end ends a child that waits for the end of its input, and checks that all was well.
func (c *child) end(t *testing.T) {
	t.Helper()
	c.ended = true
	_ = c.in.Close()
	said, _ := io.ReadAll(c.out)
	if err := c.cmd.Wait(); err != nil || len(said) > 0 {
		t.Errorf("%v: %.300s", err, said)
	}
}

func TestSeveralProcessesMayUseACache(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "trawl") // which all of them make
	var users []*child
	for range 4 {
		users = append(users, startChild(t, "use", dir))
	}
	for _, u := range users {
		u.end(t)
	}
	if files, _ := checkWhole(t, dir); files == 0 || files > usedFiles {
		t.Errorf("%d files are kept, want %d at most", files, usedFiles)
	}
	c := mustOpen(t, dir)
	f := fileNumber(1, 10)
	c.Put(f)
	checkGot(t, c, f)
}

func TestAKillCostsNoFileThatWasPut(t *testing.T) {
	dir := t.TempDir()
	for round := range 8 {
		p := startChild(t, "put", dir)
		for range round * 5 {
			p.line(t)
		}
		last := p.line(t)
		p.kill()
		c := mustOpen(t, dir)
		if c.db == nil {
			t.Fatal("what the killed process has left is locked")
		}
		var n int
		if _, err := fmt.Sscan(last, &n); err != nil {
			t.Fatal(err)
		}
		for i := range n + 1 {
			checkGot(t, c, fileNumberAt(t, c, i, i*997%30_000))
		}
		mustClose(t, c)
		checkWhole(t, dir)
	}
}

func copyCache(t *testing.T, data []byte) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "robots.db"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestADamagedCacheIsNeverWrongAndIsMadeAnew(t *testing.T) {
	dir := t.TempDir()
	c := mustOpen(t, dir)
	var files []File
	for i := range 16 {
		f := fileNumber(i, i*i*100)
		files = append(files, f)
		c.Put(f)
	}
	c.Put(File{Origin: files[3].Origin, Status: 404, Fetched: files[3].Fetched}) // leaves a hole
	files[3] = File{Origin: files[3].Origin, Status: 404, Fetched: files[3].Fetched}
	mustClose(t, c)
	whole, err := os.ReadFile(filepath.Join(dir, "robots.db"))
	if err != nil {
		t.Fatal(err)
	}
	damage := func(from, n int, with byte) []byte {
		data := bytes.Clone(whole)
		for i := from; i < min(from+n, len(data)); i++ {
			data[i] ^= with
		}
		return data
	}
	cases := map[string][]byte{}
	for i := 100; i < 4096; i += 211 { // the schema
		cases[fmt.Sprint("a byte at ", i)] = damage(i, 1, 0xFF)
	}
	cases["the versions"] = damage(18, 2, 0x81)
	for i := 16; i < 100; i += 7 { // the head
		cases[fmt.Sprint("a byte at ", i)] = damage(i, 1, 0x81)
	}
	for i := 4096; i < len(whole); i += 6007 {
		cases[fmt.Sprint("a byte at ", i)] = damage(i, 1, 0x40)
		cases[fmt.Sprint("100 bytes at ", i)] = damage(i, 100, 0xA5)
	}
	for i := 4096; i < len(whole); i += 3 * 4096 { // where a page says what it is
		cases[fmt.Sprint("the head of a page at ", i)] = damage(i, 8, 0x07)
		cases[fmt.Sprint("all the page at ", i)] = damage(i, 4096, 0xFF)
	}
	for i := 100; i < len(whole); i += 15000 {
		cases[fmt.Sprint("the end at ", i)] = bytes.Clone(whole[:i])
	}
	for name, data := range cases {
		checkDamaged(t, name, data, files)
	}
}

// checkDamaged uses a damaged cache as run after run would.
func checkDamaged(t *testing.T, name string, data []byte, files []File) {
	t.Helper()
	dir := copyCache(t, data)
	fresh := fileNumber(1000, 10_000)
	for range 4 {
		c, err := OpenCache(dir)
		if err != nil {
			if ours(data[:100]) {
				t.Errorf("%s: %v", name, err)
			}
			return
		}
		for _, f := range files {
			got, ok := c.Get(f.Origin)
			if ok && !same(got, f) {
				t.Errorf("%s: what is got is not what was put: %.100v", name, got)
			}
		}
		c.Put(fresh)
		got, ok := c.Get(fresh.Origin)
		if err := c.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if ok && same(got, fresh) {
			return
		}
	}
	t.Errorf("%s: four runs later the cache keeps nothing yet", name)
}

func TestACacheOnAFullDiskOnlyMisses(t *testing.T) {
	dir := t.TempDir()
	startChild(t, "full", dir).end(t)
	checkWhole(t, dir)
	c := mustOpen(t, dir)
	f := fileNumber(1_000_000, MaxSize-100)
	c.Put(f)
	checkGot(t, c, f)
}

// The counts in the cache decide what goes. If they are wrong, that is damage.
func TestWrongCountsNeitherFillTheDiskNorStay(t *testing.T) {
	for _, counts := range []string{"(0, 0)", "(1, 1)", "(1<<40, 1<<40)", "(20001, 0)", "(20050, 1<<30)"} {
		dir := t.TempDir()
		c := mustOpen(t, dir)
		for i := range 30 {
			f := fileNumber(i, 10)
			if i < 20 {
				f.Fetched = f.Fetched.Add(-2 * MaxAge)
			}
			c.Put(f)
		}
		if err := c.db.exec("PRAGMA ignore_check_constraints=1; UPDATE kept SET (files, bytes)=" + counts); err != nil {
			t.Fatal(err)
		}
		mustClose(t, c)
		begin := time.Now()
		for i := range 5 {
			c := mustOpen(t, dir)
			c.Put(fileNumber(i, 10))
			mustClose(t, c)
		}
		if took := time.Since(begin); took > 10*time.Second {
			t.Errorf("counts %s: 5 runs took %v", counts, took)
		}
		if files, err := os.Stat(filepath.Join(dir, "robots.db")); err != nil || files.Size() > 1<<20 {
			t.Errorf("counts %s: %v", counts, err)
		}
		c = mustOpen(t, dir)
		f := fileNumber(77, 10)
		c.Put(f)
		checkGot(t, c, f)
		mustClose(t, c)
		checkWhole(t, dir)
	}
}

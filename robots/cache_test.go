package robots

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func mustOpen(t *testing.T, dir string) *Cache {
	t.Helper()
	c, err := OpenCache(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mustClose(t, c) })
	return c
}

func mustClose(t *testing.T, c *Cache) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// fileNumber returns a file that can be told from all others.
func fileNumber(i int, size int) File {
	text := fmt.Appendf(nil, "# %d\n", i)
	return File{
		Origin: fmt.Sprintf("https://host-%d.example.com", i), Status: 200,
		Text: append(text, bytes.Repeat([]byte{byte(i)}, size)...), Fetched: time.Now().Truncate(time.Millisecond),
	}
}

func checkGot(t *testing.T, c *Cache, want File) {
	t.Helper()
	if got, ok := c.Get(want.Origin); !ok || !same(got, want) {
		t.Errorf("Get(%q): %v, %.300v\nwant %.300v", want.Origin, ok, got, want)
	}
}

// same is not cmp.Equal, which looks at each byte of a text by reflection.
func same(a, b File) bool {
	return a.Origin == b.Origin && a.Status == b.Status && bytes.Equal(a.Text, b.Text) && a.Fetched.Equal(b.Fetched)
}

// checkWhole checks the tables, and returns what is counted.
func checkWhole(t *testing.T, dir string) (files, size int64) {
	t.Helper()
	db, err := connect(filepath.Join(dir, "robots.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.close()
	row, err := db.row("PRAGMA integrity_check")
	if err != nil || row[0] != "ok" {
		t.Errorf("integrity_check: %v, %v", row, err)
	}
	var reallyFiles, reallySize int64
	if err := errors.Join(
		db.numbers("SELECT files, bytes FROM kept", &files, &size),
		db.numbers("SELECT count(*), coalesce(sum(length(text)+512), 0) FROM files", &reallyFiles, &reallySize),
	); err != nil {
		t.Fatal(err)
	}
	if files != reallyFiles || size != reallySize {
		t.Errorf("%d files of %d bytes are counted, %d of %d are there", files, size, reallyFiles, reallySize)
	}
	return files, size
}

func TestWhatIsPutIsThereInTheNextRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b%c?d#e", "trawl")
	now := time.Now().Truncate(time.Millisecond)
	files := []File{
		{Origin: "https://a.example.com", Status: 200, Text: []byte("User-agent: *\nDisallow: /"), Fetched: now},
		{Origin: "http://a.example.com", Status: 404, Fetched: now.Add(-time.Hour)},
		{Origin: "http://a.example.com:8080", Status: 503, Text: []byte{}, Fetched: now},
		{Origin: "http://[::1]", Status: 200, Text: []byte("\x00\xff'\""), Fetched: now.Add(-MaxAge + time.Minute)},
		{Origin: "http://" + strings.Repeat("long", 100), Status: 299, Text: bytes.Repeat([]byte{'x'}, MaxSize), Fetched: now},
		{Origin: "", Status: -1, Fetched: now},
	}
	c := mustOpen(t, dir)
	for _, f := range files {
		if got, ok := c.Get(f.Origin); ok {
			t.Errorf("an empty cache has %v", got)
		}
		c.Put(File{Origin: f.Origin, Status: 500, Text: []byte("earlier"), Fetched: now})
		c.Put(f)
	}
	for range 2 {
		for _, f := range files {
			checkGot(t, c, f)
		}
		mustClose(t, c)
		c = mustOpen(t, dir)
	}
	mustClose(t, c)
	checkWhole(t, dir)
}

func TestWhatIsTooLongIsNotKept(t *testing.T) {
	c := mustOpen(t, t.TempDir())
	f := fileNumber(1, MaxSize)
	c.Put(f)
	if _, ok := c.Get(f.Origin); ok {
		t.Error("a text longer than MaxSize is kept")
	}
}

func TestWhatIsOlderThanADayIsNotThere(t *testing.T) {
	dir := t.TempDir()
	c := mustOpen(t, dir)
	for i, age := range []time.Duration{MaxAge + time.Second, 48 * time.Hour, -time.Minute} {
		f := fileNumber(i, 0)
		f.Fetched = f.Fetched.Add(-age)
		c.Put(f)
		if _, ok := c.Get(f.Origin); ok {
			t.Errorf("what is %v old is there", age)
		}
	}
	c.Put(fileNumber(3, 0))
	mustClose(t, c)
	if files, _ := checkWhole(t, dir); files != 2 {
		t.Errorf("%d files are kept, want 2: the others are of no use any more", files)
	}
}

// fill puts many files in at once, a second apart, the newest a minute ago.
func fill(c *Cache, n, size int) error {
	newest := time.Now().Add(-time.Minute).UnixMilli()
	return c.db.exec(`WITH RECURSIVE i(n) AS (VALUES(1) UNION ALL SELECT n+1 FROM i WHERE n<?1)
		INSERT INTO files SELECT 'http://'||n, 200, ?3-(?1-n)*1000, ?2+512, zeroblob(?2), 0 FROM i`, int64(n), int64(size), newest)
}

func isKept(t *testing.T, c *Cache, origin string) bool {
	t.Helper()
	row, err := c.db.row("SELECT 1 FROM files WHERE origin=?", origin)
	if err != nil {
		t.Fatal(err)
	}
	return row != nil
}

func TestOfTooManyFilesTheOldestGo(t *testing.T) {
	dir := t.TempDir()
	c := mustOpen(t, dir)
	c.db.maxFiles = 500 // a full one takes long to make
	if err := fill(c, 500, 0); err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		c.Put(fileNumber(i, 100))
	}
	for origin, want := range map[string]bool{"http://1": false, "http://5": false, "http://6": true, "http://500": true} {
		if got := isKept(t, c, origin); got != want {
			t.Errorf("%s is kept: %v", origin, got)
		}
	}
	checkGot(t, c, fileNumberAt(t, c, 0, 100))
	mustClose(t, c)
	if files, _ := checkWhole(t, dir); files != 500 {
		t.Errorf("%d files are kept, want 500", files)
	}
}

// fileNumberAt is fileNumber with the time that the cache has.
func fileNumberAt(t *testing.T, c *Cache, i, size int) File {
	t.Helper()
	f := fileNumber(i, size)
	got, ok := c.Get(f.Origin)
	if !ok {
		t.Errorf("%s is not there", f.Origin)
	}
	f.Fetched = got.Fetched
	return f
}

func TestOfTooMuchTextTheOldestGoes(t *testing.T) {
	dir := t.TempDir()
	c := mustOpen(t, dir)
	const most = 8 << 20
	c.db.maxBytes = most
	if err := fill(c, most/(MaxSize+512), MaxSize); err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		f := fileNumber(i, MaxSize-100)
		c.Put(f)
		checkGot(t, c, f)
	}
	if isKept(t, c, "http://9") || !isKept(t, c, "http://11") {
		t.Error("it is not the oldest that have gone")
	}
	mustClose(t, c)
	if _, size := checkWhole(t, dir); size > most || size < most-2*MaxSize {
		t.Errorf("%d bytes are kept, want almost %d", size, most)
	}
	info, err := os.Stat(filepath.Join(dir, "robots.db"))
	if err != nil || info.Size() > most*5/4 {
		t.Errorf("the file has %d bytes, %v", info.Size(), err)
	}
}

func TestACacheIsItsOwnersAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache", "trawl")
	c := mustOpen(t, dir)
	c.Put(fileNumber(1, 10))
	for path, want := range map[string]fs.FileMode{filepath.Dir(dir): 0o700, dir: 0o700, filepath.Join(dir, "robots.db"): 0o600} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %v", path, info.Mode(), err, want)
		}
	}
}

func TestManyGoroutinesMayUseACache(t *testing.T) {
	c := mustOpen(t, t.TempDir())
	var users sync.WaitGroup
	for u := range 8 {
		users.Go(func() {
			for i := range 20 {
				f := fileNumber(u*20+i, 100*i)
				c.Put(f)
				checkGot(t, c, f)
				c.Get(fmt.Sprintf("https://host-%d.example.com", i))
			}
		})
	}
	users.Wait()
	users.Go(func() { mustClose(t, c) })
	users.Go(func() { c.Put(fileNumber(1, 1)) })
	users.Go(func() { c.Get("https://host-1.example.com") })
	users.Wait()
	if _, ok := c.Get("https://host-1.example.com"); ok {
		t.Error("a closed cache answers")
	}
}

func TestAFileThatIsSomethingElseIsLeftAlone(t *testing.T) {
	other := filepath.Join(t.TempDir(), "other.db")
	db, err := connectFresh(other)
	if err == nil {
		err = errors.Join(db.exec("CREATE TABLE t(x); INSERT INTO t VALUES(1)"), db.close())
	}
	if err != nil {
		t.Fatal(err)
	}
	database, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"text": []byte("User-agent: *\n"), "zeros": make([]byte, 5000), "long text": bytes.Repeat([]byte("text"), 5000),
		"database": database, "half a head": database[:50],
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "robots.db")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		checkRefused(t, name, dir)
		if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, data) {
			t.Errorf("%s: it was changed (%v)", name, err)
		}
		if entries, _ := os.ReadDir(dir); len(entries) != 1 {
			t.Errorf("%s: beside it lies something: %v", name, entries)
		}
	}
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "robots.db", "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	checkRefused(t, "folder", dir)
}

func checkRefused(t *testing.T, name, dir string) {
	t.Helper()
	c, err := OpenCache(dir)
	if err == nil {
		mustClose(t, c)
	}
	if want := "open robots cache: open " + filepath.Join(dir, "robots.db") + ": it is no robots cache"; err == nil || err.Error() != want {
		t.Errorf("%s: %v, want %s", name, err, want)
	}
}

func connectFresh(path string) (*database, error) {
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		return nil, err
	}
	return connect(path)
}

func TestAFolderThatCannotBeMadeIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if c, err := OpenCache(filepath.Join(file, "trawl")); err == nil {
		mustClose(t, c)
		t.Error("a cache in a file")
	}
}

func TestNobodyWhoHoldsTheCacheHoldsARunUp(t *testing.T) {
	dir := t.TempDir()
	c := mustOpen(t, dir)
	f := fileNumber(1, 10)
	c.Put(f)
	holder, err := connect(filepath.Join(dir, "robots.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer holder.close()
	if err := holder.exec("BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	for i := range 200 {
		c.Put(fileNumber(i+2, 10))
		if _, ok := c.Get(f.Origin); ok {
			t.Fatal("what another has locked was read")
		}
	}
	if took := time.Since(begin); took > 20*time.Second { // 400 waits of 100 ms would be 40
		t.Errorf("400 calls of a cache that another has locked took %v", took)
	}
	if err := holder.exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	checkGot(t, c, f)
}

func TestACacheThatIsLockedWhenItIsOpenedMisses(t *testing.T) {
	dir := t.TempDir()
	c := mustOpen(t, dir)
	f := fileNumber(1, 10)
	c.Put(f)
	mustClose(t, c)
	holder := startChild(t, "hold", dir)
	if line := holder.line(t); line != "held" {
		t.Fatal(line)
	}
	begin := time.Now()
	c = mustOpen(t, dir)
	c.Put(f)
	if _, ok := c.Get(f.Origin); ok {
		t.Error("what another has locked was read")
	}
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("opening a cache that another has locked took %v", took)
	}
	mustClose(t, c)
	holder.end(t)
	checkGot(t, mustOpen(t, dir), f)
}

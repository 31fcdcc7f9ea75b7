package robots

import (
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"sync"
	"time"
)

// A Cache keeps files on disk, across runs and for several processes at once. It
// is bounded: the oldest files go. What is damaged, locked or full is as good as
// nothing: the methods then miss, and say nothing. Any number of goroutines may
// call them.
type Cache struct {
	path string

	mu       sync.Mutex // guards what follows
	db       *database  // nil: closed, or given up
	file     fs.FileInfo
	patience time.Duration // how much longer others may be waited for
}

// OpenCache opens the cache in a folder, dir/robots.db, or makes it, and the
// folder too. A cache that is damaged is made anew; a file that is something else
// is left as it is, and is an error. Its owner closes it. A process must not have
// one cache open twice: POSIX takes the locks of both away when one is closed.
func OpenCache(dir string) (*Cache, error) {
	c, err := openCache(dir)
	if err != nil {
		return nil, fmt.Errorf("open robots cache: %w", err)
	}
	return c, nil
}

// Get returns the file of an origin if one is kept that is not older than
// [MaxAge]. Fetched is in whole milliseconds. The text is the caller's.
func (c *Cache) Get(origin string) (f File, ok bool) {
	c.do(func(db *database) (err error) {
		f, ok, err = db.get(origin)
		return err
	})
	if age := time.Since(f.Fetched); !ok || age < 0 || age > MaxAge {
		return File{}, false
	}
	return f, true
}

// Put keeps a file instead of the one of its origin, if there is any. A text
// longer than [MaxSize] is not kept.
func (c *Cache) Put(f File) {
	if len(f.Text) > MaxSize {
		return
	}
	c.do(func(db *database) error { return db.put(f) })
}

// Close closes the cache. It may be called more than once.
func (c *Cache) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.db == nil {
		return nil
	}
	err := c.db.close()
	c.db = nil
	if err != nil {
		return fmt.Errorf("close robots cache: %w", err)
	}
	return nil
}

// do makes a call of the database. One that turns out to be damaged is thrown away,
// so that the next run can have a whole one.
func (c *Cache) do(call func(*database) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.db == nil {
		return
	}
	begin := time.Now()
	err := call(c.db)
	c.waited(time.Since(begin))
	if damaged(err) {
		_ = c.db.close()
		c.db = nil
		c.discard()
	}
}

// Other processes are waited for, but no run is held up by them for longer than
// all of this. A call that took no longer than a moment has not waited.
const (
	allPatience = 100 * time.Millisecond
	aMoment     = 5 * time.Millisecond
)

func (c *Cache) waited(d time.Duration) {
	if d <= aMoment || c.patience <= 0 {
		return
	}
	c.patience = max(0, c.patience-d)
	_ = c.db.exec("PRAGMA busy_timeout=" + strconv.FormatInt(c.patience.Milliseconds(), 10))
}

// discard takes the file away, unless another process has put a new one in its
// place already.
func (c *Cache) discard() {
	if now, err := os.Stat(c.path); err == nil && os.SameFile(c.file, now) {
		_ = os.Remove(c.path + "-journal") // first: it would be played back into the next one
		_ = os.Remove(c.path)
	}
}

package robots

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
)

func openCache(dir string) (*Cache, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	c := &Cache{path: filepath.Join(dir, "robots.db"), patience: allPatience}
	err := c.open()
	if damaged(err) {
		c.discard()
		err = c.open()
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// open opens the database. If other processes do not let it now, that is no error:
// they may do so later.
func (c *Cache) open() error {
	if err := c.look(); err != nil {
		return err
	}
	db, err := connect(c.path)
	if busy(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := db.prepare(); err != nil && !busy(err) {
		return errors.Join(err, db.close())
	}
	c.db = db
	return nil
}

// look makes an empty file if there is none, and checks, without SQLite, which
// would write to it, that it is no other program's.
func (c *Cache) look() error {
	if info, err := os.Stat(c.path); err == nil && !info.Mode().IsRegular() {
		return &os.PathError{Op: "open", Path: c.path, Err: errForeign} // opening a FIFO would wait
	}
	f, err := os.OpenFile(c.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	head := make([]byte, 100) // https://www.sqlite.org/fileformat.html#the_database_header
	n, err := io.ReadFull(f, head)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	info, statErr := f.Stat()
	if err := errors.Join(err, statErr, f.Close()); err != nil {
		return err
	}
	c.file = info
	if n > 0 && !ours(head) {
		return &os.PathError{Op: "open", Path: c.path, Err: errForeign}
	}
	if n > 0 && (head[18] != 1 || head[19] != 1) {
		return errDamaged // it says that it is not to be written, or not in this way
	}
	return nil
}

var errForeign = errors.New("it is no robots cache")

func ours(head []byte) bool {
	return bytes.HasPrefix(head, []byte("SQLite format 3\x00")) && binary.BigEndian.Uint32(head[68:]) == applicationID
}

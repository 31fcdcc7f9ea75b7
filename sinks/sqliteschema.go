package sinks

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// What the head of a database of ours says.
const (
	applicationID = 0x5452574C // "TRWL"
	userVersion   = 1
)

// schema is what an empty database gets, in one transaction. Readers of the file
// rely on it: it changes with userVersion only.
const schema = `PRAGMA application_id=0x5452574C; -- "TRWL"
PRAGMA user_version=1;
CREATE TABLE runs(
  run TEXT PRIMARY KEY, started TEXT NOT NULL, ended TEXT, version TEXT NOT NULL,
  command TEXT NOT NULL, exit_code INTEGER,
  urls INTEGER, pages INTEGER, failed INTEGER, skipped INTEGER, bytes INTEGER
) STRICT;
CREATE TABLE pages(
  run TEXT NOT NULL REFERENCES runs(run), seq INTEGER NOT NULL,
  url TEXT NOT NULL, final_url TEXT, host TEXT NOT NULL, status INTEGER NOT NULL,
  size INTEGER, bytes INTEGER, wire_bytes INTEGER,
  content_type TEXT, time TEXT, duration_ms REAL, ttfb_ms REAL,
  attempts INTEGER NOT NULL, proto TEXT, ip TEXT, etag TEXT, last_modified TEXT,
  sha256 TEXT, change TEXT CHECK(change IN ('new','changed','gone')),
  class TEXT, error TEXT, meta TEXT, data TEXT,
  PRIMARY KEY(run, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE state(run TEXT PRIMARY KEY, frame BLOB NOT NULL) STRICT;
CREATE INDEX pages_url ON pages(url, run);
CREATE VIEW latest AS
  SELECT * FROM pages p WHERE run=(SELECT max(run) FROM pages q WHERE q.url=p.url);
`

var (
	errNoDatabase = errors.New("it is no SQLite database")
	errForeign    = errors.New("it is a database of another program")
	errNoWAL      = errors.New("its file system cannot hold a database that is read while it is written")
	errNotRegular = errors.New("a database must be a regular file")
)

// openable checks, without touching it, that a file can be a database of ours,
// and makes an empty one if there is none: fresh.
func openable(path string) (fresh bool, err error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return false, errNotRegular
	}
	_, err = os.Lstat(path)
	fresh = errors.Is(err, fs.ErrNotExist)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return false, err
	}
	head := make([]byte, 100) // https://www.sqlite.org/fileformat.html#the_database_header
	n, err := io.ReadFull(f, head)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	if err = errors.Join(err, f.Close()); err != nil || n == 0 {
		return fresh, err
	}
	return fresh, checkHead(path, head[:n])
}

// checkHead checks the first bytes of a file. They say what they say whatever
// stands in a write-ahead log beside it: the schema is never written there.
func checkHead(path string, head []byte) error {
	switch {
	case bytes.Equal(head, make([]byte, len(head))):
		return nil // half of a file that was just being made: SQLite will know
	case len(head) < 100 || !bytes.HasPrefix(head, []byte("SQLite format 3\x00")):
		return errNoDatabase
	case binary.BigEndian.Uint32(head[68:]) != applicationID:
		return emptyOrForeign(path)
	}
	return checkVersion(int64(int32(binary.BigEndian.Uint32(head[60:]))))
}

// checkVersion says whether the tables of a database of ours are known.
func checkVersion(version int64) error {
	if version > userVersion {
		return fmt.Errorf("a newer trawl has made it: its tables are of version %d, this one knows %d", version, userVersion)
	}
	return nil
}

// emptyOrForeign returns an error unless the database is empty. It is read as a
// file that nobody writes to, so that no log is made or rolled back.
func emptyOrForeign(path string) error {
	for _, log := range []string{"-wal", "-journal"} {
		if info, err := os.Stat(path + log); err == nil && info.Size() > 0 {
			return errForeign
		}
	}
	db, err := connect(path, "mode=ro&immutable=1")
	if err != nil {
		return err
	}
	tables, err := db.number("SELECT count(*) FROM sqlite_schema")
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if tables > 0 {
		return errForeign
	}
	return nil
}

// prepare makes the database ready: the schema, unless it is there, and the log
// thanks to which it can be read while it is written.
func (c conn) prepare() error {
	if err := c.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if err := c.makeSchema(); err != nil {
		_ = c.exec("ROLLBACK")
		return err
	}
	if err := c.exec("COMMIT"); err != nil {
		return err
	}
	mode, err := c.row("PRAGMA journal_mode=WAL")
	if err != nil {
		return err
	}
	if mode[0] != "wal" {
		return errNoWAL
	}
	return nil
}

func (c conn) makeSchema() error {
	tables, err := c.number("SELECT count(*) FROM sqlite_schema")
	if err != nil {
		return err
	}
	if tables == 0 {
		return c.exec(schema)
	}
	id, err := c.number("PRAGMA application_id")
	if err != nil {
		return err
	}
	version, err := c.number("PRAGMA user_version")
	if err != nil {
		return err
	}
	if id != applicationID || version < userVersion {
		return errForeign
	}
	return checkVersion(version)
}

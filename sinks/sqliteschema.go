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

// tables is what one kind of our databases is made of.
type tables struct {
	id      int64  // what its head says in application_id
	version int64  // and in user_version
	schema  string // that an empty database gets, in one transaction
	mode    fs.FileMode
}

// What the head of a database of results says.
const (
	applicationID = 0x5452574C // "TRWL"
	userVersion   = 1
)

var resultTables = tables{id: applicationID, version: userVersion, schema: schema, mode: 0o644}

// schema is the tables of results. Readers of the file
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
	errLater      = errors.New("a newer trawl has made it")
	errNoWAL      = errors.New("its file system cannot hold a database that is read while it is written")
	errNotRegular = errors.New("a database must be a regular file")
)

// openable checks, without touching it, that a file can be a database of ours,
// and makes an empty one if there is none: fresh.
func (t tables) openable(path string) (fresh bool, err error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return false, errNotRegular
	}
	_, err = os.Lstat(path)
	fresh = errors.Is(err, fs.ErrNotExist)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, t.mode)
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
	return fresh, t.checkHead(path, head[:n])
}

// checkHead checks the first bytes of a file. They say what they say whatever
// stands in a write-ahead log beside it: the schema is never written there.
func (t tables) checkHead(path string, head []byte) error {
	switch {
	case bytes.Equal(head, make([]byte, len(head))):
		return nil // half of a file that was just being made: SQLite will know
	case len(head) < 100 || !bytes.HasPrefix(head, []byte("SQLite format 3\x00")):
		return errNoDatabase
	case int64(binary.BigEndian.Uint32(head[68:])) != t.id:
		return emptyOrForeign(path)
	}
	return t.checkVersion(int64(int32(binary.BigEndian.Uint32(head[60:]))))
}

// checkVersion says whether the tables of a database of ours are known.
func (t tables) checkVersion(version int64) error {
	if version > t.version {
		return fmt.Errorf("%w: its tables are of version %d, this one knows %d", errLater, version, t.version)
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
func (c conn) prepare(t tables) error {
	if err := c.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if err := c.makeSchema(t); err != nil {
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

func (c conn) makeSchema(t tables) error {
	n, err := c.number("SELECT count(*) FROM sqlite_schema")
	if err != nil {
		return err
	}
	if n == 0 {
		return c.exec(t.schema)
	}
	id, err := c.number("PRAGMA application_id")
	if err != nil {
		return err
	}
	version, err := c.number("PRAGMA user_version")
	if err != nil {
		return err
	}
	if id != t.id || version < t.version {
		return errForeign
	}
	return t.checkVersion(version)
}

package robots

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"time"
)

// The bounds of a cache: so many files, and so much text with what it takes to
// keep it.
const (
	maxFiles = 20_000
	maxBytes = 64 << 20
)

const (
	applicationID = 0x54525242 // "TRRB"
	schemaVersion = 1
)

// The triggers keep the counts, whoever writes. The size of a row is its text's and
// 512 bytes, so that no text needs more than a thousand others to go.
const schema = `PRAGMA application_id=0x54525242; -- "TRRB"
PRAGMA user_version=1;
CREATE TABLE files(
  origin TEXT PRIMARY KEY, status INTEGER NOT NULL, fetched INTEGER NOT NULL,
  size INTEGER NOT NULL, text BLOB NOT NULL, checksum INTEGER NOT NULL
) STRICT;
CREATE INDEX files_fetched ON files(fetched, size);
CREATE TABLE kept(files INTEGER NOT NULL CHECK(files>=0), bytes INTEGER NOT NULL CHECK(bytes>=0)) STRICT;
INSERT INTO kept VALUES(0, 0);
CREATE TRIGGER files_in AFTER INSERT ON files BEGIN
  UPDATE kept SET files=files+1, bytes=bytes+new.size;
END;
CREATE TRIGGER files_out AFTER DELETE ON files BEGIN
  UPDATE kept SET files=files-1, bytes=bytes-old.size;
END;
`

// prepare makes the tables unless they are there, and looks whether they can be
// read.
func (db *database) prepare() error {
	var id, version int64
	if err := db.numbers("PRAGMA application_id", &id); err != nil {
		return err
	}
	if id == 0 {
		if err := db.write(db.makeTables); err != nil {
			return err
		}
	}
	if err := db.numbers("PRAGMA user_version", &version); err != nil {
		return err
	}
	if version != schemaVersion {
		return fmt.Errorf("tables of version %d: %w", version, errDamaged)
	}
	return db.check()
}

// check checks the counts, with the rows as an index has them, which takes some
// milliseconds.
func (db *database) check() error {
	var good int64
	err := db.numbers("SELECT (files, bytes)=(SELECT count(*), coalesce(sum(size), 0) FROM files) FROM kept", &good)
	if err == nil && good == 0 {
		err = fmt.Errorf("its counts are wrong: %w", errDamaged)
	}
	return err
}

// makeTables makes them unless another process just has.
func (db *database) makeTables() error {
	var tables int64
	if err := db.numbers("SELECT count(*) FROM sqlite_schema", &tables); err != nil || tables > 0 {
		return err
	}
	return db.exec(schema)
}

// write makes changes that count only if all of them succeed.
func (db *database) write(changes func() error) error {
	if err := db.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := changes()
	if err == nil {
		err = db.exec("COMMIT")
	}
	if err != nil {
		_ = db.exec("ROLLBACK") // SQLite may have done so itself
	}
	return err
}

// get returns the file of an origin, however old.
func (db *database) get(origin string) (File, bool, error) {
	row, err := db.row("SELECT status, fetched, text, checksum FROM files WHERE origin=?", origin)
	if err != nil || row == nil {
		return File{}, false, err
	}
	status, _ := row[0].(int64)
	fetched, _ := row[1].(int64)
	text, _ := row[2].([]byte)
	f := File{Origin: origin, Status: int(status), Text: text, Fetched: time.UnixMilli(fetched)}
	if sum, ok := row[3].(int64); !ok || sum != checksum(f) {
		return File{}, false, nil
	}
	return f, true, nil
}

// put keeps a file, and makes room for it.
func (db *database) put(f File) error {
	return db.write(func() error {
		if err := db.exec("DELETE FROM files WHERE origin=?", f.Origin); err != nil {
			return err
		}
		if err := db.exec(expire, time.Now().Add(-MaxAge).UnixMilli()); err != nil {
			return err
		}
		err := db.exec("INSERT INTO files VALUES(?, ?, ?, ?, ?, ?)",
			f.Origin, int64(f.Status), f.Fetched.UnixMilli(), int64(len(f.Text)+512), append([]byte{}, f.Text...), checksum(f))
		if err != nil {
			return err
		}
		return db.shrink()
	})
}

// expire takes a few files away that are of no use any more.
const expire = "DELETE FROM files WHERE rowid IN (SELECT rowid FROM files WHERE fetched<? ORDER BY fetched LIMIT 8)"

// shrink takes the oldest files away until the bounds hold again.
func (db *database) shrink() error {
	for {
		var files, bytes int64
		if err := db.numbers("SELECT files, bytes FROM kept", &files, &bytes); err != nil {
			return err
		}
		if files <= db.maxFiles && bytes <= db.maxBytes {
			return nil
		}
		gone, err := db.change("DELETE FROM files WHERE rowid=(SELECT rowid FROM files ORDER BY fetched LIMIT 1)")
		if err != nil {
			return err
		}
		if gone == 0 {
			return fmt.Errorf("%d files are none: %w", files, errDamaged)
		}
	}
}

// checksum is of all that is kept, the origin too: SQLite does not notice a
// changed byte in a row.
func checksum(f File) int64 {
	b := binary.BigEndian.AppendUint64(nil, uint64(f.Status))
	b = binary.BigEndian.AppendUint64(b, uint64(f.Fetched.UnixMilli()))
	b = append(b, f.Origin...)
	b = append(b, 0)
	return int64(crc32.Update(crc32.ChecksumIEEE(b), crc32.IEEETable, f.Text))
}

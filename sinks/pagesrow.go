package sinks

import "database/sql/driver"

// pageTables are those of a page database. A page's row is in pages: that of the run that
// has changed it last. What it was before that is in before, unless it was new. A row of
// pages is never removed, so an id is of one page for ever, and pages stand in the order
// in which they came: a list that is the same each night reads them in order.
//
// key is a digest of the whole URL, see keyOf, and url is without secrets, so two users' pages
// differ in key only. A run whose row in runs is missing has not ended. seal is of the whole
// row, see sealOf.
var pageTables = tables{id: 0x54525750, version: 1, mode: 0o600, schema: `PRAGMA application_id=0x54525750; -- "TRWP"
PRAGMA user_version=1;
CREATE TABLE runs(generation INTEGER PRIMARY KEY, run TEXT NOT NULL, ended TEXT, seal INTEGER) STRICT;
CREATE TABLE pages(
  id INTEGER PRIMARY KEY, key INTEGER NOT NULL, url TEXT NOT NULL,
  generation INTEGER NOT NULL, known BLOB NOT NULL, seal INTEGER NOT NULL
) STRICT;
CREATE INDEX pages_key ON pages(key);
CREATE TABLE before(id INTEGER PRIMARY KEY, generation INTEGER NOT NULL, known BLOB NOT NULL, seal INTEGER NOT NULL) STRICT;
CREATE TABLE salt(salt BLOB NOT NULL) STRICT;
INSERT INTO salt VALUES(randomblob(16));
`}

const (
	findPage = `SELECT p.generation, p.known, p.seal, p.id, r.ended, r.seal
		FROM pages p LEFT JOIN runs r ON r.generation=p.generation WHERE p.key=? AND p.url=?`
	insertOfPage = "INSERT INTO pages(key, url, generation, known, seal) VALUES(?, ?, ?, ?, ?)"
	keepPage     = "INSERT OR REPLACE INTO before SELECT id, generation, known, seal FROM pages WHERE id=?"
	changePage   = "UPDATE pages SET generation=?, known=?, seal=? WHERE id=?"
)

func (c conn) salt() ([]byte, error) {
	row, err := c.row("SELECT salt FROM salt")
	if err != nil {
		return nil, err
	}
	if row != nil {
		if salt, _ := row[0].([]byte); len(salt) == saltSize {
			return salt, nil
		}
	}
	return nil, errDamaged
}

// pageRow is what a row says.
type pageRow struct {
	id, generation int64
	known          []byte
	ended          bool // generation has
}

// readPage returns the row of a page; nil if there is none.
func readPage(find *statement, key int64, url string) (*pageRow, error) {
	found, err := find.row(key, url)
	if !found || err != nil {
		return nil, err
	}
	row, v := &pageRow{}, find.values
	if err := row.read(v, key, url); err != nil {
		return nil, err
	}
	row.id, _ = v[3].(int64)
	ended, ok := v[4].(string)
	if ok && v[5] != sealOfEnd(row.generation, ended) {
		return nil, errDamaged
	}
	row.ended = ok
	return row, nil
}

// read reads generation, known and seal, in this order.
func (r *pageRow) read(v []driver.Value, key int64, url string) error {
	r.generation, _ = v[0].(int64)
	r.known, _ = v[1].([]byte)
	if v[2] != sealOf(key, r.generation, url, r.known) {
		return errDamaged
	}
	return nil
}

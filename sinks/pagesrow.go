package sinks

import (
	"database/sql/driver"
	"errors"
)

// pageTables are those of a page database. A page's row is in pages: that of the run that
// has changed it last. What it was before that is in before, unless it was new. A row of
// pages is never removed, so an id is of one page for ever, and pages stand in the order
// in which they came: a list that is the same each night reads them in order.
//
// key is a digest of the whole URL, see keyOf, and url is without secrets, so two users' pages
// differ in key only. A run without a row in runs has ended: the rows of earlier ones that have
// are taken away at a run's end. seal is of the whole row, see sealOf.
//
// A row whose seal is broken says nothing, nor does one of a run whose row in runs is: the page
// counts as new, which puts it right. What a run that never ended has left in pages, with what
// was before, stays until the page changes: there is one row of each at most.
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
	findPage     = "SELECT generation, known, seal, id FROM pages WHERE key=? AND url=?"
	findBefore   = "SELECT generation, known, seal FROM before WHERE id=?"
	findRun      = "SELECT ended, seal FROM runs WHERE generation=?"
	insertOfPage = "INSERT INTO pages(key, url, generation, known, seal) VALUES(?, ?, ?, ?, ?)"
	keepPage     = "INSERT OR REPLACE INTO before(id, generation, known, seal) VALUES(?, ?, ?, ?)"
	forgetBefore = "DELETE FROM before WHERE id=?"
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
	seal           int64
	known          []byte
	ended          bool // generation has
	broken         bool // it cannot be told what has been known
}

// pageFinder finds rows over one connection.
type pageFinder struct {
	page, former, run statement
	ended             map[int64]bool // generations that have: a query less a page
}

func (f *pageFinder) prepare(c conn) error {
	return errors.Join(
		c.prepareStatement(&f.page, findPage),
		c.prepareStatement(&f.former, findBefore),
		c.prepareStatement(&f.run, findRun))
}

func (f *pageFinder) close() error {
	return errors.Join(f.page.close(), f.former.close(), f.run.close())
}

// find returns the row of a page; nil if there is none.
func (f *pageFinder) find(key int64, url string) (*pageRow, error) {
	v, err := f.page.row(key, url)
	if v == nil || err != nil {
		return nil, err
	}
	row := readPage(v, key, url)
	row.id, _ = v[3].(int64)
	if !row.broken {
		row.ended, err = f.hasEnded(row.generation)
	}
	if err == errDamaged {
		row.broken, err = true, nil
	}
	return row, err
}

// before returns what a page was before a run that has not ended; nil if it was nothing.
func (f *pageFinder) before(id, key int64, url string) (*pageRow, error) {
	v, err := f.former.row(id)
	if v == nil || err != nil {
		return nil, err
	}
	return readPage(v, key, url), nil
}

// hasEnded says whether a generation's run has. One that has ended by now will not be
// gone on with while this one lasts.
func (f *pageFinder) hasEnded(generation int64) (bool, error) {
	if f.ended[generation] {
		return true, nil
	}
	v, err := f.run.row(generation)
	if err != nil {
		return false, err
	}
	if v != nil {
		ended, ok := v[0].(string)
		switch {
		case !ok && v[1] == nil:
			return false, nil
		case !ok, v[1] != sealOfEnd(generation, ended):
			return false, errDamaged
		}
	}
	if f.ended == nil {
		f.ended = map[int64]bool{}
	}
	f.ended[generation] = true
	return true, nil
}

// readPage reads generation, known and seal, in this order.
func readPage(v []driver.Value, key int64, url string) *pageRow {
	row := &pageRow{}
	row.generation, _ = v[0].(int64)
	row.known, _ = v[1].([]byte)
	row.seal, _ = v[2].(int64)
	row.broken = v[2] != sealOf(key, row.generation, url, row.known)
	return row
}

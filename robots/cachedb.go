package robots

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	modernc "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// database is one connection to a database. It is the driver's own, without
// database/sql: there is nothing to pool, and no goroutine.
type database struct {
	driver.Conn
	maxFiles, maxBytes int64 // its bounds
}

// How SQLite is to work. What a kill leaves is whole, and what a power cut leaves
// is found out: nothing needs to be synced. A journal that is there only during a
// write, unlike a log and its shared memory, also works where homes lie on a
// network. The file is bounded, whatever the counts in it say.
const pragmas = "&_pragma=busy_timeout(100)&_pragma=synchronous(OFF)" +
	"&_pragma=cache_size(-1024)&_pragma=cell_size_check(1)&_pragma=trusted_schema(0)&_pragma=max_page_count(32768)"

// connect opens the file of that path, which may have any characters.
func connect(path string) (*database, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	abs = filepath.ToSlash(abs)
	if !strings.HasPrefix(abs, "/") {
		abs = "/" + abs // C:/…
	}
	name := url.URL{Path: abs}
	c, err := new(modernc.Driver).Open("file://" + name.EscapedPath() + "?_error_rc=1&mode=rw" + pragmas)
	if err != nil {
		return nil, err
	}
	return &database{c, maxFiles, maxBytes}, nil
}

func (db *database) close() error { return db.Conn.Close() }

// change runs statements that return no rows, and says how many the last has
// changed.
func (db *database) change(statements string, args ...driver.Value) (int64, error) {
	result, err := db.Conn.(driver.ExecerContext).ExecContext(context.Background(), statements, named(args))
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (db *database) exec(statements string, args ...driver.Value) error {
	_, err := db.change(statements, args...)
	return err
}

// row returns the first row of an answer; nil if there is none.
func (db *database) row(query string, args ...driver.Value) ([]driver.Value, error) {
	rows, err := db.Conn.(driver.QueryerContext).QueryContext(context.Background(), query, named(args))
	if err != nil {
		return nil, err
	}
	row := make([]driver.Value, len(rows.Columns()))
	if err = rows.Next(row); err == io.EOF {
		row, err = nil, nil
	}
	return row, errors.Join(err, rows.Close())
}

// numbers reads a row of integers.
func (db *database) numbers(query string, into ...*int64) error {
	row, err := db.row(query)
	if err != nil {
		return err
	}
	if len(row) != len(into) {
		return fmt.Errorf("%s: %w", query, errDamaged)
	}
	for i, v := range row {
		n, ok := v.(int64)
		if !ok {
			return fmt.Errorf("%s: %w", query, errDamaged)
		}
		*into[i] = n
	}
	return nil
}

func named(values []driver.Value) []driver.NamedValue {
	args := make([]driver.NamedValue, len(values))
	for i, v := range values {
		args[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return args
}

// errDamaged is what is found wrong that SQLite does not see.
var errDamaged = errors.New("the cache is damaged")

// damaged reports whether an error means that the database will never do any more.
// With a whole one, no statement is wrong (SQLITE_ERROR: a table that is not
// there) and none violates a constraint.
func damaged(err error) bool {
	if errors.Is(err, errDamaged) {
		return true
	}
	switch code(err) {
	case sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH:
		return true
	}
	return false
}

// busy reports whether an error means that another process has the database.
func busy(err error) bool {
	return code(err) == sqlite3.SQLITE_BUSY
}

// code returns what SQLite says; 0 if it is not SQLite's error.
func code(err error) int {
	if e, ok := errors.AsType[*modernc.Error](err); ok {
		return e.Code() & 0xFF
	}
	return 0
}

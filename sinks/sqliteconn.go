package sinks

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	modernc "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// conn is one connection to a database. It is the driver's own, without
// database/sql: there is nothing to pool, and no goroutine that outlives it.
type conn struct{ driver.Conn }

// connect opens the file of that path, which may have any characters.
func connect(path, options string) (conn, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return conn{}, err
	}
	abs = filepath.ToSlash(abs)
	if !strings.HasPrefix(abs, "/") {
		abs = "/" + abs // C:/…
	}
	name := url.URL{Path: abs}
	c, err := new(modernc.Driver).Open("file://" + name.EscapedPath() + "?_error_rc=1&" + options)
	return conn{c}, err
}

// exec runs statements that return no rows.
func (c conn) exec(query string, args ...driver.Value) error {
	_, err := c.Conn.(driver.ExecerContext).ExecContext(context.Background(), query, named(args))
	return err
}

// row returns the first row of an answer; nil if there is none.
func (c conn) row(query string, args ...driver.Value) ([]driver.Value, error) {
	rows, err := c.Conn.(driver.QueryerContext).QueryContext(context.Background(), query, named(args))
	if err != nil {
		return nil, err
	}
	row := make([]driver.Value, len(rows.Columns()))
	if err = rows.Next(row); err == io.EOF {
		row, err = nil, nil
	}
	return row, errors.Join(err, rows.Close())
}

// number returns the number that an answer is.
func (c conn) number(query string) (int64, error) {
	row, err := c.row(query)
	if err != nil {
		return 0, err
	}
	n, ok := row[0].(int64)
	if !ok {
		return 0, fmt.Errorf("%s is %v", query, row[0])
	}
	return n, nil
}

func named(values []driver.Value) []driver.NamedValue {
	args := make([]driver.NamedValue, len(values))
	for i, v := range values {
		args[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return args
}

// look is what a database was like when it was looked at.
type look struct {
	info    fs.FileInfo
	version int64 // other connections' commits change it
}

func (c conn) look(path string) (now look, err error) {
	if now.version, err = c.number("PRAGMA data_version"); err != nil {
		return now, err
	}
	now.info, err = os.Stat(path)
	return now, err
}

// check returns an error if the database is no longer the file of its name, or has
// become smaller by another hand than SQLite's since it was seen: SQLite would write on.
func (c conn) check(path string, seen *look) error {
	now, err := c.look(path)
	switch {
	case err != nil:
		return wrapSQLite("write", path, err)
	case !os.SameFile(seen.info, now.info):
		return wrap("write", path, errReplaced)
	case now.info.Size() < seen.info.Size() && now.version == seen.version:
		return wrap("write", path, errTruncated)
	}
	*seen = now
	return nil
}

// wrapSQLite is wrap for what SQLite says: the error is the system's reason too,
// where there is one.
func wrapSQLite(op, path string, err error) error {
	var e *modernc.Error
	if !errors.As(err, &e) {
		return wrap(op, path, err)
	}
	reason := systemReason(e.Code())
	if e.Code()&0xFF == sqlite3.SQLITE_CANTOPEN || reason == syscall.EROFS {
		if refused := probe(filepath.Dir(path)); refused != nil {
			return wrap(op, path, refused)
		}
	}
	if reason != 0 {
		err = fmt.Errorf("%w (%w)", reason, err)
	}
	return wrap(op, path, err)
}

// systemReason returns what the system has said before SQLite did; 0 if that is
// not known.
func systemReason(code int) syscall.Errno {
	switch code {
	case sqlite3.SQLITE_IOERR_SHMSIZE:
		return syscall.ENOSPC
	case sqlite3.SQLITE_READONLY_DIRECTORY:
		return syscall.EACCES
	}
	switch code & 0xFF {
	case sqlite3.SQLITE_FULL:
		return syscall.ENOSPC
	case sqlite3.SQLITE_READONLY:
		return syscall.EROFS
	case sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH:
		return syscall.EACCES
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return syscall.EBUSY
	case sqlite3.SQLITE_IOERR:
		return syscall.EIO
	case sqlite3.SQLITE_NOMEM:
		return syscall.ENOMEM
	}
	return 0
}

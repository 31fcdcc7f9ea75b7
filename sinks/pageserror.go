package sinks

import (
	"errors"
	"fmt"

	modernc "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrPages says that a page database is not one, or is damaged, or from a later version,
// and what helps.
var ErrPages = errors.New("remove it, and every page counts as new once")

var errDamaged = errors.New("it is damaged")

// wrap is wrapSQLite; of what will be no better the next time it says what helps.
func (p *Pages) wrap(op string, err error) error {
	var e *Error
	if err == nil || errors.As(err, &e) {
		return err
	}
	if isSpoilt(err) {
		err = fmt.Errorf("%w; %w", err, ErrPages)
	}
	return wrapSQLite(op, p.path, err)
}

// isSpoilt says whether an error is about what stands in the file.
func isSpoilt(err error) bool {
	for _, spoilt := range []error{errNoDatabase, errForeign, errDamaged, errLater} {
		if errors.Is(err, spoilt) {
			return true
		}
	}
	var e *modernc.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() & 0xFF {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_SCHEMA, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_CONSTRAINT:
		return true
	}
	return e.Code() == sqlite3.SQLITE_IOERR_SHORT_READ
}

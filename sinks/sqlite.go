package sinks

import (
	"context"
	"database/sql/driver"
	"errors"
	"io/fs"
	"os"
	"time"

	"trawl/parse"
)

// sqlite is the sink of a SQLite database: a row a record, pages and failures. A
// commit is one transaction; others may read meanwhile, and see whole commits.
// The database may hold earlier runs.
//
// While it is open this process must not open and close the file in another way:
// POSIX takes the locks that SQLite has on it away then.
type sqlite struct {
	path, run string
	fresh     bool // opening it made the file
	first     bool // opening it made the run's row
	seen      look // the last time

	db       conn
	insert   driver.Stmt
	columns  []field
	args     []driver.NamedValue // kept between rows
	underway bool                // a transaction is
}

// openSQLite opens the database, makes it if there is none, and says that the
// run is under way: that of a resumed run has its row, and rows, already. If any
// of that fails what there was is as it was, and the error is an [*Error]. A
// file that is not ours is refused.
func openSQLite(path, run string, about About) (*sqlite, error) {
	s, err := connectSQLite(path, run)
	if err != nil {
		return nil, err
	}
	if err := s.start(about); err != nil {
		s.abandon()
		return nil, wrapSQLite("open", path, err)
	}
	return s, nil
}

// frameIn returns the last frame of a run in a database that is not open; nil if
// there is none. It changes nothing of the run's.
func frameIn(path, run string) ([]byte, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	s, err := connectSQLite(path, run)
	if err != nil {
		return nil, err
	}
	data, err := s.frame()
	return data, errors.Join(err, s.close())
}

// connectSQLite opens the database, or makes it.
func connectSQLite(path, run string) (*sqlite, error) {
	fresh, err := resultTables.openable(path)
	s := &sqlite{path: path, run: run, fresh: fresh}
	if err == nil {
		err = s.connect()
	}
	if err == nil {
		return s, nil
	}
	err = errors.Join(err, s.disconnect())
	if fresh {
		removeDatabase(path)
	}
	return nil, wrapSQLite("open", path, err)
}

// connection is how SQLite is to work: a commit is on disk when it returns; who
// else writes to the file is waited for a while; memory is bounded (16 MiB).
const connection = "mode=rw&_pragma=busy_timeout(5000)&_pragma=synchronous(FULL)&_pragma=cache_size(-16384)"

func (s *sqlite) connect() (err error) {
	if s.db, err = connect(s.path, connection); err != nil {
		return err
	}
	if err := s.db.prepare(resultTables); err != nil {
		return err
	}
	s.seen, err = s.db.look(s.path)
	return err
}

// start makes ready for records, and says in the run's row that it is under way.
func (s *sqlite) start(about About) error {
	s.columns = pageColumns(s.run)
	s.args = named(make([]driver.Value, len(s.columns)))
	insert, err := s.db.Prepare(insertPage(s.columns))
	if err != nil {
		return err
	}
	s.insert = insert // not before: the driver's is a nil pointer after an error
	row, err := s.db.row("SELECT 1 FROM runs WHERE run=?", s.run)
	if err != nil {
		return err
	}
	if row != nil {
		return s.db.exec(`UPDATE runs SET ended=NULL, exit_code=NULL, urls=NULL, pages=NULL, failed=NULL, skipped=NULL, bytes=NULL
			WHERE run=?`, s.run)
	}
	s.first = true
	return s.db.exec("INSERT INTO runs(run, started, version, command) VALUES(?, ?, ?, ?)",
		s.run, momentText(about.Started), wellFormed(about.Version), wellFormed(about.Command))
}

func momentText(t time.Time) string { return string(appendMoment(nil, t.UnixMilli())) }

// abandon closes a database that will not be written after all, and takes away
// what opening it has made.
func (s *sqlite) abandon() {
	if s.first && !s.fresh {
		_ = s.db.exec("DELETE FROM runs WHERE run=?", s.run)
	}
	_ = s.close()
	if s.fresh {
		removeDatabase(s.path)
	}
}

func (s *sqlite) write(recs []parse.Record) error {
	for i := range recs {
		if recs[i].Skipped != "" {
			continue
		}
		if err := s.begin(); err != nil {
			return err
		}
		for c := range s.columns {
			s.args[c].Value = s.columns[c].sql(&recs[i])
		}
		if _, err := s.insert.(driver.StmtExecContext).ExecContext(context.Background(), s.args); err != nil {
			return wrapSQLite("write", s.path, err)
		}
	}
	return nil
}

// begin begins a transaction, unless one is under way. It waits here, not at its
// end, for others who write.
func (s *sqlite) begin() error {
	if s.underway {
		return nil
	}
	if err := s.db.exec("BEGIN IMMEDIATE"); err != nil {
		return wrapSQLite("write", s.path, err)
	}
	s.underway = true
	return nil
}

// sync leaves all to transact.
func (s *sqlite) sync() error { return nil }

func (s *sqlite) transact(frame []byte) error {
	if frame != nil {
		if err := s.begin(); err != nil {
			return err
		}
		err := s.db.exec("INSERT INTO state(run, frame) VALUES(?1, ?2) ON CONFLICT(run) DO UPDATE SET frame=?2", s.run, frame)
		if err == nil { // of an earlier run: it cannot be resumed any more
			err = s.db.exec("DELETE FROM state WHERE run<>?", s.run)
		}
		if err != nil {
			return wrapSQLite("write", s.path, err)
		}
	}
	return s.commit()
}

func (s *sqlite) commit() error {
	if !s.underway {
		return nil
	}
	if err := s.check(); err != nil {
		return err
	}
	if err := s.db.exec("COMMIT"); err != nil {
		return wrapSQLite("sync", s.path, err)
	}
	s.underway = false
	return nil
}

func (s *sqlite) frame() ([]byte, error) {
	row, err := s.db.row("SELECT frame FROM state WHERE run=?", s.run)
	if err != nil || row == nil {
		return nil, wrapSQLite("read", s.path, err)
	}
	frame, _ := row[0].([]byte)
	return frame, nil
}

func (s *sqlite) mark() mark { return mark{Path: s.path, File: idOf(s.seen.info)} }

// settle has nothing to do: transact has.
func (s *sqlite) settle() {}

// cut ends the transaction that is under way; SQLite may have done so itself.
func (s *sqlite) cut() {
	if s.underway {
		_ = s.db.exec("ROLLBACK")
		s.underway = false
	}
}

func (s *sqlite) end(e End) error {
	if err := s.begin(); err != nil {
		return err
	}
	err := s.db.exec("UPDATE runs SET ended=?, exit_code=?, urls=?, pages=?, failed=?, skipped=?, bytes=? WHERE run=?",
		momentText(time.Now()), int64(e.Exit), e.URLs, e.Pages, e.Failed, e.Skipped, e.Bytes, s.run)
	if err != nil {
		return wrapSQLite("write", s.path, err)
	}
	return s.commit()
}

// close brings all into the one file, as far as nobody is reading just now: whoever
// closes it last does the rest.
func (s *sqlite) close() error {
	if err := s.check(); err != nil {
		_ = s.disconnect()
		return err
	}
	err := s.db.exec("PRAGMA busy_timeout=0; PRAGMA wal_checkpoint(TRUNCATE)")
	return wrapSQLite("close", s.path, errors.Join(err, s.disconnect()))
}

func (s *sqlite) disconnect() error {
	var errs []error
	if s.insert != nil {
		errs = append(errs, s.insert.Close())
	}
	if s.db.Conn != nil {
		errs = append(errs, s.db.Close())
	}
	return errors.Join(errs...)
}

func (s *sqlite) check() error { return s.db.check(s.path, &s.seen) }

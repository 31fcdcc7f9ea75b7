package sinks

import (
	"errors"
	"os"
	"time"

	"trawl/fetch"
)

// Pages is a database of what is known of an output's pages across runs: by which a run
// tells what has changed. It has two versions of each, that of the last run that ended and
// that of the run that is under way.
//
// One goroutine may look up while another one writes. While it is open this process must
// not open and close the file in another way, as POSIX takes the locks that SQLite has on
// it away then.
type Pages struct {
	path       string
	salt       []byte
	generation int64 // of the run that is under way; 0 is none

	db                   conn // writes
	seen                 look // by check
	rows                 pageFinder
	insert, keep, change statement
	forget               statement

	reader conn // looks up
	lookup pageFinder
}

// A page database is read and written by a connection each, so that a look-up does not
// wait for a commit. Their caches are most of its memory, which is twice of what they are
// told, as each page takes 2 KiB of it: they hold the inner pages of the
// index of ten million URLs, and what one transaction changes. Pages of the file are small,
// as each new URL changes one of the index, wherever its digest belongs, and the log has that
// page whole. The log is brought into the file when it has 16 MiB, as far as nobody reads
// what stood there before.
const (
	pagesWriter = "mode=rw&_pragma=page_size(1024)&_pragma=busy_timeout(5000)&_pragma=synchronous(FULL)&_pragma=cache_size(-4096)" +
		"&_pragma=wal_autocheckpoint(16384)&_pragma=journal_size_limit(16777216)"
	pagesReader = "mode=rw&_pragma=busy_timeout(5000)&_pragma=query_only(1)&_pragma=cache_size(-2048)"
)

// OpenPages opens the database of what is known of an output's pages, or makes it. The
// error is an [*Error] if it cannot, or if the file is something else, damaged, or made by a
// later version.
func OpenPages(path string) (*Pages, error) {
	fresh, err := pageTables.openable(path)
	p := &Pages{path: path}
	if err == nil {
		err = p.connect()
	}
	if err == nil {
		return p, nil
	}
	_ = p.disconnect()
	if fresh {
		removeDatabase(path)
	}
	return nil, p.wrap("open", err)
}

func (p *Pages) connect() (err error) {
	if p.db, err = connect(p.path, pagesWriter); err != nil {
		return err
	}
	if err := p.db.prepare(pageTables); err != nil {
		return err
	}
	if p.seen, err = p.db.look(p.path); err != nil {
		return err
	}
	if p.salt, err = p.db.salt(); err != nil {
		return err
	}
	if p.reader, err = connect(p.path, pagesReader); err != nil {
		return err
	}
	return errors.Join(
		p.lookup.prepare(p.reader),
		p.rows.prepare(p.db),
		p.db.prepareStatement(&p.insert, insertOfPage),
		p.db.prepareStatement(&p.keep, keepPage),
		p.db.prepareStatement(&p.forget, forgetBefore),
		p.db.prepareStatement(&p.change, changePage))
}

// ResumePages opens the database that an interrupted run of that id has begun in. The error is
// an [*Error]: [fs.ErrNotExist] if there is none, [ErrOther] if it has not heard of that run;
// it is left alone then. Else it is as that of [OpenPages].
func ResumePages(path, run string) (*Pages, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, wrap("open", path, err)
	case info.Mode().IsRegular() && info.Size() == 0:
		return nil, wrap("open", path, ErrOther)
	}
	p, err := OpenPages(path)
	if err != nil {
		return nil, err
	}
	row, err := p.db.row("SELECT 1 FROM runs WHERE run=?", wellFormed(run))
	if err == nil && row == nil {
		err = ErrOther
	}
	if err != nil {
		return nil, errors.Join(p.wrap("open", err), p.Close())
	}
	return p, nil
}

// Known returns what the last run that ended knew of a listed URL; nil is nothing. It may
// be called by one goroutine at a time, while another one writes. An error is an [*Error].
func (p *Pages) Known(url string) (*fetch.Known, error) {
	key := keyOf(p.salt, url)
	known, err := p.known(key, fetch.WithoutSecrets(url))
	return known, p.wrap("read", err)
}

func (p *Pages) known(key int64, url string) (*fetch.Known, error) {
	row, err := p.lookup.find(key, url)
	if err == nil && row != nil && !row.broken && !row.ended {
		row, err = p.lookup.before(row.id, key, url)
	}
	if err != nil || row == nil || row.broken {
		return nil, err
	}
	return decodeKnown(row.known, url)
}

// begin begins a run, or goes on with one that was interrupted, or whose end came just
// before a crash: it has not ended then. What a run has left that never ended counts as
// if it had not been. The error is [ErrOther] for a resumed run that is not known.
func (p *Pages) begin(run string, resumed bool) error {
	p.lookup.ended, p.rows.ended = nil, nil // a resumed run may be one of them
	return p.transact(func() (err error) {
		if resumed {
			p.generation, err = p.resume(run)
			return err
		}
		if err := p.db.exec("INSERT INTO runs(run) VALUES(?)", wellFormed(run)); err != nil {
			return err
		}
		p.generation, err = p.db.number("SELECT max(generation) FROM runs")
		return err
	})
}

// resume takes up the generation of a run.
func (p *Pages) resume(run string) (int64, error) {
	row, err := p.db.row("SELECT max(generation) FROM runs WHERE run=?", wellFormed(run))
	if err != nil {
		return 0, err
	}
	generation, ok := row[0].(int64)
	if !ok {
		return 0, ErrOther
	}
	return generation, p.db.exec("UPDATE runs SET ended=NULL, seal=NULL WHERE generation=?", generation)
}

// end says that the run has ended: what it has left is from now on what is known. That is
// durable when it returns.
func (p *Pages) end() error {
	ended := momentText(time.Now())
	return p.transact(func() error {
		err := p.db.exec("UPDATE runs SET ended=?, seal=? WHERE generation=?", ended, sealOfEnd(p.generation, ended), p.generation)
		if err != nil {
			return err
		}
		return p.db.exec("DELETE FROM runs WHERE generation<? AND ended IS NOT NULL", p.generation)
	})
}

// remember keeps what a run has learned; of a URL that is there twice the last. It is
// durable when it returns, or nothing has happened. A second time is no harm.
func (p *Pages) remember(updates []update) error {
	if len(updates) == 0 {
		return nil
	}
	return p.transact(func() error {
		for i := range updates {
			if err := p.put(&updates[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// put writes a row, unless it would not change.
func (p *Pages) put(u *update) error {
	row, err := p.rows.find(u.key, u.url)
	if err != nil {
		return err
	}
	seal := sealOf(u.key, p.generation, u.url, u.known)
	switch {
	case row == nil:
		return p.insert.exec(u.key, u.url, p.generation, u.known, seal)
	case row.broken: // what was before is older than what is lost
		if err := p.forget.exec(row.id); err != nil {
			return err
		}
	case string(row.known) == string(u.known) && (row.ended || row.generation == p.generation):
		return nil
	case row.ended:
		if err := p.keep.exec(row.id, row.generation, row.known, row.seal); err != nil {
			return err
		}
	}
	return p.change.exec(p.generation, u.known, seal, row.id)
}

// transact runs do as one transaction, which is on disk when it returns. It waits for others
// who write at its beginning, not at its end.
func (p *Pages) transact(do func() error) error {
	if err := p.db.exec("BEGIN IMMEDIATE"); err != nil {
		return p.wrap("write", err)
	}
	err := do()
	if err == nil {
		err = p.db.check(p.path, &p.seen)
	}
	if err == nil {
		err = p.db.exec("COMMIT")
	}
	if err != nil {
		_ = p.db.exec("ROLLBACK") // SQLite may have done so itself
	}
	return p.wrap("write", err)
}

// Close brings all into the one file, as far as no other program is reading just now:
// whoever closes it last does the rest. The goroutines that look up and write must have
// ended. An error is an [*Error].
func (p *Pages) Close() error {
	if err := p.db.check(p.path, &p.seen); err != nil {
		_ = p.disconnect()
		return err
	}
	err := p.closeReader()
	if err == nil {
		err = p.db.exec("PRAGMA busy_timeout=0; PRAGMA wal_checkpoint(TRUNCATE)")
	}
	return p.wrap("close", errors.Join(err, p.disconnect()))
}

func (p *Pages) closeReader() error {
	err := p.lookup.close()
	if p.reader.Conn != nil {
		err = errors.Join(err, p.reader.Close())
	}
	p.reader = conn{}
	return err
}

func (p *Pages) disconnect() error {
	err := errors.Join(p.closeReader(), p.rows.close(), p.insert.close(), p.keep.close(), p.forget.close(), p.change.close())
	if p.db.Conn != nil {
		err = errors.Join(err, p.db.Close())
	}
	return err
}

package sinks

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"trawl/fetch"
	"trawl/parse"
)

var testAbout = About{
	Version: "1.2.3", Command: "trawl -o pages.db urls.txt",
	Started: time.Date(2026, 11, 22, 10, 24, 39, 121_999_999, time.FixedZone("CET", 3600)),
}

const laterRun = "20261123T000000Z-0001"

func mustOpenSQLite(t *testing.T, path, run string) *sqlite {
	t.Helper()
	s, err := openSQLite(path, run, testAbout)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// commitSQLite writes and commits, as the writer does.
func commitSQLite(t *testing.T, s *sqlite, frame string, recs ...parse.Record) {
	t.Helper()
	var b []byte
	if frame != "" {
		b = []byte(frame)
	}
	for _, step := range []func() error{
		func() error { return s.write(recs) }, s.sync, func() error { return s.transact(b) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	s.settle()
}

func closeSQLite(t *testing.T, s *sqlite) {
	t.Helper()
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	for _, log := range sqliteLogs {
		if _, err := os.Stat(s.path + log); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s stands beside the file when all is well (%v)", log, err)
		}
	}
}

// query returns the rows of an answer as text, as database/sql gives it.
func query(t *testing.T, path, q string) []string {
	t.Helper()
	db, err := sql.Open("sqlite", "file://"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(q)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for rows.Next() {
		row, to := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range row {
			to[i] = &row[i]
		}
		if err := rows.Scan(to...); err != nil {
			t.Fatal(err)
		}
		var line []string
		for _, v := range row {
			if !v.Valid {
				v.String = "NULL"
			}
			line = append(line, v.String)
		}
		lines = append(lines, strings.Join(line, "|"))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

func checkQuery(t *testing.T, path, q string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, query(t, path, q)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", q, diff)
	}
}

func TestSQLiteHoldsEveryValue(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db.sqlite")
	rec, _ := golden()
	rec.ETag, rec.LastModified = `W/"x"`, "Sun, 22 Nov 2026 09:24:39 GMT"
	s := mustOpenSQLite(t, path, testRun)
	commitSQLite(t, s, "", rec,
		parse.Record{Seq: 3, URL: "http://b:8080/", Class: fetch.Timeout, HasSize: true, Attempts: 1, Change: parse.Gone},
		parse.Record{Seq: 4, Skipped: "duplicate"},
		parse.Record{Seq: 5, URL: "a\x00b\xff", Class: fetch.BadURL, Error: "not a URL", Meta: []byte("null")})
	closeSQLite(t, s)
	checkQuery(t, path, "SELECT * FROM pages",
		testRun+"|2|https://example.com/old|https://example.com/new|example.com|200|20417|20533|5120|text/html|2026-11-22T09:24:39.121Z|233.5|180.25|2|"+
			`HTTP/2.0|192.0.2.10|W/"x"|Sun, 22 Nov 2026 09:24:39 GMT|9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08|changed|NULL|NULL|{"id":77}|{"h1":["New"]}`,
		testRun+"|3|http://b:8080/|NULL|b:8080|0|NULL|NULL|NULL|NULL|NULL|NULL|NULL|1|NULL|NULL|NULL|NULL|NULL|gone|timeout|timeout|NULL|NULL",
		testRun+"|5|a\uFFFDb\uFFFD|NULL||0|NULL|NULL|NULL|NULL|NULL|NULL|NULL|0|NULL|NULL|NULL|NULL|NULL|NULL|bad_url|not a URL|NULL|NULL")
	checkQuery(t, path, "SELECT DISTINCT typeof(run),typeof(seq),typeof(url),typeof(status),typeof(size),typeof(time),typeof(duration_ms),typeof(attempts),typeof(meta) FROM pages WHERE seq=2",
		"text|integer|text|integer|integer|text|real|integer|text")
	checkQuery(t, path, "PRAGMA journal_mode", "wal")
	checkQuery(t, path, "PRAGMA application_id", fmt.Sprint(0x5452574C))
	checkQuery(t, path, "PRAGMA user_version", "1")
	checkQuery(t, path, "SELECT name FROM pragma_table_list WHERE strict ORDER BY name", "pages", "runs", "state")
	checkQuery(t, path, "PRAGMA integrity_check", "ok")
}

func TestSQLiteTellsOfTheRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db.sqlite")
	s := mustOpenSQLite(t, path, testRun)
	const start = testRun + "|2026-11-22T09:24:39.121Z|1.2.3|trawl -o pages.db urls.txt|"
	runs := "SELECT run,started,version,command,exit_code,urls,pages,failed,skipped,bytes,ended IS NULL FROM runs"
	checkQuery(t, path, runs, start+"NULL|NULL|NULL|NULL|NULL|NULL|1")

	commitSQLite(t, s, "frame", parse.Record{Seq: 1, URL: "http://a/"})
	if err := s.end(End{Exit: 130, URLs: 9, Pages: 1, Failed: 2, Skipped: 3, Bytes: 4}); err != nil {
		t.Fatal(err)
	}
	closeSQLite(t, s)
	checkQuery(t, path, runs, start+"130|9|1|2|3|4|0")
	checkQuery(t, path, "SELECT * FROM state", testRun+"|frame")

	s = mustOpenSQLite(t, path, testRun) // resumed
	checkQuery(t, path, runs, start+"NULL|NULL|NULL|NULL|NULL|NULL|1")
	commitSQLite(t, s, "", parse.Record{Seq: 2, URL: "http://b/"})
	before := time.Now().UTC().Truncate(time.Millisecond)
	if err := s.end(End{Whole: true, URLs: 2, Pages: 2, Bytes: 1 << 40}); err != nil {
		t.Fatal(err)
	}
	closeSQLite(t, s)
	checkQuery(t, path, runs, start+"0|2|2|0|0|1099511627776|0")
	checkQuery(t, path, "SELECT * FROM state", testRun+"|frame") // until the next run: this one's journal may not be gone yet
	ended, err := time.Parse("2006-01-02T15:04:05.000Z", query(t, path, "SELECT ended FROM runs")[0])
	if err != nil || ended.Before(before) || ended.After(time.Now()) {
		t.Errorf("ended %v, %v; it was after %v", ended, err, before)
	}
}

func TestSQLiteCanBeReadMeanwhileInWholeCommits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db.sqlite")
	s := mustOpenSQLite(t, path, testRun)
	reader, err := sql.Open("sqlite", "file://"+path+"?mode=ro&_busy_timeout=0")
	if err != nil {
		t.Fatal(err)
	}
	check := func(want int64) {
		t.Helper()
		var n int64
		if err := reader.QueryRow("SELECT count(*) FROM pages").Scan(&n); n != want || err != nil {
			t.Errorf("a reader finds %d pages, %v; want %d", n, err, want)
		}
	}
	check(0)
	for i := int64(1); i <= 3; i++ {
		if err := s.write([]parse.Record{{Seq: 2 * i}, {Seq: 2*i + 1}}); err != nil {
			t.Fatal(err)
		}
		check(2 * (i - 1))
		commitSQLite(t, s, "")
		check(2 * i)
	}
	// A reader in the middle of a transaction neither holds up the run nor its end.
	tx, err := reader.Begin()
	if err != nil {
		t.Fatal(err)
	}
	var n int64
	if err := tx.QueryRow("SELECT count(*) FROM pages").Scan(&n); err != nil {
		t.Fatal(err)
	}
	commitSQLite(t, s, "", parse.Record{Seq: 8})
	if err := s.close(); err != nil {
		t.Errorf("close while somebody reads: %v", err)
	}
	if err := checkAlone(path); !errors.Is(err, syscall.EBUSY) {
		t.Errorf("a database of which a part stands beside it counts as alone: %v", err)
	}
	if err := tx.QueryRow("SELECT count(*) FROM pages").Scan(&n); n != 6 || err != nil {
		t.Errorf("the reader's transaction finds %d pages, %v; want its 6", n, err)
	}
	if err := errors.Join(tx.Rollback(), reader.Close()); err != nil {
		t.Fatal(err)
	}
	checkQuery(t, path, "SELECT count(*) FROM pages", "7")
	closeSQLite(t, mustOpenSQLite(t, path, testRun))
	if err := checkAlone(path); err != nil {
		t.Error(err)
	}
}

func TestSQLiteKeepsRecordsAndFrameOrNeither(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db.sqlite")
	checkFrame := func(s *sqlite, want string) {
		t.Helper()
		if got, err := s.frame(); string(got) != want || (got == nil) != (want == "") || err != nil {
			t.Errorf("the last frame is %q, %v; want %q", got, err, want)
		}
	}
	s := mustOpenSQLite(t, path, testRun)
	checkFrame(s, "")
	commitSQLite(t, s, "one\x00\xff", parse.Record{Seq: 1})
	commitSQLite(t, s, "two", parse.Record{Seq: 2})
	commitSQLite(t, s, "three") // a frame may come alone
	if err := s.write([]parse.Record{{Seq: 3}, {Seq: 4}}); err != nil {
		t.Fatal(err)
	}
	s.cut()
	checkFrame(s, "three")
	commitSQLite(t, s, "") // nothing at all
	closeSQLite(t, s)

	s = mustOpenSQLite(t, path, laterRun)
	checkFrame(s, "") // another run's is not this one's
	commitSQLite(t, s, "of another", parse.Record{Seq: 1})
	closeSQLite(t, s)
	for run, want := range map[string]string{testRun: "", laterRun: "of another", "none": ""} {
		if got, err := frameIn(path, run); string(got) != want || (got == nil) != (want == "") || err != nil {
			t.Errorf("the frame of %s is %q, %v; want %q", run, got, err, want)
		}
	}
	checkQuery(t, path, "SELECT run FROM runs", testRun, laterRun)
	if got, err := frameIn(path+".none", testRun); got != nil || err != nil {
		t.Errorf("the frame in a file that is not there: %q, %v", got, err)
	}
	s = mustOpenSQLite(t, path, testRun)
	checkFrame(s, "")
	commitSQLite(t, s, "four", parse.Record{Seq: 3})
	closeSQLite(t, s)
	checkQuery(t, path, "SELECT run, seq FROM pages", testRun+"|1", testRun+"|2", testRun+"|3", laterRun+"|1")
	checkQuery(t, path, "SELECT run, CAST(frame AS TEXT) FROM state ORDER BY run", testRun+"|four")
}

// What a crash leaves is the file and its log as they are on disk.
func TestSQLiteHasItsLastCommitAfterACrash(t *testing.T) {
	dir := t.TempDir()
	path, crashed := filepath.Join(dir, "db.sqlite"), filepath.Join(dir, "crashed.sqlite")
	s := mustOpenSQLite(t, path, testRun)
	var recs []parse.Record
	for i := range int64(5000) {
		recs = append(recs, parse.Record{Seq: i, URL: fmt.Sprint("http://a/", i)})
	}
	commitSQLite(t, s, "good", recs[:3000]...)
	if err := s.write(recs[3000:]); err != nil {
		t.Fatal(err)
	}
	for _, log := range []string{"", "-wal"} {
		b, err := os.ReadFile(path + log)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(crashed+log, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s.cut()
	closeSQLite(t, s)

	s = mustOpenSQLite(t, crashed, testRun)
	if got, err := s.frame(); string(got) != "good" || err != nil {
		t.Errorf("the frame is %q, %v", got, err)
	}
	commitSQLite(t, s, "better", recs[3000:]...)
	closeSQLite(t, s)
	checkQuery(t, crashed, "SELECT count(*), count(DISTINCT url) FROM pages", "5000|5000")
	checkQuery(t, crashed, "PRAGMA integrity_check", "ok")
}

func TestSQLiteCannotHoldAPageTwice(t *testing.T) {
	s := mustOpenSQLite(t, filepath.Join(t.TempDir(), "db.sqlite"), testRun)
	commitSQLite(t, s, "", parse.Record{Seq: 1})
	var e *Error
	if err := s.write([]parse.Record{{Seq: 1}}); !errors.As(err, &e) || e.Op != "write" || e.Path != s.path {
		t.Errorf("a second record of a position: %v, want an Error", err)
	}
	s.cut()
	closeSQLite(t, s)
}

func TestLatestIsTheLastRunsRowOfEachURL(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db.sqlite")
	for run, urls := range map[string][]string{laterRun: {"http://b/", "http://c/"}, testRun: {"http://a/", "http://b/"}} {
		s := mustOpenSQLite(t, path, run)
		for i, url := range urls {
			commitSQLite(t, s, "", parse.Record{Seq: int64(i), URL: url})
		}
		closeSQLite(t, s)
	}
	checkQuery(t, path, "SELECT url, run FROM latest ORDER BY url", "http://a/|"+testRun, "http://b/|"+laterRun, "http://c/|"+laterRun)
}

func TestADatabaseMayHaveAnyName(t *testing.T) {
	for _, name := range []string{
		"a b.db", "what?.db", "x.db?mode=memory", "#1.db", "100%.db", "%41.db", ":memory:", "file:x.db", "ü&ß=.db", "-", "'\";.db", "\\.db", "a\nb.db", "\xff.db",
	} {
		dir := t.TempDir()
		t.Chdir(dir)
		for i := range 2 {
			s := mustOpenSQLite(t, name, testRun)
			commitSQLite(t, s, "", parse.Record{Seq: int64(i)})
			closeSQLite(t, s)
		}
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != 1 || entries[0].Name() != name {
			t.Errorf("%q: the folder holds %v, %v", name, entries, err)
		}
		if err := os.Rename(name, "plain.db"); err != nil {
			t.Fatal(err)
		}
		checkQuery(t, filepath.Join(dir, "plain.db"), "SELECT count(*) FROM pages", "2")
	}
}

// foreign makes a database with these statements.
func foreign(t *testing.T, statements string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "foreign.db")
	db, err := connect(path, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.exec(statements), db.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAFileThatIsNotOursIsRefusedAndLeftAlone(t *testing.T) {
	text := filepath.Join(t.TempDir(), "db.txt")
	if err := os.WriteFile(text, []byte("url:<http://a/> size:[1]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	short := filepath.Join(t.TempDir(), "short")
	if err := os.WriteFile(short, []byte("SQLite format 3\x00"), 0o644); err != nil {
		t.Fatal(err)
	}
	logged := foreign(t, "PRAGMA application_id=7")
	if err := os.WriteFile(logged+"-wal", []byte("of another program"), 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{
		text:                            errNoDatabase,
		short:                           errNoDatabase,
		foreign(t, "CREATE TABLE t(x)"): errForeign,
		foreign(t, "PRAGMA journal_mode=WAL; CREATE TABLE t(x); PRAGMA application_id=1"):                                                        errForeign,
		foreign(t, "CREATE TABLE t(x); PRAGMA application_id=0x5452574C"):                                                                        errForeign,
		foreign(t, schema+"PRAGMA application_id=0"):                                                                                             errForeign,
		foreign(t, schema+"PRAGMA user_version=2"):                                                                                               nil,
		foreign(t, schema+"PRAGMA user_version=0"):                                                                                               errForeign,
		foreign(t, "PRAGMA application_id=0x5452574C; PRAGMA user_version=2000000000;"):                                                          nil,
		foreign(t, "CREATE TABLE t(x); INSERT INTO t VALUES(zeroblob(1<<20)); DROP TABLE t;"+schema+"DROP TABLE pages; PRAGMA journal_mode=WAL"): nil,
		logged: errForeign,
	} {
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = openSQLite(path, testRun, testAbout)
		var e *Error
		if !errors.As(err, &e) || e.Op != "open" || e.Path != path || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: %v, want an Error with %v", path, err, want)
		}
		if after, err := os.ReadFile(path); string(after) != string(before) || err != nil {
			t.Errorf("%s was touched (%v)", path, err)
		}
		for _, log := range sqliteLogs {
			if _, err := os.Stat(path + log); err == nil && path != logged {
				t.Errorf("%s stands beside %s", log, path)
			}
		}
	}
	_, err := openSQLite(foreign(t, schema+"PRAGMA user_version=2"), testRun, testAbout)
	if err == nil || !strings.HasSuffix(err.Error(), ": a newer trawl has made it: its tables are of version 2, this one knows 1") {
		t.Errorf("a newer version: %v", err)
	}
}

func TestAnEmptyDatabaseGetsTheTables(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		empty,
		foreign(t, "PRAGMA user_version=7; PRAGMA journal_mode=WAL"),
		foreign(t, "CREATE TABLE t(x); DROP TABLE t"),
	} {
		s := mustOpenSQLite(t, path, testRun)
		commitSQLite(t, s, "", parse.Record{Seq: 1})
		closeSQLite(t, s)
		checkQuery(t, path, "SELECT count(*) FROM pages", "1")
		checkQuery(t, path, "PRAGMA user_version", "1")
	}
	if info, err := os.Stat(empty); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("its mode has become %v, %v", info.Mode(), err)
	}
}

func TestWhatCannotBeOpenedSaysWhy(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{
		dir:                                syscall.EISDIR,
		fifo:                               errNotRegular,
		os.DevNull:                         errNotRegular,
		filepath.Join(dir, "none", "x.db"): fs.ErrNotExist,
		filepath.Join(dir, strings.Repeat("x", 300)): syscall.ENAMETOOLONG,
	} {
		_, err := openSQLite(path, testRun, testAbout)
		var e *Error
		if !errors.As(err, &e) || e.Op != "open" || e.Path != path || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: %v, want an Error with %v", path, err, want)
		}
	}
}

func TestWhatIsAbandonedIsAsItWas(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db.sqlite")
	mustOpenSQLite(t, path, testRun).abandon()
	if entries, err := os.ReadDir(filepath.Dir(path)); len(entries) > 0 || err != nil {
		t.Errorf("%v is left, %v", entries, err)
	}
	s := mustOpenSQLite(t, path, testRun)
	commitSQLite(t, s, "frame", parse.Record{Seq: 1})
	closeSQLite(t, s)
	mustOpenSQLite(t, path, laterRun).abandon()
	mustOpenSQLite(t, path, testRun).abandon()
	checkQuery(t, path, "SELECT run FROM runs", testRun)
	checkQuery(t, path, "SELECT count(*) FROM pages", "1")
	checkQuery(t, path, "SELECT run FROM state", testRun)
}

func TestADatabaseThatIsReplacedOrTruncatedIsAnError(t *testing.T) {
	for name, c := range map[string]struct {
		change func(path string) error
		want   error
	}{
		"replaced":  {func(path string) error { return os.Rename(foreign(t, schema), path) }, errReplaced},
		"truncated": {func(path string) error { return os.Truncate(path, 0) }, errTruncated},
		"removed":   {os.Remove, fs.ErrNotExist},
		"vacuumed": {func(path string) error {
			db, err := connect(path, "")
			if err != nil {
				return err
			}
			return errors.Join(db.exec("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)"), db.Close())
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := mustOpenSQLite(t, filepath.Join(t.TempDir(), "db.sqlite"), testRun)
			commitSQLite(t, s, "", parse.Record{Seq: 1, Data: []byte(`"` + strings.Repeat("x", 1<<20) + `"`)})
			if err := s.db.exec("DELETE FROM pages; PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
				t.Fatal(err)
			}
			commitSQLite(t, s, "", parse.Record{Seq: 2})
			if err := c.change(s.path); err != nil {
				t.Fatal(err)
			}
			if err := s.write([]parse.Record{{Seq: 3}}); err != nil {
				t.Fatal(err)
			}
			checkLost := func(err error) {
				t.Helper()
				var e *Error
				if c.want == nil && err != nil || c.want != nil && (!errors.As(err, &e) || e.Path != s.path || !errors.Is(err, c.want)) {
					t.Errorf("%v, want an Error with %v", err, c.want)
				}
			}
			checkLost(s.transact(nil))
			s.cut()
			checkLost(s.close())
		})
	}
}

func TestSQLiteWaitsForAnotherWhoWrites(t *testing.T) {
	s := mustOpenSQLite(t, filepath.Join(t.TempDir(), "db.sqlite"), testRun)
	another, err := connect(s.path, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := another.exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	written := make(chan error)
	go func() { written <- s.write([]parse.Record{{Seq: 1}}) }()
	if err := another.exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := <-written; err != nil {
		t.Errorf("write: %v", err)
	}
	s.cut()

	if err := errors.Join(another.exec("BEGIN IMMEDIATE"), s.db.exec("PRAGMA busy_timeout=0")); err != nil {
		t.Fatal(err)
	}
	var e *Error
	if err := s.write([]parse.Record{{Seq: 1}}); !errors.As(err, &e) || !errors.Is(err, syscall.EBUSY) || e.Op != "write" {
		t.Errorf("write when it has waited in vain: %v", err)
	}
	s.cut()
	if err := another.Close(); err != nil {
		t.Fatal(err)
	}
	commitSQLite(t, s, "", parse.Record{Seq: 1})
	closeSQLite(t, s)
	checkQuery(t, s.path, "SELECT count(*) FROM pages", "1")
}

// What stands beside a database that is replaced must not become a part of the new one.
func TestALogOfTheOldIsNotReadIntoTheNew(t *testing.T) {
	dir := t.TempDir()
	target, side := filepath.Join(dir, "db.sqlite"), filepath.Join(dir, "db.sqlite.part")
	s := mustOpenSQLite(t, target, testRun)
	commitSQLite(t, s, "", parse.Record{Seq: 1, URL: "http://old/"})
	log, err := os.ReadFile(target + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	closeSQLite(t, s)
	if err := os.WriteFile(target+"-wal", log, 0o644); err != nil {
		t.Fatal(err)
	}
	s = mustOpenSQLite(t, side, laterRun)
	commitSQLite(t, s, "", parse.Record{Seq: 1, URL: "http://new/"})
	closeSQLite(t, s)
	if err := checkAlone(side); err != nil {
		t.Fatal(err)
	}
	removeLogs(target)
	if err := os.Rename(side, target); err != nil {
		t.Fatal(err)
	}
	checkQuery(t, target, "SELECT url FROM pages", "http://new/")
	checkQuery(t, target, "PRAGMA integrity_check", "ok")
}

// A disk is full when the database may have no more pages.
func TestAFullDatabaseIsAFullDisk(t *testing.T) {
	s := mustOpenSQLite(t, filepath.Join(t.TempDir(), "db.sqlite"), testRun)
	commitSQLite(t, s, "good", parse.Record{Seq: 0})
	if err := s.db.exec("PRAGMA max_page_count=100"); err != nil {
		t.Fatal(err)
	}
	var err error
	for i := int64(1); err == nil; i++ {
		err = s.write([]parse.Record{{Seq: i, URL: strings.Repeat("x", 1000)}})
	}
	var e *Error
	if !errors.As(err, &e) || e.Op != "write" || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("%v, want ENOSPC", err)
	}
	s.cut()
	if got, err := s.frame(); string(got) != "good" || err != nil {
		t.Errorf("the frame is %q, %v", got, err)
	}
	closeSQLite(t, s)
	checkQuery(t, s.path, "SELECT count(*) FROM pages", "1")
}

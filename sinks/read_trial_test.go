//go:build trial

package sinks

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"trawl/fetch"
	"trawl/parse"
)

// odd are records that a careless reader or writer of CSV stumbles over.
func odd() []parse.Record {
	rec, _ := golden()
	recs := []parse.Record{rec, {Seq: 3, URL: "http://b/", Class: fetch.Timeout, Error: `no "answer", none`}}
	for i, title := range []string{
		"=1+1", "'=1", "a\nb", "a\r\nb\rc", `"`, `""","`, ",", " x ", "\ufeffx", "ü\u2028\U0001F600", "a\x00b\xff", "\t", "＝1", `\`, "#x", "NULL", "-",
	} {
		recs = append(recs, parse.Record{Seq: int64(10 + i), URL: "http://c/?a=1,2", Title: title, Meta: json.RawMessage(`{"a":"x\"y,z"}`), Redirects: []string{title}})
	}
	return recs
}

const readCSVInPython = `
import csv, json, sys
with open(sys.argv[1], newline="", encoding="utf-8") as f:
    json.dump(list(csv.reader(f, strict=True)), sys.stdout)
`

func TestTrialCSVIsReadByPython(t *testing.T) {
	names := FieldNames()
	for _, names := range [][]string{names, csvFields, {"title"}} {
		file, want, encode := csvHeader(names), [][]string{names}, newCSV(testRun, names)
		for _, rec := range odd() {
			file = encode(file, &rec)
			var row []string
			for _, f := range fieldsOf(testRun, names) {
				row = append(row, f.plainCell(&rec))
			}
			want = append(want, row)
		}
		path := filepath.Join(t.TempDir(), "pages.csv")
		if err := os.WriteFile(path, file, 0o644); err != nil {
			t.Fatal(err)
		}
		out := output(t, "python3", "-c", readCSVInPython, path)
		var got [][]string
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Python reads (-want +got):\n%s", diff)
		}
	}
}

const schemaSpecified = `CREATE TABLE runs(
  run TEXT PRIMARY KEY, started TEXT NOT NULL, ended TEXT, version TEXT NOT NULL,
  command TEXT NOT NULL, exit_code INTEGER,
  urls INTEGER, pages INTEGER, failed INTEGER, skipped INTEGER, bytes INTEGER
) STRICT
CREATE TABLE pages(
  run TEXT NOT NULL REFERENCES runs(run), seq INTEGER NOT NULL,
  url TEXT NOT NULL, final_url TEXT, host TEXT NOT NULL, status INTEGER NOT NULL,
  size INTEGER, bytes INTEGER, wire_bytes INTEGER,
  content_type TEXT, time TEXT, duration_ms REAL, ttfb_ms REAL,
  attempts INTEGER NOT NULL, proto TEXT, ip TEXT, etag TEXT, last_modified TEXT,
  sha256 TEXT, change TEXT CHECK(change IN ('new','changed','gone')),
  class TEXT, error TEXT, meta TEXT, data TEXT,
  PRIMARY KEY(run, seq)
) STRICT, WITHOUT ROWID
CREATE TABLE state(run TEXT PRIMARY KEY, frame BLOB NOT NULL) STRICT
CREATE INDEX pages_url ON pages(url, run)
CREATE VIEW latest AS
  SELECT * FROM pages p WHERE run=(SELECT max(run) FROM pages q WHERE q.url=p.url)
`

func TestTrialSQLiteIsReadByItsShell(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pages ?%41#.db")
	shell := func(query, want string) {
		t.Helper()
		if got := string(output(t, "sqlite3", "-batch", path, query)); got != want {
			t.Errorf("%s (-want +got):\n%s", query, cmp.Diff(want, got))
		}
	}
	s := mustOpenSQLite(t, path, testRun)
	shell("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid", schemaSpecified)
	shell("PRAGMA application_id; PRAGMA user_version; PRAGMA journal_mode", strconv.Itoa(0x5452574C)+"\n1\nwal\n")
	recs := odd()
	for i, rec := range recs { // while it is written
		commitSQLite(t, s, "frame", rec)
		if i%5 == 0 {
			shell("SELECT count(*) FROM pages", strconv.Itoa(i+1)+"\n")
		}
	}
	shell("PRAGMA integrity_check; PRAGMA foreign_key_check", "ok\n")
	if err := s.end(End{Whole: true, URLs: int64(len(recs))}); err != nil {
		t.Fatal(err)
	}
	closeSQLite(t, s)
	shell("PRAGMA integrity_check; PRAGMA foreign_key_check; SELECT count(*) FROM pages; SELECT count(*) FROM state", "ok\n"+strconv.Itoa(len(recs))+"\n1\n") // the frame stays until the next run
	shell("SELECT json_extract(meta, '$.a') FROM pages WHERE seq=10", "x\"y,z\n")
	shell("SELECT datetime(time), duration_ms+1 FROM latest WHERE seq=2", "2026-11-22 09:24:39|234.5\n")
	for _, log := range sqliteLogs {
		if _, err := os.Stat(path + log); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the shell leaves %s (%v)", log, err)
		}
	}
}

// output runs a command to its end.
func output(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || strings.TrimSpace(stderr.String()) != "" {
		t.Fatalf("%s: %v\n%s", name, err, stderr.String())
	}
	return out
}

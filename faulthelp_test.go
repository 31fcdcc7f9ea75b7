//go:build linux

package main

import (
	"bytes"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"trawl/sinks"
	"trawl/sinks/warctest"
)

// outputs are results files of every format.
var outputs = []string{"db.txt", "db.jsonl", "db.csv", "db.sqlite", "db.parquet", "db.warc.gz"}

// lineOutputs are those that a rotation or a cut leaves as lines.
var lineOutputs = outputs[:3]

// everyOutput runs a test with a results file of each format.
func everyOutput(t *testing.T, names []string, test func(t *testing.T, output string)) {
	t.Helper()
	for _, output := range names {
		t.Run("output="+output, func(t *testing.T) {
			t.Parallel()
			test(t, output)
		})
	}
}

// ordinary are n different URLs of a site.
func ordinary(s *site, n int) (urls []string) {
	for i := range n {
		urls = append(urls, fmt.Sprintf("%s/page/%d", s.URL, i+1))
	}
	return urls
}

// toItsEnd runs the command to its end.
func toItsEnd(t *testing.T, dir string, args ...string) (code int, said string) {
	t.Helper()
	cmd := trawl(t, dir, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	code = exitOf(t, cmd.Run())
	return code, stderr.String()
}

// ends waits for a command that has been started, for not longer than limit.
func ends(t *testing.T, cmd *exec.Cmd, limit time.Duration) (code int) {
	t.Helper()
	over := make(chan error, 1)
	go func() { over <- cmd.Wait() }()
	select {
	case err := <-over:
		return exitOf(t, err)
	case <-time.After(limit):
		cmd.Process.Kill()
		<-over
		t.Fatalf("%v: not at its end after %v", cmd.Args, limit)
		return 0
	}
}

// begun starts the command.
func begun(t *testing.T, dir string, args ...string) (*exec.Cmd, *listener) {
	t.Helper()
	cmd, said := trawl(t, dir, args...), &listener{}
	cmd.Stderr = said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, said
}

// killed ends a command as a power cut would.
func killed(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
}

// onceEach holds the results to what a run that was never disturbed would have: each
// URL once, and no state.
func onceEach(t *testing.T, dir, output string, urls []string) {
	t.Helper()
	want := map[string]int{}
	for _, u := range urls {
		want[u] = 1
	}
	if diff := cmp.Diff(want, found(t, filepath.Join(dir, output))); diff != "" {
		t.Errorf("%s: how often each URL is in the results (-want +got):\n%s", output, diff)
	}
	if _, err := os.Stat(filepath.Join(dir, output+".state")); err == nil {
		t.Errorf("%s: the run has ended whole, and left a state", output)
	}
}

// found are the URLs in results, how often each is there. A torn line, or whatever is
// no results file, is an error.
func found(t *testing.T, path string) map[string]int {
	t.Helper()
	var urls []string
	var err error
	switch sinks.FormatOf(path) {
	case sinks.Text:
		urls, err = foundText(path)
	case sinks.JSONL:
		urls, err = foundJSONL(path)
	case sinks.CSV:
		urls, err = foundCSV(path)
	case sinks.SQLite:
		urls, err = foundSQLite(path)
	case sinks.Parquet:
		urls, err = foundParquet(path)
	case sinks.WARC:
		urls, err = foundWARC(filepath.Dir(path))
	}
	if err != nil {
		t.Errorf("%s: %v", path, err)
	}
	return counted(urls)
}

func counted(urls []string) map[string]int {
	n := map[string]int{}
	for _, u := range urls {
		n[u]++
	}
	return n
}

// wholeLines are the lines of a file, of which the last must be whole; none if there is
// no file.
func wholeLines(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && len(text) > 0 && text[len(text)-1] != '\n' {
		err = fmt.Errorf("the last line is torn: %q", text[max(0, len(text)-80):])
	}
	return linesOf(string(text)), err
}

func foundText(path string) (urls []string, err error) {
	lines, err := wholeLines(path)
	for _, line := range lines {
		m := resultLine.FindStringSubmatch(line)
		if m == nil {
			return urls, fmt.Errorf("a line is %q", line)
		}
		urls = append(urls, m[1])
	}
	return urls, err
}

func foundJSONL(path string) (urls []string, err error) {
	lines, err := wholeLines(path)
	for _, line := range lines {
		var rec struct{ URL string }
		if err := json.Unmarshal([]byte(line), &rec); err != nil {
			return urls, fmt.Errorf("a line is %q: %w", line, err)
		}
		urls = append(urls, rec.URL)
	}
	return urls, err
}

// foundCSV wants a header, and no other.
func foundCSV(path string) (urls []string, err error) {
	if _, err := wholeLines(path); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, nil
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	column := slices.Index(rows[0], "url")
	if column < 0 {
		return nil, fmt.Errorf("the header is %q", rows[0])
	}
	for _, row := range rows[1:] {
		if !strings.HasPrefix(row[column], "http://") {
			return nil, fmt.Errorf("a row is %q", row)
		}
		urls = append(urls, row[column])
	}
	return urls, nil
}

func foundSQLite(path string) (urls []string, err error) {
	if _, err := os.Stat(path); err != nil {
		return nil, nil
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	var check string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&check); err != nil || check != "ok" {
		return nil, fmt.Errorf("integrity: %s: %w", check, err)
	}
	rows, err := db.Query("SELECT url FROM pages")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var url string
		if err := rows.Scan(&url); err != nil {
			return nil, err
		}
		urls = append(urls, url)
	}
	return urls, rows.Err()
}

func foundParquet(path string) (urls []string, err error) {
	if _, err := os.Stat(path); err != nil {
		return nil, nil
	}
	rows, err := parquet.ReadFile[struct {
		URL string `parquet:"url"`
	}](path)
	for _, row := range rows {
		urls = append(urls, row.URL)
	}
	return urls, err
}

func foundWARC(dir string) (urls []string, err error) {
	records, _, err := warctest.ReadAll(dir)
	for _, rec := range records {
		if rec.Type == "response" {
			urls = append(urls, strings.Trim(rec.Fields["WARC-Target-URI"], "<>"))
		}
	}
	return urls, err
}

// written is the file that a run writes its results to while it lasts; "" if there is
// none yet.
func written(dir, output string) string {
	path := filepath.Join(dir, output)
	switch sinks.FormatOf(output) {
	case sinks.Parquet:
		path += ".part.jsonl"
	case sinks.WARC:
		archives, _ := filepath.Glob(filepath.Join(dir, "*-*.warc.gz"))
		if len(archives) == 0 {
			return ""
		}
		path = slices.Max(archives)
	}
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// waitDone waits until the state of an output says that so many URLs are done, as a
// second run is told.
func waitDone(t *testing.T, dir, output string, n int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d URLs are committed", n), func() bool {
		j, err := sinks.OpenJournal(t.Context(), filepath.Join(dir, output), false)
		if err == nil {
			t.Fatal("nobody has the lock")
		}
		locked, ok := errors.AsType[*sinks.LockedError](err)
		if sinks.FormatOf(output) == sinks.SQLite {
			urls, _ := foundSQLite(filepath.Join(dir, output))
			return len(urls) >= n
		}
		return j == nil && ok && locked.Done >= int64(n)
	})
}

// snapshot is all files of a folder.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files[path] = contents(t, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// restore makes the folder's files those of a snapshot, and each that is still there the
// same file.
func restore(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for path := range snapshot(t, dir) {
		if _, ok := files[path]; ok {
			continue
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	for path, text := range files {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// hup has a run open its files anew.
func hup(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
}

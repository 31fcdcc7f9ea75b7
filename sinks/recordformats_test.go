package sinks_test

import (
	"database/sql"
	"encoding/csv"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"trawl/sinks"
	"trawl/sinks/sinktest"
)

func TestCSV(t *testing.T) {
	sinktest.Run(t, sinktest.Subject{
		Format: sinks.CSV, Failures: true, Open: openOn, OpenJournal: openJournalOn, Read: readCSV, ReadErrors: readJSONL,
	})
}

func TestSQLite(t *testing.T) {
	sinktest.Run(t, sinktest.Subject{
		Format: sinks.SQLite, Failures: true, Own: true, Open: openOn, OpenJournal: openJournalOn, Read: readSQLite, ReadErrors: readJSONL,
	})
}

func TestParquet(t *testing.T) {
	sinktest.Run(t, sinktest.Subject{
		Format: sinks.Parquet, Failures: true, Once: true, Open: openOn, OpenJournal: openJournalOn, Read: readParquet, ReadErrors: readJSONL,
	})
}

// readCSV is sure of whole rows: the reader refuses one that has fewer fields.
func readCSV(path string) ([]sinktest.Row, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	table, err := csv.NewReader(f).ReadAll()
	if err != nil || len(table) == 0 {
		return nil, err
	}
	var rows []sinktest.Row
	for _, fields := range table[1:] {
		size, _ := strconv.ParseInt(fields[4], 10, 64) // "" of a failure
		rows = append(rows, sinktest.Row{URL: fields[1], Size: size})
	}
	return rows, nil
}

func readSQLite(path string) (rows []sinktest.Row, err error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	found, err := db.Query("SELECT url, coalesce(size, 0) FROM pages")
	if err != nil {
		return nil, err
	}
	defer found.Close()
	for found.Next() {
		var row sinktest.Row
		if err := found.Scan(&row.URL, &row.Size); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, found.Err()
}

// readParquet reads the file or, while there is none, the lines of which it is made.
func readParquet(path string) ([]sinktest.Row, error) {
	if strings.HasSuffix(path, ".jsonl") {
		return readJSONL(path)
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	pages, err := parquet.ReadFile[struct {
		URL  string `parquet:"url"`
		Size int64  `parquet:"size,optional"`
	}](path)
	if err != nil {
		return nil, err
	}
	var rows []sinktest.Row
	for _, page := range pages {
		rows = append(rows, sinktest.Row{URL: page.URL, Size: page.Size})
	}
	return rows, nil
}

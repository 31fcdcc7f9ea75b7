package sinks_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"testing"

	"trawl/sinks"
	"trawl/sinks/sinktest"
)

func TestText(t *testing.T) {
	sinktest.Run(t, sinktest.Subject{Format: sinks.Text, Open: openOn, OpenJournal: openJournalOn, Read: readText, ReadErrors: readJSONL})
}

func TestJSONL(t *testing.T) {
	sinktest.Run(t, sinktest.Subject{Format: sinks.JSONL, Failures: true, Open: openOn, OpenJournal: openJournalOn, Read: readJSONL, ReadErrors: readJSONL})
}

func openOn(opts sinks.Options, d *sinktest.Disk) (*sinks.Writer, error) {
	return sinks.OpenOn(opts, openFileOn(d), d.Rename)
}

func openFileOn(d *sinktest.Disk) func(name string, flag int, perm fs.FileMode) (sinks.File, error) {
	return func(name string, flag int, perm fs.FileMode) (sinks.File, error) {
		f, err := d.Open(name, flag, perm)
		if err != nil {
			return nil, err
		}
		return f, nil
	}
}

// compact is a size that journals of tests have now and then.
const compact = 3000

func openJournalOn(output string, d *sinktest.Disk) (*sinks.Journal, error) {
	return sinks.OpenJournalOn(output, compact, openFileOn(d), d.Rename)
}

var textLine = regexp.MustCompile(`^url:<(\S+)> size:\[(\d+)\]$`)

func readText(path string) ([]sinktest.Row, error) {
	return readLines(path, func(line []byte) (row sinktest.Row, err error) {
		m := textLine.FindSubmatch(line)
		if m == nil {
			return row, fmt.Errorf("the line %q is none of the grammar", line)
		}
		row.URL = string(m[1])
		row.Size, err = strconv.ParseInt(string(m[2]), 10, 64)
		return row, err
	})
}

func readJSONL(path string) ([]sinktest.Row, error) {
	return readLines(path, func(line []byte) (row sinktest.Row, err error) {
		var fields struct {
			URL  string
			Size int64
		}
		if err := json.Unmarshal(line, &fields); err != nil {
			return row, fmt.Errorf("the line %q: %w", line, err)
		}
		return sinktest.Row{URL: fields.URL, Size: fields.Size}, nil
	})
}

// readLines reads a file of whole lines.
func readLines(path string, read func(line []byte) (sinktest.Row, error)) ([]sinktest.Row, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if len(b) > 0 && !bytes.HasSuffix(b, []byte{'\n'}) {
		return nil, fmt.Errorf("the last line is torn: %q", b[max(0, len(b)-80):])
	}
	var rows []sinktest.Row
	lines := bufio.NewScanner(bytes.NewReader(b))
	for lines.Scan() {
		row, err := read(lines.Bytes())
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, lines.Err()
}

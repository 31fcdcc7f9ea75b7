package sinks

import (
	"fmt"
	"io"
	"os"
	"strings"

	"trawl/parse"
)

// Format is a results format.
type Format string

// The formats.
const (
	Text    Format = "text"    // a line a page, for people and line tools
	JSONL   Format = "jsonl"   // a JSON object a URL, failures too
	CSV     Format = "csv"     // a row a URL, failures too
	SQLite  Format = "sqlite"  // a row a URL, failures too, in a database that can be queried meanwhile
	Parquet Format = "parquet" // columns, failures too; made of JSONL at the end of a run
	WARC    Format = "warc"    // requests and responses as they were on the wire
)

// encoder appends the line of a record to dst, nothing if its format does not
// hold such records. It keeps nothing of rec.
type encoder func(dst []byte, rec *parse.Record) []byte

// formats are those that exist, in the order of [Formats].
var formats = []struct {
	name Format
	exts []string // of a file that is of this format if nobody says otherwise
	open func(Options, place, disk) (sink, error)
}{
	{Text, nil, inLines(textLayout)},
	{JSONL, []string{".jsonl"}, inLines(jsonlLayout)},
	{CSV, []string{".csv"}, inLines(csvLayout)},
	{SQLite, []string{".db", ".sqlite"}, inSQLite},
	{Parquet, []string{".parquet"}, inLines(partLayout)},
	{WARC, []string{".warc.gz", ".warc"}, inWARC},
}

// inLines opens formats that are a line a record.
func inLines(lay func(Options) layout) func(Options, place, disk) (sink, error) {
	return func(opts Options, p place, d disk) (sink, error) {
		if opts.Output == "-" {
			l := &lines{target: target{disk: d, file: stream{opts.Stdout}, path: "-"}, layout: lay(opts)}
			return l, l.begin(nil)
		}
		l, err := openLines(d, p.path, p.at, lay(opts))
		if err == nil && p.exists {
			if err = wrap("chmod", p.path, l.file.Chmod(p.perm)); err != nil {
				l.abandon()
			}
		}
		return l, err
	}
}

func textLayout(Options) layout { return layout{encode: appendText} }

func jsonlLayout(opts Options) layout { return layout{encode: newJSONLOf(opts.Run, opts.Fields)} }

// partLayout is of the lines of which a Parquet file is made.
func partLayout(opts Options) layout { return layout{encode: newJSONL(opts.Run)} }

func csvLayout(opts Options) layout {
	return layout{
		encode: newCSV(opts.Run, opts.Fields),
		header: csvHeader(opts.Fields),
		check:  func(file io.Reader) error { return sameHeader(opts.Output, file, opts.Fields) },
	}
}

func inSQLite(opts Options, p place, _ disk) (sink, error) {
	s, err := openSQLite(p.path, opts.Run, opts.About)
	if err == nil && p.exists {
		if err = wrap("chmod", p.path, os.Chmod(p.path, p.perm)); err != nil {
			s.abandon()
			return nil, err
		}
	}
	return s, err
}

func inWARC(opts Options, p place, d disk) (sink, error) { return openWARC(d, opts, p.at) }

// Formats returns the formats that exist, in the order in which a user is told
// of them.
func Formats() []Format {
	names := make([]Format, len(formats))
	for i, f := range formats {
		names[i] = f.name
	}
	return names
}

// ParseFormat returns the format of that name; the error lists those that exist.
func ParseFormat(name string) (Format, error) {
	var names []string
	for _, f := range Formats() {
		if name == string(f) {
			return f, nil
		}
		names = append(names, string(f))
	}
	return "", fmt.Errorf("%q is no results format: use %s", name, strings.Join(names, " or "))
}

// FormatOf returns the format that the extension of path names; Text if it names
// none.
func FormatOf(path string) Format {
	for _, f := range formats {
		for _, ext := range f.exts {
			if strings.HasSuffix(strings.ToLower(path), ext) {
				return f.name
			}
		}
	}
	return Text
}

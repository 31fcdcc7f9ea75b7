package sinks

import (
	"fmt"
	"path/filepath"
	"strings"

	"trawl/parse"
)

// Format is a results format.
type Format string

// The formats.
const (
	Text  Format = "text"  // a line a page, for people and line tools
	JSONL Format = "jsonl" // a JSON object a URL, failures too
)

// encoder appends the line of a record to dst, nothing if its format does not
// hold such records. It keeps nothing of rec.
type encoder func(dst []byte, rec *parse.Record) []byte

// formats are those that exist, in the order of [Formats].
var formats = []struct {
	name    Format
	ext     string // of a file that is of this format if nobody says otherwise; "" is none
	encoder func(run string) encoder
}{
	{Text, "", func(string) encoder { return appendText }},
	{JSONL, ".jsonl", newJSONL},
}

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
	ext := filepath.Ext(path)
	for _, f := range formats {
		if f.ext != "" && strings.EqualFold(ext, f.ext) {
			return f.name
		}
	}
	return Text
}

func newEncoder(format Format, run string) (encoder, error) {
	for _, f := range formats {
		if f.name == format {
			return f.encoder(run), nil
		}
	}
	_, err := ParseFormat(string(format))
	return nil, err
}

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"trawl/fetch"
)

const headerForm = "Write 'Name: value', or @FILE for a file of such lines."

// addHeader is the set function of --header. Values are secrets, which no message
// may show.
func (c *config) addHeader(s string) error {
	if name, ok := strings.CutPrefix(s, "@"); ok {
		return c.addHeaderFile(name)
	}
	field, why := parseField(s)
	if why != "" {
		return &badValue{value: maskField(s), why: why, want: "a header", hints: []string{headerForm}}
	}
	c.Header = append(c.Header, field)
	return nil
}

// addHeaderFile adds the lines of a file, except blank ones and those that begin
// with #.
func (c *config) addHeaderFile(name string) error {
	data, err := readSmall(name)
	if err != nil {
		return unreadable("@"+name, err)
	}
	n := 0
	for line := range bytes.Lines(bytes.TrimPrefix(data, []byte("\ufeff"))) {
		n++
		text := strings.TrimSpace(string(line))
		if text == "" || text[0] == '#' {
			continue
		}
		field, why := parseField(text)
		if why != "" {
			return &badValue{
				value: "@" + name, why: fmt.Sprintf("line %d %s", n, why),
				want: fmt.Sprintf("a header in line %d", n), hints: []string{"Write one 'Name: value' a line; # begins a comment."},
			}
		}
		c.Header = append(c.Header, field)
	}
	return nil
}

// parseField reads "Name: value" (RFC 9110 §5). "Name:" and "Name;" are a field with
// an empty value. why says what is wrong; "" is nothing.
func parseField(s string) (field fetch.Field, why string) {
	name, value, ok := strings.Cut(s, ":")
	if !ok {
		if name, ok = strings.CutSuffix(s, ";"); !ok {
			return field, "is not a header"
		}
	}
	field = fetch.Field{Name: name, Value: strings.Trim(value, " \t")}
	switch err := field.Check(); {
	case strings.EqualFold(name, "Content-Length"), strings.EqualFold(name, "Transfer-Encoding"):
		return field, "is for trawl to say, which sends no body"
	case errors.Is(err, fetch.ErrFieldName):
		return field, "has a name that no header can have"
	case err != nil:
		return field, "has a line break or another control character in its value"
	}
	return field, ""
}

// maskField is a bad header as it may be shown: what may be its value is hidden.
func maskField(s string) string {
	if end := strings.IndexAny(s, ": \t\r\n"); end >= 0 {
		return s[:end+1] + "***"
	}
	return s
}

const maxOptionFile = 1 << 20 // bytes of a file that an option names

// readSmall reads a file that an option names. One of more than 1 MiB is an error.
func readSmall(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxOptionFile+1))
	if err == nil && len(data) > maxOptionFile {
		err = errors.New("it is over 1 MiB")
	}
	return data, err
}

// unreadable is the refusal of a file that an option names.
func unreadable(value string, err error) *badValue {
	why := cause(err).Error()
	return &badValue{
		value: value, why: "cannot be read: " + why, want: "a file that can be read: " + why,
		hints: []string{"Check the file's name and its permissions."},
	}
}

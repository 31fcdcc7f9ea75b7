package crawl

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"trawl/fetch"
)

// parseLine reads a line that is neither blank nor a comment: a URL, or a JSON
// object. The error is a *[fetch.Error] of class bad_url.
func parseLine(text []byte, long bool) (fetch.Request, error) {
	if long {
		return badLine(text, "longer than 64 KiB")
	}
	if text[0] == '{' {
		return parseObject(text)
	}
	return fetch.NewRequest(string(text))
}

// badLine is the result for a line that is bad as a whole: Asked shows all of it, or
// "…" of one that begins with 64 KiB of blanks.
func badLine(text []byte, why string) (fetch.Request, error) {
	asked := cmp.Or(fetch.Printable(string(text)), "…")
	return fetch.Request{Asked: asked}, &fetch.Error{URL: asked, Class: fetch.BadURL, Detail: why}
}

// object is what a JSON line says.
type object struct {
	url   string
	class string
	extra fetch.Extra
}

// parseObject reads a JSON line. It ignores fields that it does not know, so that
// the errors file of a run can be used as a list.
func parseObject(text []byte) (fetch.Request, error) {
	if !utf8.Valid(text) {
		return badLine(text, "not valid UTF-8")
	}
	var o object
	err := eachField(text, o.set)
	switch {
	case errors.As(err, new(*fieldError)):
		return badLine(text, err.Error())
	case err != nil:
		return badLine(text, "not a JSON object")
	case o.url == "":
		return badLine(text, `no "url" in the object`)
	case o.isShown():
		r := fetch.Request{Asked: fetch.Printable(o.url)}
		return r, &fetch.Error{URL: r.Asked, Class: fetch.BadURL, Detail: "not a URL"}
	}
	r, err := fetch.NewRequest(o.url)
	if o.extra.Header != nil || o.extra.Timeout != 0 || o.extra.Meta != nil {
		r.Extra = &o.extra
	}
	return r, err
}

// isShown reports whether the object is the record of a bad line in an errors file,
// with a url that is escaped or cut for display. Taken for a URL, it could be that of
// a page which nobody has listed.
func (o *object) isShown() bool {
	return o.class == string(fetch.BadURL) && (strings.Contains(o.url, `\`) || strings.HasSuffix(o.url, "…"))
}

// fieldError says what is wrong with which field.
type fieldError struct{ field, why string }

func (e *fieldError) Error() string { return strconv.Quote(e.field) + " " + e.why }

// set takes one field. A null is the same as no field.
func (o *object) set(name string, value json.RawMessage) (err error) {
	if string(value) == "null" {
		return nil
	}
	ok := true
	switch name {
	case "url":
		if o.url, ok = text(value); !ok {
			return &fieldError{name, "is not a string"}
		}
	case "class":
		o.class, _ = text(value)
	case "headers":
		o.extra.Header, err = headers(value)
	case "timeout":
		if o.extra.Timeout, ok = timeout(value); !ok {
			return &fieldError{name, "is not a duration"}
		}
	case "meta":
		if o.extra.Meta = value; value[0] != '{' {
			return &fieldError{name, "is not an object"}
		}
	}
	return err
}

// headers takes all fields in order, repeated names too.
func headers(value json.RawMessage) ([]fetch.Field, error) {
	if value[0] != '{' {
		return nil, &fieldError{"headers", "is not an object"}
	}
	var fields []fetch.Field
	err := eachField(value, func(name string, raw json.RawMessage) error {
		v, ok := text(raw)
		if !ok {
			return &fieldError{"headers", "has a value that is not a string"}
		}
		field := fetch.Field{Name: name, Value: v}
		if field.Check() != nil {
			return &fieldError{"headers", "has a name or value that HTTP does not allow"}
		}
		fields = append(fields, field)
		return nil
	})
	return fields, err
}

// eachField calls take with each field of a JSON object, in order and with its exact
// name, until take returns an error.
func eachField(object []byte, take func(name string, value json.RawMessage) error) error {
	dec := json.NewDecoder(bytes.NewReader(object))
	if _, err := dec.Token(); err != nil { // the brace
		return err
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return err
		}
		if err := take(name.(string), value); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return err
	}
	if _, err := dec.Token(); err != io.EOF {
		return errors.New("something follows the object")
	}
	return nil
}

func text(value json.RawMessage) (s string, ok bool) {
	return s, value[0] == '"' && json.Unmarshal(value, &s) == nil
}

// timeout reads a duration above zero; a JSON number is a bare one.
func timeout(value json.RawMessage) (time.Duration, bool) {
	s, ok := text(value)
	if !ok {
		s = string(value)
	}
	d, err := ParseDuration(s)
	return d, err == nil && d > 0
}

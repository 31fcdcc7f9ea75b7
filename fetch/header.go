package fetch

import (
	"slices"
	"strings"
)

// acceptEncoding names what unpack can undo, and nothing else.
const acceptEncoding = "gzip, deflate, br, zstd"

// runHeader is what every request of a client sends. Accept is */*, as curl,
// wget and Python's requests send it: what the page is, not what trawl would
// rather have.
func runHeader(opts ClientOptions) []Field {
	return override([]Field{
		{"User-Agent", opts.UserAgent},
		{"Accept", "*/*"},
		{"Accept-Encoding", acceptEncoding},
	}, opts.Header)
}

// override is header with the fields of later in the place of equally named
// ones. A field without a value removes that name.
func override(header, later []Field) []Field {
	merged := slices.DeleteFunc(slices.Clone(header), func(f Field) bool { return hasField(later, f.Name) })
	for _, f := range later {
		if f.Value != "" {
			merged = append(merged, f)
		}
	}
	return merged
}

func hasField(header []Field, name string) bool {
	return slices.ContainsFunc(header, func(f Field) bool { return strings.EqualFold(f.Name, name) })
}

func checkHeader(header []Field) error {
	for _, f := range header {
		if err := f.Check(); err != nil {
			return err
		}
	}
	return nil
}

// question is r as it is sent: defaults, then the URL's own userinfo, then the
// run's fields, then those of the line.
func (c *Client) question(r Request) (question, *Error) {
	t, ok := parseTarget(r.URL)
	if !ok {
		return question{}, &Error{Class: BadURL, Detail: "not an absolute http or https URL"}
	}
	q := question{target: t, method: r.Method, host: t.host, header: c.header, once: r.Once, fresh: r.Fresh}
	if q.method == "" {
		q.method = "GET"
	}
	if err := CheckMethod(q.method); err != nil {
		return question{}, &Error{Class: BadURL, Detail: err.Error()}
	}
	if t.basic != "" && !hasField(c.opts.Header, "Authorization") {
		q.header = override(q.header, []Field{{"Authorization", t.basic}})
	}
	if r.Extra != nil {
		if err := checkHeader(r.Extra.Header); err != nil {
			return question{}, &Error{Class: BadURL, Detail: err.Error()}
		}
		q.header = override(q.header, r.Extra.Header)
	}
	if r.Foreign {
		q.header = crossing(q.header)
	}
	q.ifChanged(&r)
	q.takeHost()
	return q, nil
}

// takeHost moves a Host field that somebody has set to where it belongs.
func (q *question) takeHost() {
	for _, f := range q.header {
		if strings.EqualFold(f.Name, "Host") {
			q.host = f.Value
		}
	}
	if hasField(q.header, "Host") {
		q.header = slices.DeleteFunc(slices.Clone(q.header), func(f Field) bool { return strings.EqualFold(f.Name, "Host") })
	}
}

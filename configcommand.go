package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"trawl/display"
)

// A row is a line of what `trawl config` prints.
type row struct{ name, value, origin string }

const valueWidth = 24 // of the column of values; a longer one pushes its origin aside

// write prints every option, its value and where that comes from.
func (c *config) write(w io.Writer) error {
	rows := c.rows()
	names, values := 0, 0
	for _, r := range rows {
		names = max(names, len(r.name))
		if n := utf8.RuneCountInString(r.value); n <= valueWidth {
			values = max(values, n)
		}
	}
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "%-*s %-*s %s\n", names, r.name, values, r.value, r.origin)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (c *config) rows() (rows []row) {
	for _, o := range c.table() {
		switch {
		case o.set == nil:
			continue
		case o.name == "proxy" && c.Proxy == nil:
			rows = append(rows, proxyRows()...)
			continue
		}
		origin := cmp.Or(c.origin(o.name).text, "default")
		for value := range strings.SplitSeq(cmp.Or(o.show(), "none"), "\n") {
			rows = append(rows, row{o.name, shown(value), origin})
		}
	}
	return rows
}

// origin is where an option's value comes from; for what follows from another option,
// where that one's does. The zero origin is the default's.
func (c *config) origin(name string) origin {
	from := c.from[name]
	switch {
	case name == "format" && c.JSON:
		return c.from["json"]
	case from.rank != fromDefault:
		return from
	case name == "output" && c.JSON && c.Output == "-":
		return c.from["json"]
	case name == "format" || name == "errors":
		return c.origin("output")
	}
	return from
}

// proxyRows are what the environment says of proxies.
func proxyRows() (rows []row) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY"} {
		if value, from := proxyVariable(name); value != "" {
			rows = append(rows, row{"proxy", display.CleanURL(value), from})
		}
	}
	if rows == nil {
		return []row{{"proxy", "none", "default"}}
	}
	if value, from := proxyVariable("NO_PROXY"); value != "" {
		rows = append(rows, row{"proxy", "none for " + shown(value), from})
	}
	return rows
}

// proxyVariable is a variable in capitals, or if that is not set, in small letters.
func proxyVariable(name string) (value, from string) {
	for _, from := range []string{name, strings.ToLower(name)} {
		if value := os.Getenv(from); value != "" {
			return value, from
		}
	}
	return "", name
}

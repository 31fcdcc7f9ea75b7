package main

import (
	"bytes"
	"errors"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// An entry is a key of a TOML document and its value, or the head of a table.
type entry struct {
	key   string // its parts joined by dots
	table bool
	value any   // string, bool, int64, float64, []any, or what no option takes
	line  int   // where the key stands, from 1
	lines []int // where the elements of an array stand
}

// A tomlError says what of a document is no TOML.
type tomlError struct {
	what string
	line int // from 1
}

// hint says how to put it right.
func (e *tomlError) hint() string {
	if strings.Contains(e.what, "already defined") {
		return "A key stands once; several values are an array."
	}
	return `A string stands in quotes: timeout = "30s".`
}

// parseTOML returns the entries of a document in their order, up to the first table.
func parseTOML(data []byte) (entries []entry, err *tomlError) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	var values map[string]any
	if err := toml.Unmarshal(data, &values); err != nil {
		return nil, asTOMLError(err)
	}
	var p unstable.Parser // has lines, where Unmarshal has values
	p.Reset(data)
	for p.NextExpression() {
		e := newEntry(&p, p.Expression())
		if e.table {
			return append(entries, e), nil
		}
		e.value = values[e.key]
		entries = append(entries, e)
	}
	if err := p.Error(); err != nil {
		return nil, asTOMLError(err)
	}
	return entries, nil
}

func asTOMLError(err error) *tomlError {
	e := &tomlError{what: strings.TrimPrefix(err.Error(), "toml: "), line: 1}
	if at, ok := errors.AsType[*toml.DecodeError](err); ok {
		e.line, _ = at.Position()
	}
	return e
}

func newEntry(p *unstable.Parser, n *unstable.Node) entry {
	e := entry{table: n.Kind != unstable.KeyValue}
	var parts []string
	for key := n.Key(); key.Next(); {
		if parts == nil {
			e.line = lineOf(p, key.Node())
		}
		parts = append(parts, string(key.Node().Data))
	}
	e.key = strings.Join(parts, ".")
	if e.table || n.Value().Kind != unstable.Array {
		return e
	}
	for elements := n.Value().Children(); elements.Next(); {
		line := e.line
		if elements.Node().Raw.Length > 0 { // of arrays and tables nothing is known
			line = lineOf(p, elements.Node())
		}
		e.lines = append(e.lines, line)
	}
	return e
}

func lineOf(p *unstable.Parser, n *unstable.Node) int { return p.Shape(n.Raw).Start.Line }

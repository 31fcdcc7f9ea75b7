package crawl

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"trawl/fetch"
	"trawl/parse"
)

const (
	maxFailureKinds  = 100 // then failures are told apart by their class alone
	maxFailureDetail = 200 // bytes
)

// failureKind is what failures that read alike have in common.
type failureKind struct {
	Class    fetch.Class   `cbor:"1,keyasint,omitempty"`
	Status   int           `cbor:"2,keyasint,omitempty"`
	Attempts int           `cbor:"3,keyasint,omitempty"`
	Limit    time.Duration `cbor:"4,keyasint,omitempty"` // of a timeout
	Detail   string        `cbor:"5,keyasint,omitempty"`
}

func kindOf(rec *parse.Record) failureKind {
	switch rec.Class {
	case fetch.HTTPStatus:
		return failureKind{Class: rec.Class, Status: rec.Status, Attempts: rec.Attempts}
	case fetch.Timeout:
		return failureKind{Class: rec.Class, Limit: rec.Limit.Round(time.Millisecond)}
	}
	return failureKind{Class: rec.Class, Detail: rec.Error[:min(len(rec.Error), maxFailureDetail)]}
}

func (k failureKind) label() string {
	switch {
	case k.Limit > 0:
		return fmt.Sprintf("timeout after %v s", k.Limit.Seconds())
	case k.Status != 0 && k.Attempts > 1:
		return fmt.Sprintf("http %d after %d attempts", k.Status, k.Attempts)
	case k.Status != 0:
		return fmt.Sprintf("http %d", k.Status)
	case k.Detail != "":
		return k.Detail
	}
	return strings.ReplaceAll(string(k.Class), "_", " ")
}

// failureGroup is a FailureGroup that grows.
type failureGroup struct {
	Count int64  `cbor:"1,keyasint,omitempty"`
	Seq   int64  `cbor:"2,keyasint,omitempty"` // the lowest
	URL   string `cbor:"3,keyasint,omitempty"` // and what stands there
	File  string `cbor:"4,keyasint,omitempty"`
	Line  int64  `cbor:"5,keyasint,omitempty"`
}

func (g *failureGroup) add(rec *parse.Record) {
	g.Count++
	if g.Count > 1 && rec.Seq >= g.Seq {
		return
	}
	g.Seq, g.URL, g.File, g.Line = rec.Seq, strings.Clone(fetch.WithoutSecrets(rec.URL)), rec.File, rec.Line
}

func (g *failureGroup) merge(o *failureGroup) {
	n := g.Count + o.Count
	if g.Count == 0 || o.Count > 0 && o.Seq < g.Seq {
		*g = *o
	}
	g.Count = n
}

func (g *failureGroup) told(k failureKind) FailureGroup {
	told := FailureGroup{Label: k.label(), Class: k.Class, Count: g.Count, FirstURL: g.URL}
	if g.File != "" {
		told.FirstSource = fmt.Sprintf("%s:%d", g.File, g.Line)
	}
	return told
}

// failures counts failures by their kind.
type failures struct {
	Kinds map[failureKind]*failureGroup `cbor:"1,keyasint,omitempty"`
	Bad   failureGroup                  `cbor:"2,keyasint,omitempty"` // lines that are no URL
}

func (f *failures) add(rec *parse.Record) {
	if rec.Class == fetch.BadURL {
		f.Bad.add(rec)
	}
	f.group(kindOf(rec)).add(rec)
}

func (f *failures) merge(o *failures) {
	f.Bad.merge(&o.Bad)
	for k, g := range o.Kinds {
		f.group(k).merge(g)
	}
}

func (f *failures) group(k failureKind) *failureGroup {
	if g := f.Kinds[k]; g != nil {
		return g
	}
	if len(f.Kinds) >= maxFailureKinds {
		k = failureKind{Class: k.Class}
	}
	g := f.Kinds[k]
	if g == nil {
		if f.Kinds == nil {
			f.Kinds = map[failureKind]*failureGroup{}
		}
		k.Detail = strings.Clone(k.Detail)
		g = new(failureGroup)
		f.Kinds[k] = g
	}
	return g
}

// classes counts failures by their class.
func (f *failures) classes() map[fetch.Class]int64 {
	counts := map[fetch.Class]int64{}
	for k, g := range f.Kinds {
		counts[k.Class] += g.Count
	}
	return counts
}

// told lists the groups, the commonest first.
func (f *failures) told() []FailureGroup {
	var groups []FailureGroup
	for k, g := range f.Kinds {
		groups = append(groups, g.told(k))
	}
	slices.SortFunc(groups, func(a, b FailureGroup) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Label, b.Label))
	})
	return groups
}

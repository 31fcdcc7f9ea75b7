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
	class    fetch.Class
	status   int
	attempts int
	limit    time.Duration // of a timeout
	detail   string
}

func kindOf(rec *parse.Record) failureKind {
	switch rec.Class {
	case fetch.HTTPStatus:
		return failureKind{class: rec.Class, status: rec.Status, attempts: rec.Attempts}
	case fetch.Timeout:
		return failureKind{class: rec.Class, limit: rec.Limit.Round(time.Millisecond)}
	}
	return failureKind{class: rec.Class, detail: rec.Error[:min(len(rec.Error), maxFailureDetail)]}
}

func (k failureKind) label() string {
	switch {
	case k.limit > 0:
		return fmt.Sprintf("timeout after %v s", k.limit.Seconds())
	case k.status != 0 && k.attempts > 1:
		return fmt.Sprintf("http %d after %d attempts", k.status, k.attempts)
	case k.status != 0:
		return fmt.Sprintf("http %d", k.status)
	case k.detail != "":
		return k.detail
	}
	return strings.ReplaceAll(string(k.class), "_", " ")
}

// failureGroup is a FailureGroup that grows.
type failureGroup struct {
	count int64
	seq   int64 // the lowest
	url   string
	file  string
	line  int64
}

func (g *failureGroup) add(rec *parse.Record) {
	g.count++
	if g.count > 1 && rec.Seq >= g.seq {
		return
	}
	g.seq, g.url, g.file, g.line = rec.Seq, strings.Clone(rec.URL), rec.File, rec.Line
}

func (g *failureGroup) told(k failureKind) FailureGroup {
	told := FailureGroup{Label: k.label(), Class: k.class, Count: g.count, FirstURL: g.url}
	if g.file != "" {
		told.FirstSource = fmt.Sprintf("%s:%d", g.file, g.line)
	}
	return told
}

// failures counts failures by their kind.
type failures struct {
	kinds   map[failureKind]*failureGroup
	classes map[fetch.Class]int64
	bad     failureGroup // lines that are no URL
}

func (f *failures) add(rec *parse.Record) {
	f.classes[rec.Class]++
	if rec.Class == fetch.BadURL {
		f.bad.add(rec)
	}
	f.group(kindOf(rec)).add(rec)
}

func (f *failures) group(k failureKind) *failureGroup {
	if g := f.kinds[k]; g != nil {
		return g
	}
	if len(f.kinds) >= maxFailureKinds {
		k = failureKind{class: k.class}
	}
	g := f.kinds[k]
	if g == nil {
		k.detail = strings.Clone(k.detail)
		g = new(failureGroup)
		f.kinds[k] = g
	}
	return g
}

// told lists the groups, the commonest first.
func (f *failures) told() []FailureGroup {
	var groups []FailureGroup
	for k, g := range f.kinds {
		groups = append(groups, g.told(k))
	}
	slices.SortFunc(groups, func(a, b FailureGroup) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Label, b.Label))
	})
	return groups
}

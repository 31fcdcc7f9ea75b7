//go:build linux

package main

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"trawl/sinks"
)

// Short runs are killed when their last page has come: while the last records are
// committed, a Parquet file is made, files take their names, the journal goes.
func TestTheLastMomentsOfARun(t *testing.T) { killLate(t, 6, inThreads) }

// killLate has each format go through so many runs, each of which is killed up to three
// times.
func killLate(t *testing.T, runs int, executor string) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	program, site := plainTrawl(t), newPartedSite(t)
	l := newMixedList(site, 50, mixture{})
	unhurt := unhurtRun(t, program, site, l)
	var all phases
	for i, c := range lastMoments {
		t.Run(strings.Join(append([]string{string(c.format)}, c.options...), " "), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, uint64(i)))
			for range runs {
				v := &victim{site: site, program: program, list: l, unhurt: unhurt, format: c.format, rng: rng}
				v.options = append(slices.Clone(c.options), "--executor", executor)
				if slices.Contains(c.options, "-O") {
					v.old = "what was there before\n"
				}
				v.run(t, 3, v.lateMoment)
				all.add(v.kills)
			}
		})
	}
	t.Logf("killed %d times: %+v", all.sum(), all)
	if all.end == 0 {
		t.Errorf("kills have met %+v, want some in the end", all)
	}
}

var lastMoments = []struct {
	format  sinks.Format
	options []string
}{
	{sinks.Text, nil},
	{sinks.Text, []string{"-O"}},
	{sinks.JSONL, nil},
	{sinks.JSONL, []string{"-O"}},
	{sinks.CSV, nil},
	{sinks.CSV, []string{"-O"}},
	{sinks.SQLite, nil},
	{sinks.SQLite, []string{"-O"}},
	{sinks.Parquet, nil},
	{sinks.Parquet, []string{"-O"}},
	{sinks.WARC, nil},
}

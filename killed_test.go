//go:build linux

package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"trawl/sinks"
)

// A victim is a run that is killed, and run again by the same command line until it ends
// by itself. What it leaves must be that of a run that nobody has killed.
type victim struct {
	site    *partedSite
	list    *mixedList
	unhurt  verdict // of a run that nobody has killed
	program string  // not built with the race detector, which would take all the time there is
	format  sinks.Format
	stdin   bool // the list is on standard input
	waits   bool // what workers have finished when a part is killed waits for the next one
	options []string
	old     string // what the output holds before, which is to be replaced; "" is no output
	rng     *rand.Rand

	dir, output string

	kills phases
	parts int
	lost  int  // the most pages that a part has fetched in vain
	count int  // of the database's rows, when it was looked at last
	last  bool // that was when the run ended, which may have left to the other to close the database
}

// phases counts kills by when they have met the run.
type phases struct {
	start, middle, end int
	names, over        int // of end: the journal said that names were all that was left, or it was gone
}

func (p *phases) add(o phases) {
	p.start += o.start
	p.middle += o.middle
	p.end += o.end
	p.names += o.names
	p.over += o.over
}

func (p phases) sum() int { return p.start + p.middle + p.end }

// moment is when a part is killed: so long after the site has had that many of its
// requests; 0 is after its start.
type moment struct {
	request int
	after   time.Duration
}

const (
	inFlight = 64                    // -c
	startup  = 40 * time.Millisecond // until the first request, twice over
	never    = time.Hour             // for a part that is not killed
)

// outputOf is the output for each format.
var outputOf = map[sinks.Format]string{
	sinks.Text: "db.txt", sinks.JSONL: "db.jsonl", sinks.CSV: "db.csv", sinks.SQLite: "db.sqlite", sinks.Parquet: "db.parquet", sinks.WARC: "db.warc.gz",
}

// run lets it be killed so many times at most, when draw says. left is how many requests
// remain.
func (v *victim) run(t *testing.T, kills int, draw func(left, kills int) moment) {
	t.Helper()
	v.dir = t.TempDir()
	v.output = filepath.Join(v.dir, outputOf[v.format])
	v.write(t, "urls.txt", v.list.text)
	if v.old != "" {
		v.write(t, outputOf[v.format], v.old)
	}
	before := left{}
	for ; !t.Failed(); kills-- {
		m := moment{after: never}
		asks := v.asks(before)
		if kills > 0 {
			m = draw(asks, kills)
		}
		p := v.part(t, m)
		v.checkRequests(t, p, before)
		if !p.killed {
			v.checkEnd(t, p, before, asks)
			return
		}
		after := v.look(t)
		v.met(p, after, asks)
		if p.summary != "" && (!after.over || p.summary != v.unhurt.summary) {
			t.Errorf("before it was killed it said: %s", p.summary)
		}
		if after.over {
			v.checkFiles(t)
			return
		}
		v.checkProgress(t, p, before, after)
		v.checkOld(t, after)
		before = after
	}
}

func (v *victim) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(v.dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// met notes which phase a kill has met.
func (v *victim) met(p part, after left, asks int) {
	switch {
	case after.over:
		v.kills.over++
	case after.ended != nil:
		v.kills.names++
	}
	switch {
	case p.sum == 0 && asks > 0:
		v.kills.start++
	case p.sum < asks:
		v.kills.middle++
	default:
		v.kills.end++
	}
}

// A run is killed at random moments, in all of its phases, and resumed until it is done. The
// race detector leaves no time for more.
func TestARunThatIsKilledIsResumed(t *testing.T) {
	urls, kills := 20_000, 7
	if raceDetector {
		urls, kills = 4_000, 4
	}
	killRuns(t, urls, kills)
}

// killRuns kills each run that many times. The runs whose list is on standard input have a
// shorter one.
func killRuns(t *testing.T, urls, kills int) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	program, site := plainTrawl(t), newPartedSite(t)
	lists := map[string]*mixedList{
		"":         newMixedList(site, urls, mixture{}),
		"stdin":    newMixedList(site, urls/4, mixture{}),
		"--dedupe": newMixedList(site, urls, mixture{again: true}),
	}
	lists["--keep-order"] = lists[""]
	unhurt := map[*mixedList]verdict{}
	for _, how := range []string{"", "stdin", "--dedupe"} {
		unhurt[lists[how]] = unhurtRun(t, program, site, lists[how], optionsOf(how)...)
	}
	var all phases
	looked := 0 // into databases
	for i, c := range []struct {
		format   sinks.Format
		executor string
		how      string // "stdin", or an option
	}{
		{sinks.Text, inThreads, ""}, {sinks.Text, inProcesses, ""}, {sinks.Text, inProcesses, "stdin"},
		{sinks.JSONL, inThreads, "--dedupe"}, {sinks.JSONL, inProcesses, ""}, {sinks.JSONL, inThreads, "stdin"},
		{sinks.CSV, inThreads, ""}, {sinks.CSV, inProcesses, "--keep-order"},
		{sinks.SQLite, inThreads, ""}, {sinks.SQLite, inProcesses, ""}, {sinks.SQLite, inProcesses, "stdin"},
		{sinks.Parquet, inThreads, ""}, {sinks.Parquet, inProcesses, ""},
		{sinks.WARC, inThreads, ""}, {sinks.WARC, inProcesses, ""}, {sinks.WARC, inThreads, "stdin"},
	} {
		t.Run(strings.TrimSpace(fmt.Sprintf("%s %s %s", c.format, c.executor, c.how)), func(t *testing.T) {
			l := lists[c.how]
			v := &victim{site: site, program: program, list: l, unhurt: unhurt[l], format: c.format, stdin: c.how == "stdin"}
			v.options = append(optionsOf(c.how), "--executor", c.executor)
			v.rng = rand.New(rand.NewPCG(seed, uint64(i)))
			v.run(t, kills, v.anyMoment)
			t.Logf("killed %+v times; a part has fetched %d pages in vain at most", v.kills, v.lost)
			all.add(v.kills)
			if v.format == sinks.SQLite {
				looked += v.count
			}
		})
	}
	t.Logf("killed %d times: %+v", all.sum(), all)
	if looked == 0 {
		t.Error("nobody has looked into a database while it was written")
	}
	if all.start == 0 || all.middle == 0 || all.end == 0 {
		t.Errorf("kills have met %+v, want some of each", all)
	}
}

func optionsOf(how string) []string {
	if strings.HasPrefix(how, "--") {
		return []string{how}
	}
	return nil
}

// anyMoment is first one in the beginning, last ones in the end, and any between.
func (v *victim) anyMoment(left, kills int) moment {
	switch {
	case v.parts == 0 || left == 0:
		return moment{after: time.Duration(v.rng.Int64N(int64(startup)))}
	case kills <= 2:
		return v.lateMoment(left, kills)
	}
	return moment{request: 1 + v.rng.IntN(min(left, max(1, 2*left/(kills-1))))}
}

// lateMoment is behind the last request: one to 2^10 tenths of a millisecond, with each
// power of two as probable as another.
func (v *victim) lateMoment(left, _ int) moment {
	if left == 0 {
		return moment{after: time.Duration(v.rng.Int64N(int64(startup)))}
	}
	return moment{request: left, after: time.Duration(100*math.Exp2(10*v.rng.Float64())) * time.Microsecond}
}

// unhurtRun is what a run says that nobody kills.
func unhurtRun(t *testing.T, program string, site *partedSite, l *mixedList, options ...string) verdict {
	t.Helper()
	v := &victim{site: site, program: program, list: l, format: sinks.Text, options: options}
	v.dir = t.TempDir()
	v.output = filepath.Join(v.dir, outputOf[v.format])
	v.write(t, "urls.txt", l.text)
	p := v.part(t, moment{after: never})
	v.unhurt = p.verdict
	v.checkEnd(t, p, left{}, v.asks(left{}))
	return p.verdict
}

package display

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"trawl/crawl"
	"trawl/fetch"
)

const (
	namedWorkers = 8  // of the others the line says only how many they are
	nameCells    = 24 // of a worker's name in the line

	anyJoin = "trawl worker --nats URL" // starts a worker, for who knows the server

	fastest = 1e9 // jobs a second: nothing is, so who says more is not believed
)

// crew is what is worth saying of workers elsewhere.
type crew struct {
	workers      []crawl.WorkerStatus
	live         int // that are heard of
	silent, slow struct{ count, worst int }
}

func crewOf(workers []crawl.WorkerStatus) crew {
	c := crew{workers: workers}
	c.silent.worst, c.slow.worst = -1, -1
	for i, w := range workers {
		if w.Silent > 0 {
			c.silent.count++
			if c.silent.worst < 0 || w.Silent > workers[c.silent.worst].Silent {
				c.silent.worst = i
			}
			continue
		}
		c.live++
		if w.Slow {
			c.slow.count++
			if c.slow.worst < 0 || w.Rate < workers[c.slow.worst].Rate {
				c.slow.worst = i
			}
		}
	}
	return c
}

// silence names the worker that has been silent for longest.
func (c crew) silence(style Style) field {
	if c.silent.count == 0 {
		return field{}
	}
	w := c.workers[c.silent.worst]
	name, silent := workerName(w), seconds(w.Silent)
	if c.silent.count == 1 {
		return field{name + " silent for " + silent, style.yellow}
	}
	return field{fmt.Sprintf("%s silent, %s for %s", workersOf(c.silent.count), name, silent), style.yellow}
}

// slowness names the slowest of the workers that are slow.
func (c crew) slowness(style Style) field {
	if c.slow.count == 0 {
		return field{}
	}
	w := c.workers[c.slow.worst]
	if c.slow.count == 1 {
		return field{workerName(w) + " slow: " + workerRate(w), style.yellow}
	}
	return field{fmt.Sprintf("%s slow, %s at %s", workersOf(c.slow.count), workerName(w), workerRate(w)), style.yellow}
}

// each is what the first workers are doing. A silent one is not doing anything that is
// known.
func (c crew) each(style Style) (fields []field) {
	for _, w := range c.workers {
		if len(fields) == namedWorkers {
			break
		}
		if w.Silent > 0 {
			continue
		}
		f := field{text: fmt.Sprintf("%s %s at %s", workerName(w), humanize.Comma(int64(max(0, w.InFlight))), workerRate(w))}
		if w.Slow {
			f.mark = style.yellow
		}
		fields = append(fields, f)
	}
	return fields
}

// workerName is the name as the line has it: a word, whatever a worker calls itself.
func workerName(w crawl.WorkerStatus) string {
	name := clip(strings.ReplaceAll(printableName(w), " ", "_"), nameCells)
	if cells.StringWidth(name) == 0 {
		return "a worker"
	}
	return name
}

// printableName is the name without what a terminal would obey.
func printableName(w crawl.WorkerStatus) string {
	return fetch.Printable(w.Name[:min(len(w.Name), 1000)]) // which shows 200 characters, and would read all
}

func workerRate(w crawl.WorkerStatus) string { return rate(believed(w.Rate)) + " p/s" }

// believed is a rate as it may be shown.
func believed(perSec float64) float64 {
	if math.IsNaN(perSec) {
		return 0
	}
	return min(max(perSec, 0), fastest)
}

func workersOf(n int) string { return Plural(int64(n), "worker", "workers") }

// waitsForWorkers is when nothing can happen because no worker is heard of.
func (l Live) waitsForWorkers() bool {
	heard := func(w crawl.WorkerStatus) bool { return w.Silent <= 0 }
	return l.Elsewhere && (l.Total == 0 || l.Done < l.Total) && !slices.ContainsFunc(l.Workers, heard)
}

// waitingForWorkers are the fields of a run that waits for its first worker, or for one to
// be heard of again.
func (l Live) waitingForWorkers(c crew, width int, style Style) []field {
	count, percent := l.count(style)
	line := held(field{"waiting for workers", style.yellow}, c.silence(style))
	for _, command := range []string{l.Join, anyJoin} {
		join := field{text: "start one: " + Clean(command)}
		if l.sayJoin && command != "" && fits(append(line, join), width) { // a part of it is of no use
			line = append(line, join)
			break
		}
	}
	return append(line, held(count, percent, l.failed(style))...)
}

// workerObject is a worker in the line for programs.
type workerObject struct {
	Name     string  `json:"name"`
	Capacity int     `json:"capacity"`
	InFlight int     `json:"in_flight"`
	Rate     float64 `json:"rate"`
	Slow     bool    `json:"slow,omitempty"`
	SilentS  float64 `json:"silent_s,omitempty"`
}

// workerObjects is nil for a run that has no workers elsewhere.
func (l Live) workerObjects() []workerObject {
	if !l.Elsewhere {
		return nil
	}
	told := make([]workerObject, len(l.Workers))
	for i, w := range l.Workers {
		told[i] = workerObject{
			Name: printableName(w), Capacity: w.Capacity, InFlight: w.InFlight, Rate: milli(believed(w.Rate)),
			Slow: w.Slow, SilentS: milli(max(0, w.Silent).Round(time.Millisecond).Seconds()),
		}
	}
	return told
}

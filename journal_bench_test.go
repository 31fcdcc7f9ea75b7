//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"trawl/sinks"
)

// BenchmarkJournal is what it costs to keep results and the journal of how far the run
// has come: the command over pages of 1 kB with a results file, and with its results thrown
// away, turn by turn, since the machine is not the same a minute later. It reports the
// medians of pages a second (of which the server has its part) and of the processor's time
// for a page, and those of the first in percent of the second:
//
//	go test -run '^$' -bench Journal -benchtime 9x .
func BenchmarkJournal(b *testing.B) {
	const pages = 50_000
	server := answerWith(b, bytes.Repeat([]byte("a page of <b>so many</b> bytes\n"), 34)[:1_000])
	for _, hosts := range []int{1, 1_000} {
		list := manyURLs(b, server, hosts, pages)
		for _, file := range []string{"db.txt", "pages.jsonl"} {
			b.Run(fmt.Sprintf("hosts=%d/output=%s", hosts, file), func(b *testing.B) {
				var kept, thrown runs
				for b.Loop() {
					kept.add(b, list, "-o", file)
					thrown.add(b, list, "-o", "-", "-f", string(sinks.FormatOf(file)))
				}
				wall, cpu := median(kept.wall), median(kept.cpu)
				b.ReportMetric(pages/wall, "pages/s")
				b.ReportMetric(100*median(thrown.wall)/wall, "%thrown-away")
				b.ReportMetric(1e6*cpu/pages, "cpu-µs/page")
				b.ReportMetric(100*median(thrown.cpu)/cpu, "%cpu-thrown-away")
				b.ReportMetric(100*spread(kept.wall), "%spread")
			})
		}
	}
}

// runs are the seconds that each took, by the clock and of the processors.
type runs struct{ wall, cpu []float64 }

func (r *runs) add(b *testing.B, args ...string) {
	b.Helper()
	r.addIn(b, b.TempDir(), args...)
}

func (r *runs) addIn(b *testing.B, dir string, args ...string) {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), "trawl", args...)
	cmd.Dir, cmd.Stderr = dir, os.Stderr // Stdout is the null device
	began := time.Now()
	if err := cmd.Run(); err != nil {
		b.Fatal(err)
	}
	r.wall = append(r.wall, time.Since(began).Seconds())
	r.cpu = append(r.cpu, (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds())
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// spread is how far the middle half of the values lies apart, as a part of the median.
func spread(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[len(sorted)*3/4] - sorted[len(sorted)/4]) / median(values)
}

//go:build unix

package sinks

import (
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
)

// contest has a sink and a bare loop with the same library write the same n records, turn
// by turn, since a machine is not the same a minute later. It reports the medians: the
// sink's time for a record, by the clock and of the processors, and how quick the sink is
// in percent of the bare loop.
func contest(b *testing.B, n int, sink, bare func()) {
	var ofSink, ofBare took
	for b.Loop() {
		ofSink.add(sink)
		ofBare.add(bare)
	}
	b.ReportMetric(0, "ns/op") // of both, which says nothing
	b.ReportMetric(median(ofSink.wall)/float64(n), "ns/record")
	b.ReportMetric(median(ofSink.cpu)/float64(n), "cpu-ns/record")
	b.ReportMetric(100*median(ofBare.wall)/median(ofSink.wall), "%bare")
	b.ReportMetric(100*median(ofBare.cpu)/median(ofSink.cpu), "%bare-cpu")
	b.ReportMetric(100*max(spread(ofSink.wall), spread(ofBare.wall)), "%spread")
}

// took is the nanoseconds of each round, by the clock and of the processors.
type took struct{ wall, cpu []float64 }

func (t *took) add(round func()) {
	runtime.GC() // of what the other has left
	cpu, began := processors(), time.Now()
	round()
	t.wall = append(t.wall, float64(time.Since(began)))
	t.cpu = append(t.cpu, processors()-cpu)
}

// processors is the time that this process has had of them, in nanoseconds.
func processors() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // it knows no reason
	}
	return float64(u.Utime.Nano() + u.Stime.Nano())
}

func median(values []float64) float64 { return sorted(values)[len(values)/2] }

// spread is how far the middle half of the values lies apart, as a part of the median.
func spread(values []float64) float64 {
	s := sorted(values)
	return (s[len(s)*3/4] - s[len(s)/4]) / median(values)
}

func sorted(values []float64) []float64 { return slices.Sorted(slices.Values(values)) }

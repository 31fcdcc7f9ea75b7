//go:build unix

package sinks

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"trawl/fetch"
)

// BenchmarkPages is two runs over as many pages as -benchtime says, in commits of a thousand:
// the first learns of all, the second looks half a million of them up in the order of the
// list, and as many in none, and a twentieth has changed. Of each it reports the time for a page, by the clock and
// of the processors, without that of making the page; and the bytes that a page has in the file.
//
//	go test -run '^$' -bench Pages -benchtime 1000000x -timeout 1h ./sinks
func BenchmarkPages(b *testing.B) {
	p, err := OpenPages(filepath.Join(b.TempDir(), "db.pages"))
	if err != nil {
		b.Fatal(err)
	}
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	must(p.begin("1", false))
	benchRemember(b, p, "fill", 1)
	must(p.end())
	must(p.begin("2", false))
	benchKnown(b, p, "list", func(i int) int { return i })
	benchKnown(b, p, "random", func(int) int { return rand.IntN(b.N) })
	benchRemember(b, p, "change", 20)
	must(p.end())
	must(p.Close())
	info, err := os.Stat(p.path)
	must(err)
	b.ReportMetric(float64(info.Size())/float64(b.N), "file-B/page")
	b.ReportMetric(0, "ns/op")
}

// benchRemember remembers every step-th page in its step-th version.
func benchRemember(b *testing.B, p *Pages, phase string, step int) {
	const commit = 1000
	watch, updates := stopwatch{}, make([]update, 0, commit)
	for i := 0; i < b.N; i += step {
		url, known := benchPage(i, step)
		watch.begin()
		updates = append(updates, p.update(url, known))
		if len(updates) == commit || i+step >= b.N {
			if err := p.remember(updates); err != nil {
				b.Fatal(err)
			}
			updates = updates[:0]
		}
		watch.end()
	}
	watch.report(b, phase)
}

func benchKnown(b *testing.B, p *Pages, phase string, at func(int) int) {
	var watch stopwatch
	for i := range min(b.N, 500_000) {
		url, want := benchPage(at(i), 1)
		watch.begin()
		got, err := p.Known(url)
		watch.end()
		if err != nil || got == nil || got.Fingerprint != want.Fingerprint {
			b.Fatalf("%+v is known of %s, %v", got, url, err)
		}
	}
	watch.report(b, phase)
}

func benchPage(i, version int) (string, *fetch.Known) {
	url := fmt.Sprintf("https://host%03d.example.com/a/folder/of/pages/%016x/page-%08d.html", i%1000, uint64(i)*0x9E3779B97F4A7C15, i)
	sum := sha256.Sum256(fmt.Append(nil, url, version))
	return url, &fetch.Known{
		URL: url, ETag: fmt.Sprintf(`"%x"`, sum[:16]), LastModified: "Sun, 22 Nov 2026 09:24:39 GMT",
		Fingerprint: [16]byte(sum[:16]), Bytes: 80_000 + int64(i), Time: time.UnixMicro(1_795_000_000_000_000 + int64(i)).UTC(),
	}
}

// stopwatch adds up the time between begin and end, in nanoseconds.
type stopwatch struct {
	began, wall time.Duration
	cpu, of     float64
	n           int
}

var benchBegan = time.Now()

func (s *stopwatch) begin() { s.began, s.of = time.Since(benchBegan), processors() }

func (s *stopwatch) end() {
	s.wall += time.Since(benchBegan) - s.began
	s.cpu += processors() - s.of
	s.n++
}

func (s *stopwatch) report(b *testing.B, phase string) {
	b.ReportMetric(float64(s.wall)/float64(s.n), phase+"-ns")
	b.ReportMetric(s.cpu/float64(s.n), phase+"-cpu-ns")
}

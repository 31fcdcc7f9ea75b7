//go:build linux

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkIfChanged is what it costs to know what has changed: the command over pages of
// 80 kB from a server without validators, so that each is fetched and compared, on a first
// night and on a second one, and without --if-changed, turn by turn. It reports the medians
// of pages a second of the latter, and the others' in percent of it; the same for the
// processor's time:
//
//	go test -run '^$' -bench IfChanged -benchtime 7x .
func BenchmarkIfChanged(b *testing.B) {
	const pages = 15_000
	server := answerWith(b, bytes.Repeat([]byte("a page of <b>so many</b> bytes\n"), 2_600)[:80_000])
	list := manyURLs(b, server, 1_000, pages)
	for _, file := range []string{"db.txt", "pages.jsonl"} {
		b.Run("output="+file, func(b *testing.B) {
			var plain, first, second runs
			for b.Loop() {
				plain.add(b, list, "-o", file)
				dir := b.TempDir()
				first.addIn(b, dir, list, "-o", file, "--if-changed")
				second.addIn(b, dir, list, "-o", file, "--if-changed")
				info, err := os.Stat(filepath.Join(dir, file+".pages"))
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(info.Size())/pages, "B/page")
			}
			wall, cpu := median(plain.wall), median(plain.cpu)
			b.ReportMetric(pages/wall, "pages/s")
			b.ReportMetric(1e6*cpu/pages, "cpu-µs/page")
			b.ReportMetric(100*wall/median(first.wall), "%first-night")
			b.ReportMetric(100*wall/median(second.wall), "%second-night")
			b.ReportMetric(100*cpu/median(first.cpu), "%cpu-first-night")
			b.ReportMetric(100*cpu/median(second.cpu), "%cpu-second-night")
			b.ReportMetric(100*spread(plain.wall), "%spread")
		})
	}
}

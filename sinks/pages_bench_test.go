//go:build unix

package sinks

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"trawl/fetch"
)

func benchPage(i, version int) (string, *fetch.Known) {
	url := fmt.Sprintf("https://host%03d.example.com/a/folder/of/pages/%016x/page-%08d.html", i%1000, uint64(i)*0x9E3779B97F4A7C15, i)
	sum := sha256.Sum256([]byte(url + strconv.Itoa(version)))
	return url, &fetch.Known{
		URL: url, ETag: fmt.Sprintf(`"%x"`, sum[:16]), LastModified: "Sun, 22 Nov 2026 09:24:39 GMT",
		SHA256: sum, Payload: sum, Bytes: 80_000 + int64(i), Time: time.UnixMicro(1_795_000_000_000_000 + int64(i)).UTC(),
	}
}

func TestLongRun(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("PAGES_N"))
	if n == 0 {
		t.Skip()
	}
	dir := os.Getenv("PAGES_DIR")
	if dir == "" {
		dir = t.TempDir()
	}
	path := filepath.Join(dir, "x.pages")
	rss := func() string {
		b, _ := os.ReadFile("/proc/self/status")
		var peak, now string
		for _, l := range splitLines(string(b)) {
			fmt.Sscanf(l, "VmHWM: %s", &peak)
			fmt.Sscanf(l, "VmRSS: %s", &now)
		}
		return now + "/" + peak
	}
	size := func() (s string) {
		for _, x := range []string{"", "-wal"} {
			if i, err := os.Stat(path + x); err == nil {
				s += fmt.Sprintf(" %dM", i.Size()>>20)
			}
		}
		return
	}
	var gen time.Duration
	phase := func(name string, n int, do func()) {
		gen = 0
		cpu, began := processors(), time.Now()
		do()
		took := time.Since(began)
		fmt.Printf("%-10s n=%d %v %.2f us/n wall, %.2f us/n cpu (less %.2f of making), size%s rss %s\n", name, n, took.Round(time.Millisecond), float64(took.Microseconds())/float64(n), (processors()-cpu)/float64(n)/1000, float64(gen.Microseconds())/float64(n), size(), rss())
	}
	open := func() *Pages {
		p, err := OpenPages(path)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	fill := func(p *Pages, n, step, version int) {
		var us []update
		last := time.Now()
		for i := 0; i < n; i += step {
			g := time.Now()
			url, k := benchPage(i, version)
			us = append(us, p.update(url, k))
			gen += time.Since(g)
			if len(us) == 1000 {
				must(p.remember(us))
				us = us[:0]
			}
			if i%1_000_000 < step && i > 0 && step == 1 {
				fmt.Printf("   %dM %v%s rss %s\n", i/1_000_000, time.Since(last).Round(time.Millisecond), size(), rss())
				last = time.Now()
			}
		}
		must(p.remember(us))
	}
	look := func(p *Pages, n int, at func(i int) int) {
		for i := range n {
			g := time.Now()
			url, k := benchPage(at(i), 1)
			gen += time.Since(g)
			got, err := p.Known(url)
			if err != nil || got == nil || got.Bytes != k.Bytes {
				t.Fatal(i, got, err)
			}
		}
	}
	p := open()
	must(p.begin("r1", false))
	if os.Getenv("PAGES_HAVE") == "" {
		phase("fill", n, func() { fill(p, n, 1, 1) })
	}
	must(p.end())
	must(p.Close())
	p = open()
	must(p.begin("r2", false))
	phase("list", n, func() { look(p, n, func(i int) int { return i }) })
	phase("random", min(n, 2_000_000), func() { look(p, min(n, 2_000_000), func(int) int { return rand.IntN(n) }) })
	phase("change", n/20, func() { fill(p, n, 20, 2) })
	must(p.end())
	phase("close", 1, func() { must(p.Close()) })
}

func splitLines(s string) (l []string) {
	for line := range strings.SplitSeq(s, "\n") {
		l = append(l, line)
	}
	return
}

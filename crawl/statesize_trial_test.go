//go:build trial

package crawl

import (
	"context"
	"fmt"
	"hash/crc64"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"trawl/fetch"
	"trawl/parse"
	"trawl/sinks"
)

const manyPositions = 10_000_000

// A run of ten million URLs on thousands of hosts, which end in no order within a window,
// is interrupted shortly before its end.
func TestTrialTheStateOfTenMillionPositionsIsSmall(t *testing.T) {
	const largest, longest = 32_000_000, 30 * time.Second
	out := filepath.Join(t.TempDir(), "pages.warc.gz") // which holds nothing of records without exchanges
	j, err := sinks.OpenJournal(t.Context(), out, false)
	if err != nil {
		t.Fatal(err)
	}
	stats, peak := NewStats(), int64(0)
	w, err := sinks.Open(sinks.Options{
		Output: out, Format: sinks.WARC, Run: "20261122T092439Z-7f3a", Journal: j, Figures: stats.figures,
		OnCommit: func(recs []parse.Record) {
			stats.Add(recs...)
			if info, err := os.Stat(sinks.StatePath(out)); err == nil {
				peak = max(peak, info.Size())
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	left := appendMany(t, w)
	if err := w.Close(context.Background(), sinks.End{}); err != nil {
		t.Fatal(err)
	}
	if peak == 0 || peak > largest {
		t.Errorf("the state had up to %d bytes, want at most %d", peak, largest)
	}

	began := time.Now()
	if j, err = sinks.OpenJournal(t.Context(), out, false); err != nil {
		t.Fatal(err)
	}
	found, again := j.Interrupted(), NewStats()
	if err := again.restore(found.Figures); err != nil {
		t.Fatal(err)
	}
	list, err := OpenList(nil, &urlLines{}, ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	if err := list.Resume(found); err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	if took > longest {
		t.Errorf("it takes %v to go on", took)
	}
	t.Logf("a state of up to %d bytes, gone on with after %v", peak, took)
	for range left {
		if r, err := list.Next(); err != nil || !left[r.Index] {
			t.Fatalf("position %d comes again, %v", r.Index, err)
		}
	}
	if r, err := list.Next(); err != io.EOF {
		t.Errorf("position %d comes again, %v", r.Index, err)
	}
	if a, b := stats.Snapshot(), again.Snapshot(); a.URLs() != b.URLs() || a.Latency != b.Latency || a.Failed != b.Failed || a.Bytes != b.Bytes {
		t.Errorf("the figures are %+v, and were %+v", b, a)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}

// appendMany appends records of all positions but a few, which it returns.
func appendMany(t *testing.T, w *sinks.Writer) (left map[int64]bool) {
	const window, rest = 4096, 100
	rng := rand.New(rand.NewPCG(1, 2))
	var waiting []parse.Record
	end := func() parse.Record {
		i := rng.IntN(len(waiting))
		rec := waiting[i]
		waiting[i] = waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		return rec
	}
	urls := make([]string, 5000)
	for i := range urls {
		urls[i] = fmt.Sprintf("https://host-%d.example/", i)
	}
	lines, buf, sum := urlLines{}, []byte(nil), uint64(0)
	for seq := int64(1); seq <= manyPositions; seq++ {
		buf = lines.line(buf[:0], seq)
		sum = crc64.Update(sum, polynomial, buf)
		rec := parse.Record{
			Seq: seq, ListSum: sum, URL: urls[rng.IntN(len(urls))], Status: 200, Attempts: 1, HasBody: true, Bytes: 1000,
			Timings: fetch.Timings{Duration: time.Duration(rng.ExpFloat64() * float64(time.Second))}, File: "urls.txt", Line: seq,
		}
		if rng.IntN(30) == 0 {
			rec.Status, rec.HasBody, rec.Class = 0, false, fetch.Callback
			rec.Error = "parse_page: " + strconv.Itoa(rng.IntN(1000))
		}
		if waiting = append(waiting, rec); len(waiting) < window {
			continue
		}
		if err := w.Append(t.Context(), end()); err != nil {
			t.Fatal(err)
		}
	}
	for len(waiting) > rest {
		if err := w.Append(t.Context(), end()); err != nil {
			t.Fatal(err)
		}
	}
	left = map[int64]bool{}
	for i := range waiting {
		left[waiting[i].Seq] = true
	}
	return left
}

// urlLines is a list of manyPositions URLs.
type urlLines struct {
	next int64
	buf  []byte
}

func (*urlLines) line(dst []byte, n int64) []byte {
	return append(strconv.AppendInt(append(dst, "https://example.com/page/"...), n, 10), '\n')
}

func (l *urlLines) Read(p []byte) (int, error) {
	for len(l.buf) < len(p) && l.next < manyPositions {
		l.next++
		l.buf = l.line(l.buf, l.next)
	}
	if len(l.buf) == 0 {
		return 0, io.EOF
	}
	n := copy(p, l.buf)
	l.buf = l.buf[:copy(l.buf, l.buf[n:])]
	return n, nil
}

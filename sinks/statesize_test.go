package sinks

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"trawl/parse"
)

// Ten million URLs end in no order within a window, and are committed as they do when they
// come fast. The figures of each commit are as long as those of a thousand hosts.
func TestTheStateOfTenMillionPositionsIsSmall(t *testing.T) { testStateIsSmall(t, 10_000_000, 1) }

// One of sixteen coordinators has a sixteenth of the list, with the others' positions between.
func TestTheStateOfAShareOfTenMillionPositionsIsSmall(t *testing.T) {
	testStateIsSmall(t, 10_000_000/16, 16)
}

// testStateIsSmall is of a run that takes one of so many lines of its list.
func testStateIsSmall(t *testing.T, positions, oneOf int64) {
	const (
		window, batch              = 8192, commitFull
		largest, longest           = 32_000_000, 20 * time.Second
		figuresOfAFrame, ofTheRest = 40 << 10, 4 << 20
	)
	dir := t.TempDir()
	out := filepath.Join(dir, "pages.warc.gz") // which holds nothing of records without exchanges
	j, err := OpenJournal(t.Context(), out, false)
	if err != nil {
		t.Fatal(err)
	}
	part, all := bytes.Repeat([]byte{7}, figuresOfAFrame), bytes.Repeat([]byte{7}, ofTheRest)
	w, err := Open(Options{Output: out, Format: WARC, Run: "20261122T092439Z-7f3a", Journal: j, Figures: func(_ []parse.Record, whole bool) []byte {
		if whole {
			return all
		}
		return part
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Drain(); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	waiting, recs, peak := make([]int64, 0, window), make([]parse.Record, batch), int64(0)
	n := 0 // of recs
	for index := int64(1); index <= positions; index++ {
		if waiting = append(waiting, index); len(waiting) < window {
			continue
		}
		i := rng.IntN(window)
		recs[n].Index, recs[n].Seq, recs[n].ListSum = waiting[i], waiting[i]*oneOf, uint64(waiting[i])
		n++
		waiting[i] = waiting[window-1]
		waiting = waiting[:window-1]
		if n < batch {
			continue
		}
		if err := w.note(recs); err != nil {
			t.Fatal(err)
		}
		n = 0
		info, err := os.Stat(j.path)
		if err != nil {
			t.Fatal(err)
		}
		peak = max(peak, info.Size())
	}
	if err := w.note(recs[:n]); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if peak == 0 || peak > largest {
		t.Errorf("the state had up to %d bytes, want at most %d", peak, largest)
	}

	began := time.Now()
	if j, err = OpenJournal(t.Context(), out, false); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > longest {
		t.Errorf("it takes %v to read", took)
	}
	defer j.Close()
	found := j.Interrupted()
	if done, want := found.Done.Count(), positions-int64(len(waiting)); done != want {
		t.Errorf("%d positions are done, want %d", done, want)
	}
	for _, index := range waiting {
		if found.Done.Done(index) {
			t.Fatalf("position %d is done", index)
		}
	}
	if found.ListSum != uint64(found.Done.High) {
		t.Errorf("the checksum is that of position %d, want %d", found.ListSum, found.Done.High)
	}
	t.Logf("a state of up to %d bytes", peak)
}

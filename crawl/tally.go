package crawl

import (
	"net/http"
	"time"

	"trawl/parse"
)

// tally is what a run has counted. It is plain data, which the journal holds, and two
// tallies add up: that of a run is those of its parts.
type tally struct {
	Elapsed time.Duration `cbor:"1,keyasint,omitempty"` // of the parts that have ended

	Pages   int64            `cbor:"2,keyasint,omitempty"`
	Failed  int64            `cbor:"3,keyasint,omitempty"`
	Skipped int64            `cbor:"4,keyasint,omitempty"`
	Skips   map[string]int64 `cbor:"5,keyasint,omitempty"` // skipped, by reason

	Bytes     int64 `cbor:"6,keyasint,omitempty"`
	Retries   int64 `cbor:"7,keyasint,omitempty"`
	Retried   int64 `cbor:"8,keyasint,omitempty"`
	RetriedOK int64 `cbor:"9,keyasint,omitempty"`

	Statuses statuses `cbor:"10,keyasint"`
	Latency  Sketch   `cbor:"11,keyasint"`
	Failures failures `cbor:"12,keyasint"`
	Slowest  slowest  `cbor:"13,keyasint"`
	Pauses   pauses   `cbor:"14,keyasint"`

	New       int64 `cbor:"15,keyasint,omitempty"` // of Pages
	Changed   int64 `cbor:"16,keyasint,omitempty"` // of Pages
	Gone      int64 `cbor:"17,keyasint,omitempty"` // of Failed
	Unfetched int64 `cbor:"18,keyasint,omitempty"` // bytes of pages that are unchanged and were not sent again
}

// add counts a record. It keeps nothing of it. A URL whose page is unchanged was asked
// for: it is skipped, and its attempts, its answers and what came of a body count as any.
func (t *tally) add(rec *parse.Record) {
	switch {
	case rec.Skipped != "":
		t.Skipped++
		sum(&t.Skips, rec.Skipped, 1)
		if rec.Skipped != parse.Unchanged {
			return // nothing was sent
		}
	case rec.Class == "":
		t.Pages++
	default:
		t.Failed++
		t.Failures.add(rec)
	}
	t.addChange(rec)
	if rec.HasBody {
		t.Bytes += rec.Bytes
	}
	t.addRetries(rec)
	t.addAnswer(rec)
}

func (t *tally) addChange(rec *parse.Record) {
	switch rec.Change {
	case parse.New:
		t.New++
	case parse.Changed:
		t.Changed++
	case parse.Gone:
		t.Gone++
	}
	if rec.Skipped == parse.Unchanged && rec.Status == http.StatusNotModified && rec.Before != nil {
		t.Unfetched += rec.Before.Bytes
	}
}

func (t *tally) addRetries(rec *parse.Record) {
	if rec.Attempts < 2 {
		return
	}
	t.Retries += int64(rec.Attempts - 1)
	t.Retried++
	for _, status := range rec.Tried {
		t.Statuses.tried(status)
	}
	if rec.Class == "" {
		t.RetriedOK++
	}
}

func (t *tally) addAnswer(rec *parse.Record) {
	t.Statuses.add(rec.Status)
	if rec.Status == 0 {
		return
	}
	t.Latency.Add(rec.Duration)
	if rec.Class == "" && rec.Skipped == "" {
		t.Slowest.add(rec)
	}
}

// merge adds another tally, of which it keeps nothing that changes.
func (t *tally) merge(o *tally) {
	t.Elapsed += o.Elapsed
	t.Pages += o.Pages
	t.Failed += o.Failed
	t.Skipped += o.Skipped
	sums(&t.Skips, o.Skips)
	t.Bytes += o.Bytes
	t.Retries += o.Retries
	t.Retried += o.Retried
	t.RetriedOK += o.RetriedOK
	t.Statuses.merge(&o.Statuses)
	t.Latency.Merge(&o.Latency)
	t.Failures.merge(&o.Failures)
	t.Slowest.merge(&o.Slowest)
	t.Pauses.merge(&o.Pauses)
	t.New += o.New
	t.Changed += o.Changed
	t.Gone += o.Gone
	t.Unfetched += o.Unfetched
}

// urls is how many have ended.
func (t *tally) urls() int64 { return t.Pages + t.Failed + t.Skipped }

// sum adds to a count in a map that need not exist.
func sum[K comparable](counts *map[K]int64, key K, n int64) {
	if *counts == nil {
		*counts = map[K]int64{}
	}
	(*counts)[key] += n
}

// sums adds all counts of a map.
func sums[K comparable](counts *map[K]int64, more map[K]int64) {
	for key, n := range more {
		sum(counts, key, n)
	}
}

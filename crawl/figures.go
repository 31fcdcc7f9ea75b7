package crawl

import (
	"fmt"
	"time"

	"github.com/fxamacker/cbor/v2"

	"trawl/parse"
)

// figures is what a frame of the journal says: what has been counted since the last one,
// with recs, which are about to be committed; or, if whole, all that has been.
func (s *Stats) figures(recs []parse.Record, whole bool) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	var t tally
	now := time.Now()
	if whole {
		t.merge(&s.all)
		t.Elapsed += now.Sub(s.started)
	} else {
		t.merge(&s.events)
		t.Elapsed = now.Sub(s.framed)
	}
	s.events, s.framed = tally{}, now
	for i := range recs {
		t.add(&recs[i])
	}
	data, err := cbor.Marshal(&t)
	if err != nil {
		panic(err) // plain data
	}
	return data
}

// decoding takes text as it was counted: names of files and what was cut short may have
// any bytes.
var decoding = func() cbor.DecMode {
	mode, err := cbor.DecOptions{UTF8: cbor.UTF8DecodeInvalid}.DecMode()
	if err != nil {
		panic(err) // they are the same each time
	}
	return mode
}()

// restore adds what frames have said of the earlier parts of the run.
func (s *Stats) restore(parts [][]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, part := range parts {
		var t tally
		if err := decoding.Unmarshal(part, &t); err != nil {
			return fmt.Errorf("figures of the interrupted run: %w", err)
		}
		s.all.merge(&t)
	}
	s.before = s.all.urls()
	return nil
}

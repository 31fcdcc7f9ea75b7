package cluster

import (
	"math"
	"testing"
	"time"
)

func TestARateIsThatOfTheLastSeconds(t *testing.T) {
	now := time.Now()
	w := member{since: now}
	w.Heard, w.ended = now, 1000 // of an earlier session
	var ended uint64 = 1000
	pass := func(seconds int, rate uint64) {
		for range seconds {
			now, ended = now.Add(time.Second), ended+rate
			w.heard(&statusRequest{Capacity: 128, InFlight: 100, Ended: ended}, now)
		}
	}
	near := func(when string, want, by float64) {
		t.Helper()
		if math.Abs(w.Rate-want) > by {
			t.Errorf("%s: %.1f a second, want %v or so", when, w.Rate, want)
		}
	}
	near("at first", 0, 0)
	pass(1, 410)
	near("after a second", 410, 1)
	pass(60, 410)
	near("after a minute", 410, 1)
	pass(10, 0)
	near("ten seconds after it stopped", 150, 20)
	pass(30, 0)
	near("a while after it stopped", 0, 10)
	pass(30, 820)
	near("half a minute after it went on", 820, 50)
	w.heard(&statusRequest{Ended: 5}, now.Add(time.Second))
	if w.Rate < 0 {
		t.Errorf("after a count that went back: %v", w.Rate)
	}
	before := w.Rate
	w.heard(&statusRequest{Ended: 5}, now.Add(time.Second)) // twice at the same moment
	if w.Rate != before {
		t.Errorf("a second status of the same moment makes %v of %v", w.Rate, before)
	}
}

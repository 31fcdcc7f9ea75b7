package cluster

import (
	"math"
	"strings"
	"testing"
	"unicode/utf8"
)

// A worker may say anything of itself; it stops no run by that, and costs little.
func TestWhatAWorkerSaysOfItselfIsBelievedWithinReason(t *testing.T) {
	told := newNotices(func(Event) {}, nil)
	e := &Engine[string, string]{epoch: 7, members: members{all: map[string]*member{}}, told: told}
	note := func(instance string, q statusRequest) {
		q.Instance, q.Epoch = instance, 7
		e.noteStatus(&q)
	}
	note("honest", statusRequest{Name: "alpha-4121", Capacity: 128, InFlight: 100})
	note("huge", statusRequest{Name: strings.Repeat("日", 1<<18), Capacity: math.MaxInt, InFlight: math.MaxInt})
	note("huge too", statusRequest{Name: "beta", Capacity: math.MaxInt, InFlight: 1})
	note("negative", statusRequest{Name: "", Capacity: math.MinInt, InFlight: -1})
	all := e.Workers()
	for _, w := range all {
		if w.Name == "" || len(w.Name) > maxName+len("\uFFFD") || !utf8.ValidString(w.Name) {
			t.Errorf("a worker is called %.50q, in %d bytes", w.Name, len(w.Name))
		}
		if w.Capacity < 0 || w.Capacity > maxCapacity || w.InFlight < 0 || w.InFlight > maxCapacity {
			t.Errorf("%.50q has %d of %d in flight", w.Name, w.InFlight, w.Capacity)
		}
	}
	if all[0].Name != "alpha-4121" || all[0].Capacity != 128 || all[0].InFlight != 100 {
		t.Errorf("the honest one is %+v", all[0])
	}
	if got, want := e.members.capacity(), 128+2*maxCapacity; got != want {
		t.Errorf("together they take %d calls, want %d", got, want)
	}
	for _, event := range told.events {
		if event.Worker == "" || len(event.Worker) > maxName+len("\uFFFD") {
			t.Errorf("told of a worker whose name has %d bytes", len(event.Worker))
		}
	}
	if len(told.events) != 4 {
		t.Errorf("%d events, want that four have joined", len(told.events))
	}
}

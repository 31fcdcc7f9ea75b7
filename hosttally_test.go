package main

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
)

func TestHostsAreCountedExactlyUpToABound(t *testing.T) {
	tally := newHostTally(3)
	for _, host := range []string{"b", "a", "a", "b", "c"} {
		tally.add(host)
	}
	if n, more := tally.hosts(); n != 3 || more {
		t.Errorf("%d hosts, more: %v; want 3 and no more", n, more)
	}
	if host, n := tally.largest(); host != "a" || n != 2 {
		t.Errorf("the largest is %s with %d, want the first of equals, a, with 2", host, n)
	}
	if host, n := newHostTally(3).largest(); host != "" || n != 0 {
		t.Errorf("the largest of none is %q with %d", host, n)
	}
}

// Of a million hosts the largest is found, its count is never too high and hardly too
// low, and the memory is that of the bound.
func TestAMillionHostsAreCountedInBoundedMemory(t *testing.T) {
	const others, most, ofLarge = 1_000_000, 1_000, 20_000
	before := alive()
	tally := newHostTally(most)
	large := 0
	for i := range others {
		tally.add(fmt.Sprintf("host-%d.example.org", i))
		if large < ofLarge && rand.IntN(others) < 2*ofLarge {
			tally.add("img.example.org")
			large++
		}
	}
	if n, more := tally.hosts(); n != most || !more {
		t.Errorf("%d hosts, more: %v; want more than %d", n, more, most)
	}
	least := int64(large - (others+large)/most)
	if host, n := tally.largest(); host != "img.example.org" || n > int64(large) || n < least {
		t.Errorf("the largest is %s with %d, want img.example.org with %d to %d", host, n, least, large)
	}
	if grown := alive() - before; grown > 4<<20 {
		t.Errorf("%d bytes are kept of a million hosts, want those of %d", grown, most)
	}
	runtime.KeepAlive(tally)
}

// alive is how many bytes are in use.
func alive() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func BenchmarkHostTally(b *testing.B) {
	tally := newHostTally(exactHosts)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		tally.add(fmt.Sprintf("host-%d.example.org", i%4_000_000))
	}
}

package crawl

import (
	"fmt"
	"testing"
)

func TestAURLIsRememberedInSixteenBytes(t *testing.T) {
	var s seen
	const most = 150_000
	for i := range most {
		if !s.add(fmt.Sprintf("https://a.example/%d", i)) {
			t.Fatalf("%d: known before", i)
		}
		if i == 20_000 || i%30_000 == 29_999 {
			size := 0
			for _, shard := range s.shards {
				size += 8 * cap(shard.keys)
			}
			if each := float64(size) / float64(i+1); each > 16 {
				t.Errorf("%d URLs: %.1f bytes each, want 16 at most", i+1, each)
			}
		}
	}
	for i := range most {
		if s.add(fmt.Sprintf("https://a.example/%d", i)) {
			t.Fatalf("%d: forgotten", i)
		}
	}
}

func TestTheSetDoesNotGrowAllAtOnce(t *testing.T) {
	var s seen
	n := 0
	grown := func() (capacity int) {
		for _, shard := range s.shards {
			capacity += len(shard.keys)
		}
		return capacity
	}
	for ; n < 50_000; n++ {
		s.add(fmt.Sprint("https://a.example/", n))
	}
	for range 20 {
		before := grown()
		for end := n + n/50; n < end; n++ { // two in a hundred more
			s.add(fmt.Sprint("https://a.example/", n))
		}
		if after := grown(); float64(after) > 1.15*float64(before) {
			t.Errorf("at %d URLs: from %d places to %d, want a little more", n, before, after)
		}
	}
}

func BenchmarkSeen(b *testing.B) {
	urls := make([]string, 1<<16)
	for i := range urls {
		urls[i] = fmt.Sprintf("https://a.example/articles/2026/11/%d.html", i)
	}
	var s seen
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.add(urls[i%len(urls)])
	}
}

package sinks

import (
	"testing"
	"time"
)

func TestPaceWantsNothingWhenNothingIsUncommitted(t *testing.T) {
	p := pace{synced: true}
	if next := p.next(0, 0); !next.IsZero() {
		t.Errorf("a new writer wakes at %v, want never", next)
	}
	now := time.Now()
	p.see(now, 3)
	p.wrote()
	p.committed(now.Add(time.Second))
	p.see(now.Add(time.Second), 0)
	if next := p.next(0, 0); !next.IsZero() {
		t.Errorf("after a commit the writer wakes at %v, want never", next)
	}
}

func TestPace(t *testing.T) {
	start := time.Now()
	for _, c := range []struct {
		name               string
		synced             bool
		written, unwritten int
		at                 time.Duration // after the record was seen, which was right after a commit
		write, commit      bool
		next               time.Duration
	}{
		{"one record waits", true, 0, 1, 0, false, false, 20 * time.Millisecond},
		{"and is written", true, 0, 1, 20 * time.Millisecond, true, false, 20 * time.Millisecond},
		{"and is committed", true, 1, 0, time.Second, false, true, time.Second},
		{"a batch is written at once", true, 0, 512, 0, true, false, 20 * time.Millisecond},
		{"a thousand wait for the pause", true, 1000, 0, 49 * time.Millisecond, false, false, 50 * time.Millisecond},
		{"and are committed", true, 512, 488, 50 * time.Millisecond, true, true, 20 * time.Millisecond},
		{"enough does not wait", true, commitFull, 0, 0, false, true, 50 * time.Millisecond},
		{"without a sync a write is a commit", false, 0, 1, 20 * time.Millisecond, true, true, 20 * time.Millisecond},
		{"and comes no earlier", false, 0, 1, 19 * time.Millisecond, false, false, 20 * time.Millisecond},
	} {
		p := pace{synced: c.synced}
		p.committed(start)
		p.see(start, c.written+c.unwritten)
		now := start.Add(c.at)
		if got := p.writeDue(now, c.unwritten); got != c.write {
			t.Errorf("%s: write due %v", c.name, got)
		}
		if got := p.commitDue(now, c.written, c.unwritten); got != c.commit {
			t.Errorf("%s: commit due %v", c.name, got)
		}
		if got := p.next(c.written+c.unwritten, c.unwritten).Sub(start); got != c.next {
			t.Errorf("%s: next at %v, want %v", c.name, got, c.next)
		}
	}
}

package parse

import (
	"strings"
	"sync"
	"testing"
	"time"
)

// What a page is refused for is what it has had of a processor: on a busy machine time
// passes for honest pages too.
func TestABusyMachineMakesNoPageSlow(t *testing.T) {
	if threadTime() == 0 {
		t.Log("this system does not say how long a thread has run")
		return
	}
	b := enter(1000)
	defer b.leave()
	b.start = b.start.Add(-time.Hour)
	if err := b.check(10); err != nil || b.turn == costly {
		t.Errorf("an hour that others had: %v, and costly %t", err, b.turn == costly)
	}
	b.used -= time.Hour
	if err := b.late(); err != errSlow {
		t.Errorf("an hour of its own: %v, want %v", err, errSlow)
	}
}

// Pages that grow without end do so one at a time, and those beside them are parsed.
func TestAHostilePageCostsNoOtherPageAnything(t *testing.T) {
	limitMemory(t)
	bomb := htmlPage(filled(fonts(400, 0), "<p>x", megabyte-10))
	honest := utf8Page(80_000)
	links := []Selector{mustSelector(t, "links=a@href")}
	watch := watchHeap()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if _, err := ParsePage(bomb, Options{Select: links}); outcomeOf(err) != refused {
				t.Errorf("a bomb: %v", err)
			}
		})
		all.Go(func() {
			for range 20 {
				if rec, err := ParsePage(honest, Options{Select: links}); err != nil || !strings.Contains(string(rec.Data), "https://") {
					t.Errorf("an honest page: %v, %d bytes of data", err, len(rec.Data))
				}
			}
		})
	}
	all.Wait()
	if grew := watch(); grew > testLimit+testLimit/4 {
		t.Errorf("the heap grew by %d MiB", grew>>20)
	}
}

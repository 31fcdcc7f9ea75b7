package pooltest

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"testing"

	"trawl/pool"

	"github.com/google/go-cmp/cmp"
)

var chunks = []promise{
	{"MapInChunksKeepsTheOrder", testMapInChunksKeepsTheOrder},
	{"MapInChunksOfAnySize", testMapInChunksOfAnySize},
	{"MapInChunksYieldsAnErrorInItsPlace", testMapInChunksYieldsAnErrorInItsPlace},
	{"ChunkIsMadeOneAfterTheOther", testChunkIsMadeOneAfterTheOther},
	{"ChunkThatIsPendingIsCancelledWhole", testChunkThatIsPendingIsCancelledWhole},
	{"MapLeftEarlyMakesNoMoreOfAChunk", testMapLeftEarlyMakesNoMoreOfAChunk},
	{"MapReadsAheadWhatItMay", testMapReadsAheadWhatItMay},
	{"MapRefusesNegativeOptions", testMapRefusesNegativeOptions},
}

// numbers are the arguments of n calls, whose values are 0 to n-1.
func numbers(n int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := 0; i < n && yield(fmt.Sprintf("upper %d", i)); i++ {
		}
	}
}

func wantNumbers(t *testing.T, n int, results iter.Seq2[string, error]) {
	t.Helper()
	var want []string
	for i := range n {
		want = append(want, fmt.Sprint(i))
	}
	if diff := cmp.Diff(want, gathered(results)); diff != "" {
		t.Errorf("Map (-want +got):\n%s", diff)
	}
}

func testMapInChunksKeepsTheOrder(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 3})
	wantNumbers(t, 10, ex.Map(t.Context(), numbers(10), pool.MapOptions{Chunk: 3}))
}

func testMapInChunksOfAnySize(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 2, Window: 3})
	for _, chunk := range []int{0, 1, 6, 40, 50, 1 << 62} {
		for _, ahead := range []int{0, 1, 7, 100} {
			wantNumbers(t, 40, ex.Map(t.Context(), numbers(40), pool.MapOptions{Chunk: chunk, Ahead: ahead}))
		}
	}
}

func testMapInChunksYieldsAnErrorInItsPlace(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 2})
	items := []string{"upper a", "fail 3", "upper b", "panic oh", "exit", "timeout", "upper c", "exit"}
	want := []string{"A", "status 3", "B", "panic: oh", "panic: runtime.Goexit", "context deadline exceeded", "C", "panic: runtime.Goexit"}
	for _, chunk := range []int{2, 3, 8, 20} {
		if diff := cmp.Diff(want, gathered(ex.Map(t.Context(), slices.Values(items), pool.MapOptions{Chunk: chunk}))); diff != "" {
			t.Errorf("Map in chunks of %d (-want +got):\n%s", chunk, diff)
		}
	}
}

// Although another worker is free, and the window has room.
func testChunkIsMadeOneAfterTheOther(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 2, Window: 2})
	g := newGate(t)
	over := make(chan []string)
	go func() {
		items := slices.Values([]string{g.call("a"), g.call("b"), g.call("c"), g.call("d")})
		over <- gathered(ex.Map(t.Context(), items, pool.MapOptions{Chunk: 2}))
	}()
	first := g.nextOf(2)
	if _, ok := first["a"]; !ok || len(first) != 2 {
		t.Fatalf("calls %v run, want the first of each chunk", first)
	}
	first["c"].release()
	d := g.next()
	if d.name != "d" {
		t.Errorf("after c the call %q is made, want d", d.name)
	}
	d.release()
	first["a"].release()
	b := g.next()
	b.release()
	if diff := cmp.Diff([]string{"a", "b", "c", "d"}, <-over); diff != "" {
		t.Errorf("Map (-want +got):\n%s", diff)
	}
}

func testChunkThatIsPendingIsCancelledWhole(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1, Window: 2})
	g := newGate(t)
	over := make(chan []string)
	go func() {
		items := slices.Values([]string{g.call("a"), "upper b", g.call("c"), "upper d", "upper e"})
		over <- gathered(ex.Map(t.Context(), items, pool.MapOptions{Chunk: 2}))
	}()
	a := g.next()
	for f, err := ex.TrySubmit(t.Context(), "upper x"); err != pool.ErrFull; f, err = ex.TrySubmit(t.Context(), "upper x") {
		f.Cancel() // until Map has submitted both chunks
	}
	if err := ex.Shutdown(t.Context(), pool.CancelPending|pool.NoWait); err != nil {
		t.Error(err)
	}
	a.release()
	cancelled, refused := pool.ErrCancelled.Error(), pool.ErrShutdown.Error()
	if diff := cmp.Diff([]string{"a", "B", cancelled, cancelled, refused}, <-over); diff != "" {
		t.Errorf("Map (-want +got):\n%s", diff)
	}
}

func testMapLeftEarlyMakesNoMoreOfAChunk(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1, Window: 3})
	g := newGate(t)
	items := slices.Values([]string{"upper a", "upper b", g.call("c"), g.call("d"), g.call("e"), g.call("f")})
	for value, err := range ex.Map(t.Context(), items, pool.MapOptions{Chunk: 2}) {
		if value != "A" || err != nil {
			t.Fatalf("first item: %q, %v", value, err)
		}
		g.next()
		break
	}
	if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
		t.Error(err)
	}
	g.wantNoMore()
}

func testMapReadsAheadWhatItMay(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 2, Window: 4})
	for _, opts := range []pool.MapOptions{{Ahead: 1}, {Ahead: 3}, {Ahead: 4}, {Ahead: 10}, {Chunk: 3, Ahead: 2}, {Chunk: 3, Ahead: 7}, {Chunk: 3}} {
		want := opts.Ahead
		if want == 0 {
			want = 4 * opts.Chunk // the window
		}
		read, yielded := 0, 0
		counted := func(yield func(string) bool) {
			for in := range numbers(1 << 30) {
				if read++; !yield(in) {
					return
				}
			}
		}
		for value, err := range ex.Map(t.Context(), counted, opts) {
			if value != fmt.Sprint(yielded) || err != nil {
				t.Fatalf("%+v: item %d: %q, %v", opts, yielded, value, err)
			}
			if read-yielded != want {
				t.Fatalf("%+v: %d items are read and not yielded before item %d, want %d", opts, read-yielded, yielded, want)
			}
			if yielded++; yielded == 30 {
				break
			}
		}
	}
	wantNumbers(t, 3, ex.Map(t.Context(), numbers(3), pool.MapOptions{Ahead: 4}))
	wantNumbers(t, 0, ex.Map(t.Context(), numbers(0), pool.MapOptions{Ahead: 1, Chunk: 2}))
}

func testMapRefusesNegativeOptions(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, opts := range []pool.MapOptions{{Chunk: -1}, {Ahead: -1}, {Chunk: -3, Ahead: -3}} {
		read := func(func(string) bool) { t.Errorf("%+v: items are read", opts) }
		n := 0
		for value, err := range ex.Map(ended, read, opts) {
			if n++; value != "" || err == nil || err == context.Canceled {
				t.Errorf("%+v: %q, %v, want an error", opts, value, err)
			}
		}
		if n != 1 {
			t.Errorf("%+v: %d results, want one error", opts, n)
		}
	}
}

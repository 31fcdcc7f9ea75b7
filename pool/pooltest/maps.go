package pooltest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"trawl/pool"

	"github.com/google/go-cmp/cmp"
)

var maps = []promise{
	{"MapKeepsTheOrder", testMapKeepsTheOrder},
	{"MapYieldsAnErrorInItsPlace", testMapYieldsAnErrorInItsPlace},
	{"MapOfNothing", testMapOfNothing},
	{"MapOfWhatHasNoEnd", testMapOfWhatHasNoEnd},
	{"MapLeftEarlyCancelsTheRest", testMapLeftEarlyCancelsTheRest},
	{"MapEndsWithItsContext", testMapEndsWithItsContext},
	{"MapYieldsARefusalLast", testMapYieldsARefusalLast},
	{"MapYieldsTheTimeoutOfACallInItsPlace", testMapYieldsTheTimeoutOfACall},
	{"MapEndsAtItsDeadline", testMapEndsAtItsDeadline},
	{"MapThatTimesOutCancelsItsCalls", testMapThatTimesOutCancelsItsCalls},
	{"MapBeginsAnewEachTime", testMapBeginsAnewEachTime},
}

// gathered is what a Map yields, errors as text.
func gathered(results iter.Seq2[string, error]) (all []string) {
	for value, err := range results {
		if err != nil {
			value = err.Error()
		}
		all = append(all, value)
	}
	return all
}

func testMapKeepsTheOrder(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 4})
	var items, want []string
	for i := range 200 {
		items = append(items, fmt.Sprintf("upper x%d", i))
		want = append(want, fmt.Sprintf("X%d", i))
	}
	results := ex.Map(t.Context(), slices.Values(items), pool.MapOptions{})
	for range 2 { // it can be ranged over again
		if diff := cmp.Diff(want, gathered(results)); diff != "" {
			t.Errorf("Map (-want +got):\n%s", diff)
		}
	}
}

func testMapYieldsAnErrorInItsPlace(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 2})
	items := []string{"upper a", "fail 3", "upper b", "panic oh", "timeout", "upper c"}
	want := []string{"A", "status 3", "B", "panic: oh", "context deadline exceeded", "C"}
	if diff := cmp.Diff(want, gathered(ex.Map(t.Context(), slices.Values(items), pool.MapOptions{}))); diff != "" {
		t.Errorf("Map (-want +got):\n%s", diff)
	}
}

func testMapOfNothing(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1})
	for _, seq := range []iter.Seq[string]{slices.Values[[]string](nil), nil} {
		for _, opts := range []pool.MapOptions{{}, {Ahead: 3}, {Chunk: 3}} {
			if got := gathered(ex.Map(t.Context(), seq, opts)); got != nil {
				t.Errorf("Map of nothing: %q", got)
			}
		}
	}
}

func testMapOfWhatHasNoEnd(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 2, Window: 5})
	read, yielded := 0, 0
	naturals := func(yield func(string) bool) {
		for yield(fmt.Sprintf("upper x%d", read)) {
			read++
		}
	}
	for value, err := range ex.Map(t.Context(), naturals, pool.MapOptions{}) {
		if want := fmt.Sprintf("X%d", yielded); value != want || err != nil {
			t.Fatalf("item %d: %q, %v", yielded, value, err)
		}
		if ahead := read + 1 - yielded; ahead != 5 {
			t.Fatalf("%d items are read and not yielded, want the window of 5", ahead)
		}
		if yielded++; yielded == 100 {
			break
		}
	}
}

func testMapLeftEarlyCancelsTheRest(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1, Window: 4})
	g := newGate(t)
	items := slices.Values([]string{"upper a", g.call("b"), g.call("c"), g.call("d"), g.call("e")})
	for value, err := range ex.Map(t.Context(), items, pool.MapOptions{}) {
		if value != "A" || err != nil {
			t.Fatalf("first item: %q, %v", value, err)
		}
		if got := g.next().name; got != "b" {
			t.Fatalf("call %q runs, want b", got)
		}
		break
	}
	if err := ex.Shutdown(t.Context(), pool.Drain); err != nil { // b is not released: its context has ended
		t.Error(err)
	}
	g.wantNoMore()
}

func testMapEndsWithItsContext(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1, Window: 4})
	g := newGate(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	reason := errors.New("enough")
	items := slices.Values([]string{"upper a", g.call("b"), "upper c", "upper d", "upper e"})
	var got []string
	for value, err := range ex.Map(ctx, items, pool.MapOptions{}) {
		if err != nil {
			value = err.Error()
		} else {
			g.next()
			cancel(reason)
		}
		got = append(got, value)
	}
	if diff := cmp.Diff([]string{"A", "enough"}, got); diff != "" {
		t.Errorf("Map (-want +got):\n%s", diff)
	}
}

func testMapYieldsARefusalLast(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 2})
	items := func(yield func(string) bool) {
		if !yield("upper a") || !yield("upper b") {
			return
		}
		if err := ex.Shutdown(t.Context(), pool.NoWait); err != nil {
			t.Error(err)
		}
		if yield("upper c") {
			t.Error("Map went on after a refusal")
		}
	}
	if diff := cmp.Diff([]string{"A", "B", pool.ErrShutdown.Error()}, gathered(ex.Map(t.Context(), items, pool.MapOptions{}))); diff != "" {
		t.Errorf("Map (-want +got):\n%s", diff)
	}
}

// A deadline that a call had of its own is not that of the Map.
func testMapYieldsTheTimeoutOfACall(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 2})
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	for _, opts := range []pool.MapOptions{{}, {Chunk: 2}} {
		var got []string
		for value, err := range ex.Map(ctx, slices.Values([]string{"upper a", "timeout", "upper c"}), opts) {
			if errors.Is(err, context.DeadlineExceeded) {
				value = "timeout"
			} else if err != nil {
				t.Error(err)
			}
			got = append(got, value)
		}
		if diff := cmp.Diff([]string{"A", "timeout", "C"}, got); diff != "" {
			t.Errorf("Map (-want +got):\n%s", diff)
		}
	}
}

func testMapEndsAtItsDeadline(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1, Window: 4})
	g := newGate(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	items := slices.Values([]string{g.call("a"), "upper b", "upper c"})
	got := gathered(ex.Map(ctx, items, pool.MapOptions{})) // a is never released
	if diff := cmp.Diff([]string{context.DeadlineExceeded.Error()}, got); diff != "" {
		t.Errorf("Map (-want +got):\n%s", diff)
	}
}

func testMapThatTimesOutCancelsItsCalls(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1, Window: 3})
	g := newGate(t)
	first := submit(t, ex, g.call("first"))
	held := g.next()
	ctx, cancel := context.WithCancel(t.Context())
	items := func(yield func(string) bool) {
		if yield(g.call("second")) && yield(g.call("third")) {
			cancel() // both are pending
		}
	}
	got := gathered(ex.Map(ctx, items, pool.MapOptions{}))
	if diff := cmp.Diff([]string{context.Canceled.Error()}, got); diff != "" {
		t.Errorf("Map (-want +got):\n%s", diff)
	}
	held.release()
	wantResult(t, first, "first")
	if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
		t.Error(err)
	}
	g.wantNoMore()
}

func testMapBeginsAnewEachTime(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 2})
	all := ex.Map(t.Context(), numbers(5), pool.MapOptions{Chunk: 2})
	wantNumbers(t, 5, all)
	wantNumbers(t, 5, all)
}

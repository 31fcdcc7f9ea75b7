package pool_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"

	"trawl/pool"
)

// pair is an argument of two values.
type pair[A, B any] struct {
	First  A
	Second B
}

// zip goes through two sequences at once, until one of them ends.
func zip[A, B any](a iter.Seq[A], b iter.Seq[B]) iter.Seq[pair[A, B]] {
	return func(yield func(pair[A, B]) bool) {
		next, stop := iter.Pull(b)
		defer stop()
		for first := range a {
			second, ok := next()
			if !ok || !yield(pair[A, B]{first, second}) {
				return
			}
		}
	}
}

func naturals(yield func(int) bool) {
	for n := 0; yield(n); n++ {
	}
}

// power is a call with two arguments.
func power(_ context.Context, p pair[int, int]) (int, error) {
	result := 1
	for range p.Second {
		result *= p.First
	}
	return result, nil
}

func TestArgumentsAndResultsAreOfTheCallersTypes(t *testing.T) {
	type named struct {
		Name  string
		Again []string
	}
	greet := func(_ context.Context, n named) (map[string]int, error) {
		return map[string]int{n.Name: len(n.Again)}, nil
	}
	within(t, pool.Options{}, greet, func(t *testing.T, ex *pool.Executor[named, map[string]int]) {
		got, err := submit(t, ex, named{Again: []string{"x", "y"}, Name: "ann"}).Result(t.Context())
		if got["ann"] != 2 || err != nil {
			t.Errorf("Result: %v, %v", got, err)
		}
	})
}

type emptyError struct{ _ int }

func (*emptyError) Error() string { return "empty" }

// An error that is nothing but its type is an error.
func TestATypedNilErrorIsAnError(t *testing.T) {
	fail := func(_ context.Context, e error) (int, error) { return 1, e }
	within(t, pool.Options{Workers: 1}, fail, func(t *testing.T, ex *pool.Executor[error, int]) {
		for _, want := range []error{(*emptyError)(nil), errors.New("")} {
			f := submit(t, ex, want)
			if value, err := f.Result(t.Context()); value != 1 || err != want {
				t.Errorf("Result: %v, %v, want the error %#v", value, err, want)
			}
			if _, _, err := f.Snapshot(); err != want {
				t.Errorf("Snapshot: %v, want the error %#v", err, want)
			}
			other := submit(t, ex, nil)
			done, _, err := pool.Wait(t.Context(), pool.FirstError, f, other)
			if len(done) == 0 || done[0] != f || err != nil {
				t.Errorf("Wait for the first error: %v, %v", done, err)
			}
		}
	})
}

func TestMapOverSeveralSequences(t *testing.T) {
	within(t, pool.Options{Workers: 3}, power, func(t *testing.T, ex *pool.Executor[pair[int, int], int]) {
		for _, opts := range []pool.MapOptions{{}, {Ahead: 1}, {Ahead: 4, Chunk: 2}, {Ahead: 100}} {
			items := zip(slices.Values([]int{1, 2, 3, 4}), slices.Values([]int{3, 2, 1}))
			var got []int
			for n, err := range ex.Map(t.Context(), items, opts) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, n)
			}
			if want := []int{1, 4, 3}; !slices.Equal(got, want) {
				t.Errorf("%+v: Map %v, want %v", opts, got, want)
			}
		}
	})
}

func TestMapOverSeveralSequencesWithoutEnd(t *testing.T) {
	within(t, pool.Options{Workers: 3}, power, func(t *testing.T, ex *pool.Executor[pair[int, int], int]) {
		var got []int
		for n, err := range ex.Map(t.Context(), zip(naturals, naturals), pool.MapOptions{Ahead: 2}) {
			if err != nil {
				t.Fatal(err)
			}
			if got = append(got, n); len(got) == 4 {
				break
			}
		}
		if want := []int{1, 1, 4, 27}; !slices.Equal(got, want) {
			t.Errorf("Map: %v, want %v", got, want)
		}
	})
}

// They are what a caller sees in a message.
func TestErrorsSayWhatHappened(t *testing.T) {
	for err, want := range map[error]string{
		pool.ErrShutdown:              "executor is shut down",
		pool.ErrFull:                  "window is full",
		pool.ErrCancelled:             "call was cancelled",
		pool.ErrBroken:                "executor is broken",
		pool.ErrWouldDeadlock:         "a call or callback would wait for its own executor",
		&pool.PanicError{Value: "oh"}: "panic: oh",
	} {
		if got := err.Error(); got != want {
			t.Errorf("%T: %q, want %q", err, got, want)
		}
	}
	for state, want := range map[pool.State]string{pool.Pending: "pending", pool.Running: "running", pool.Cancelled: "cancelled", pool.Finished: "finished"} {
		if got := fmt.Sprint(state); got != want {
			t.Errorf("State %d: %q, want %q", state, got, want)
		}
	}
}

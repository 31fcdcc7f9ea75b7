package pool

import (
	"bytes"
	"context"
	"regexp"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

var label = regexp.MustCompile(`# labels: \{"worker":"([^"]*)"\}`)

// labels are the profiler's labels "worker" of the goroutines that are in a
// call of wantNames.
func labels(t *testing.T) (names []string) {
	t.Helper()
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		t.Fatal(err)
	}
	for group := range strings.SplitSeq(profile.String(), "\n\n") {
		if m := label.FindStringSubmatch(group); m != nil && strings.Contains(group, "wantNames.func") {
			names = append(names, m[1])
		}
	}
	slices.Sort(names)
	return names
}

func wantNames(t *testing.T, opts Options, want ...string) {
	t.Helper()
	gate := make(chan struct{})
	var begun sync.WaitGroup
	begun.Add(len(want))
	ex := newThreads(t, opts, func(context.Context, int) (int, error) {
		begun.Done()
		<-gate
		return 0, nil
	})
	defer close(gate)
	pprof.Do(t.Context(), pprof.Labels("worker", "submitter"), func(ctx context.Context) {
		for range want {
			if _, err := ex.Submit(ctx, 1); err != nil {
				t.Fatal(err)
			}
		}
	})
	begun.Wait()
	if got := labels(t); !slices.Equal(got, want) {
		t.Errorf("workers are called %q, want %q", got, want)
	}
}

func TestWorkersHaveTheNameThatIsGiven(t *testing.T) {
	wantNames(t, Options{Workers: 3, Name: "SpecialPool"}, "SpecialPool-1", "SpecialPool-2", "SpecialPool-3")
}

func TestWorkersHaveANameByDefault(t *testing.T) {
	wantNames(t, Options{Workers: 2}, "worker-1", "worker-2")
}

func TestInitRunsOnceOnEachWorkersGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		inits, calls := map[uint64]int{}, map[uint64]int{}
		count := func(in map[uint64]int) {
			mu.Lock()
			defer mu.Unlock()
			in[goroutineID()]++
		}
		gate := make(chan struct{})
		opts := Options{Workers: 4, Window: 20, Init: func() error { count(inits); return nil }}
		ex := newThreads(t, opts, func(context.Context, int) (int, error) {
			count(calls)
			<-gate
			return 0, nil
		})
		for range 20 {
			if _, err := ex.Submit(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		close(gate)
		synctest.Wait()
		if len(calls) != 4 || len(inits) != 4 {
			t.Errorf("%d goroutines made calls, Init ran on %d, want 4", len(calls), len(inits))
		}
		for id := range calls {
			if inits[id] != 1 {
				t.Errorf("Init ran %d times on the goroutine of a worker", inits[id])
			}
		}
	})
}

// A call that ends its goroutine costs the worker what Init did there.
func TestInitRunsAgainOnTheGoroutineThatFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inits := 0
		ex := newThreads(t, Options{Workers: 1, Init: func() error { inits++; return nil }}, func(_ context.Context, in string) (string, error) {
			if in == "exit" {
				runtime.Goexit()
			}
			return in, nil
		})
		for i, want := range []int{1, 1, 2, 2} {
			in := []string{"a", "exit", "b", "c"}[i]
			if _, err := ex.Submit(t.Context(), in); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if inits != want {
				t.Errorf("after %s Init has run %d times, want %d", in, inits, want)
			}
		}
	})
}

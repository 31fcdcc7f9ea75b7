package pool_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"trawl/pool"
)

// job is a call that is a function, so that it can use its own executor.
type job func(ctx context.Context) (string, error)

type jobs = pool.Executor[job, string]

func do(ctx context.Context, j job) (string, error) { return j(ctx) }

// at is a job that returns s.
func at(s string) job { return func(context.Context) (string, error) { return s, nil } }

// later is a job that returns s after an hour (of a bubble).
func later(s string) job {
	return func(ctx context.Context) (string, error) {
		select {
		case <-time.After(time.Hour):
			return s, nil
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
}

// waysToWait are the ways to wait for all of some futures.
var waysToWait = map[string]func(context.Context, ...*pool.Future[string]) error{
	"Result": func(ctx context.Context, futures ...*pool.Future[string]) error {
		for _, f := range futures {
			if _, err := f.Result(ctx); err != nil {
				return err
			}
		}
		return nil
	},
	"Wait for the first": func(ctx context.Context, futures ...*pool.Future[string]) error {
		_, _, err := pool.Wait(ctx, pool.FirstCompleted, futures...)
		return err
	},
	"Wait for all": func(ctx context.Context, futures ...*pool.Future[string]) error {
		_, _, err := pool.Wait(ctx, pool.AllCompleted, futures...)
		return err
	},
	"AsCompleted": func(ctx context.Context, futures ...*pool.Future[string]) (err error) {
		for _, err = range pool.AsCompleted(ctx, futures...) {
		}
		return err
	},
}

// eachWay tests each way to wait on an executor of its own.
func eachWay(t *testing.T, opts pool.Options, test func(*testing.T, *jobs, func(...*pool.Future[string]) error)) {
	for name, wait := range waysToWait {
		t.Run(name, func(t *testing.T) {
			within(t, opts, do, func(t *testing.T, ex *jobs) {
				test(t, ex, func(futures ...*pool.Future[string]) error { return wait(t.Context(), futures...) })
			})
		})
	}
}

func TestACallThatWaitsForItselfIsRefused(t *testing.T) {
	eachWay(t, pool.Options{Workers: 1, Window: 1}, func(t *testing.T, ex *jobs, wait func(...*pool.Future[string]) error) {
		self := make(chan *pool.Future[string])
		f := submit(t, ex, func(context.Context) (string, error) { return "", wait(<-self) })
		self <- f
		if _, err := f.Result(t.Context()); !errors.Is(err, pool.ErrWouldDeadlock) {
			t.Errorf("the call's wait: %v, want ErrWouldDeadlock", err)
		}
	})
}

func TestACallThatWaitsForAPendingOneIsRefused(t *testing.T) {
	eachWay(t, pool.Options{Workers: 1, Window: 2}, func(t *testing.T, ex *jobs, wait func(...*pool.Future[string]) error) {
		var next *pool.Future[string]
		_, err := submit(t, ex, func(context.Context) (string, error) {
			next = submit(t, ex, at("b"))
			return "", wait(next)
		}).Result(t.Context())
		if !errors.Is(err, pool.ErrWouldDeadlock) {
			t.Errorf("the call's wait: %v, want ErrWouldDeadlock", err)
		}
		if value, err := next.Result(t.Context()); value != "b" || err != nil {
			t.Errorf("the pending call: %q, %v", value, err)
		}
	})
}

// One of them gives up, and then the others have a worker again.
func TestOfSeveralCallsThatAllWaitOneIsRefused(t *testing.T) {
	eachWay(t, pool.Options{Workers: 3, Window: 6}, func(t *testing.T, ex *jobs, wait func(...*pool.Future[string]) error) {
		var all []*pool.Future[string]
		gate := make(chan struct{})
		for range 3 {
			all = append(all, submit(t, ex, func(context.Context) (string, error) {
				<-gate
				return "", wait(submit(t, ex, at("b")))
			}))
			synctest.Wait()
		}
		close(gate)
		refused := 0
		for _, f := range all {
			if _, err := f.Result(t.Context()); errors.Is(err, pool.ErrWouldDeadlock) {
				refused++
			} else if err != nil {
				t.Error(err)
			}
		}
		if refused != 1 {
			t.Errorf("%d of three calls were refused, want 1", refused)
		}
	})
}

func TestACallMayWaitAsLongAsAWorkerIsFree(t *testing.T) {
	eachWay(t, pool.Options{Workers: 2, Window: 4}, func(t *testing.T, ex *jobs, wait func(...*pool.Future[string]) error) {
		_, err := submit(t, ex, func(context.Context) (string, error) {
			return "", wait(submit(t, ex, later("b")), submit(t, ex, later("c")))
		}).Result(t.Context())
		if err != nil {
			t.Errorf("the call's wait: %v", err)
		}
	})
}

func TestACallbackThatCanOnlyWaitIsRefused(t *testing.T) {
	eachWay(t, pool.Options{Workers: 1, Window: 2}, func(t *testing.T, ex *jobs, wait func(...*pool.Future[string]) error) {
		got := make(chan error, 1)
		if _, err := ex.Submit(t.Context(), at("a"), func(*pool.Future[string]) {
			got <- wait(submit(t, ex, at("b")))
		}); err != nil {
			t.Fatal(err)
		}
		if err := <-got; !errors.Is(err, pool.ErrWouldDeadlock) {
			t.Errorf("the callback's wait: %v, want ErrWouldDeadlock", err)
		}
	})
}

// In a callback of Cancel it is not a worker that waits.
func TestACallbackOfCancelMayWait(t *testing.T) {
	eachWay(t, pool.Options{Workers: 1, Window: 3}, func(t *testing.T, ex *jobs, wait func(...*pool.Future[string]) error) {
		slow := submit(t, ex, later("a"))
		synctest.Wait()
		var got error = errors.New("callback has not run")
		pending, err := ex.Submit(t.Context(), at("b"), func(*pool.Future[string]) { got = wait(slow) })
		if err != nil {
			t.Fatal(err)
		}
		pending.Cancel()
		if got != nil {
			t.Errorf("the callback's wait: %v", got)
		}
	})
}

func TestACallMayWaitForAnotherExecutor(t *testing.T) {
	within(t, pool.Options{Workers: 1}, do, func(t *testing.T, other *jobs) {
		for name, wait := range waysToWait {
			ex, err := pool.New(pool.Threads(do), pool.Options{Workers: 1, Window: 3})
			if err != nil {
				t.Fatal(err)
			}
			_, err = submit(t, ex, func(ctx context.Context) (string, error) {
				return "", wait(ctx, submit(t, other, later("x")))
			}).Result(t.Context())
			if err != nil {
				t.Errorf("%s for a call of another executor: %v", name, err)
			}
			if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
				t.Error(err)
			}
		}
	})
}

// A wait that the call of another executor can end is none; if all calls must
// end, it cannot.
func TestAWaitForCallsOfTwoExecutors(t *testing.T) {
	within(t, pool.Options{Workers: 1}, do, func(t *testing.T, other *jobs) {
		for _, want := range []struct {
			when pool.When
			err  error
		}{{pool.FirstCompleted, nil}, {pool.FirstError, nil}, {pool.AllCompleted, pool.ErrWouldDeadlock}} {
			ex, err := pool.New(pool.Threads(do), pool.Options{Workers: 1, Window: 3})
			if err != nil {
				t.Fatal(err)
			}
			var own *pool.Future[string]
			_, err = submit(t, ex, func(ctx context.Context) (string, error) {
				own = submit(t, ex, at("own"))
				theirs := submit(t, other, func(ctx context.Context) (string, error) {
					value, err := later("x")(ctx)
					return value, errors.Join(err, errors.New("failed"))
				})
				_, _, err := pool.Wait(ctx, want.when, own, theirs)
				return "", err
			}).Result(t.Context())
			if err != want.err {
				t.Errorf("Wait(%d): %v, want %v", want.when, err, want.err)
			}
			if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestMapInACall(t *testing.T) {
	for _, opts := range []pool.MapOptions{{}, {Chunk: 2}, {Ahead: 1}, {Ahead: 100}} {
		within(t, pool.Options{Workers: 2, Window: 3}, do, func(t *testing.T, ex *jobs) {
			var got []string
			_, err := submit(t, ex, func(ctx context.Context) (string, error) {
				items := slices.Values([]job{later("a"), at("b"), later("c"), at("d"), later("e")})
				for value, err := range ex.Map(ctx, items, opts) {
					if err != nil {
						return "", err
					}
					got = append(got, value)
				}
				return "", nil
			}).Result(t.Context())
			if want := []string{"a", "b", "c", "d", "e"}; !slices.Equal(got, want) || err != nil {
				t.Errorf("%+v: Map with a worker free: %q, %v", opts, got, err)
			}
		})
		within(t, pool.Options{Workers: 1, Window: 3}, do, func(t *testing.T, ex *jobs) {
			_, err := submit(t, ex, func(ctx context.Context) (string, error) {
				for _, err := range ex.Map(ctx, slices.Values([]job{at("a"), at("b")}), opts) {
					return "", err
				}
				return "", nil
			}).Result(t.Context())
			if !errors.Is(err, pool.ErrWouldDeadlock) {
				t.Errorf("%+v: Map with no worker: %v, want ErrWouldDeadlock", opts, err)
			}
		})
	}
}

func TestAMapInACallEndsWithItsLoop(t *testing.T) {
	within(t, pool.Options{Workers: 2, Window: 3}, do, func(t *testing.T, ex *jobs) {
		made := 0
		count := func(context.Context) (string, error) { made++; return "", nil }
		_, err := submit(t, ex, func(ctx context.Context) (string, error) {
			items := slices.Values([]job{later("a"), later("b"), count, count})
			for range ex.Map(ctx, items, pool.MapOptions{Ahead: 100}) { // b and two more wait for room
				break
			}
			return "", nil
		}).Result(t.Context())
		if err != nil {
			t.Error(err)
		}
		if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
			t.Error(err)
		}
		if made != 0 {
			t.Errorf("%d calls were made after the loop was left", made)
		}
	})
}

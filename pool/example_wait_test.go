package pool_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"slices"
	"time"

	"trawl/pool"
)

// Which large numbers are prime: in chunks, as one is too little work for a call,
// and for no longer than a minute.
func ExampleExecutor_Map_chunks() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	isPrime := func(_ context.Context, n int) (bool, error) {
		if n < 2 {
			return false, errors.New("too small")
		}
		for i := 2; i*i <= n; i++ {
			if n%i == 0 {
				return false, nil
			}
		}
		return true, nil
	}
	primes, err := pool.New(pool.Threads(isPrime), pool.Options{})
	if err != nil {
		log.Fatal(err)
	}
	numbers := []int{112272535, 112582705942171, 1, 1000003}
	i := 0
	for prime, err := range primes.Map(ctx, slices.Values(numbers), pool.MapOptions{Chunk: 2}) {
		fmt.Println(numbers[i], prime, err) // in their order
		i++
	}
	if err := primes.Shutdown(ctx, pool.Drain); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 112272535 false <nil>
	// 112582705942171 true <nil>
	// 1 false too small
	// 1000003 true <nil>
}

// relay is a call that waits for its turn, and for the name that comes with it.
func relay(_ context.Context, turn <-chan string) (string, error) {
	name := <-turn
	if name == "" {
		return "", errors.New("nobody")
	}
	return name, nil
}

// newRelay has a call that runs for each turn.
func newRelay(ctx context.Context, turns ...<-chan string) (*pool.Executor[<-chan string, string], []*pool.Future[string]) {
	relays, err := pool.New(pool.Threads(relay), pool.Options{Workers: len(turns)})
	if err != nil {
		log.Fatal(err)
	}
	var futures []*pool.Future[string]
	for _, turn := range turns {
		f, err := relays.Submit(ctx, turn)
		if err != nil {
			log.Fatal(err)
		}
		futures = append(futures, f)
	}
	return relays, futures
}

func ExampleAsCompleted() {
	ctx := context.Background()
	ann, bob := make(chan string), make(chan string)
	relays, futures := newRelay(ctx, ann, bob)
	go func() { bob <- "bob" }()
	for f, err := range pool.AsCompleted(ctx, futures...) {
		if err != nil {
			log.Fatal(err) // ctx has ended
		}
		name, err := f.Result(ctx) // never waits here
		fmt.Println(name, err)
		if name == "bob" {
			close(ann)
		}
	}
	if err := relays.Shutdown(ctx, pool.Drain); err != nil {
		log.Fatal(err)
	}
	// Output:
	// bob <nil>
	//  nobody
}

func ExampleWait() {
	ctx := context.Background()
	ann, bob, cid := make(chan string), make(chan string), make(chan string)
	relays, futures := newRelay(ctx, ann, bob, cid)

	bob <- "bob"
	done, pending, err := pool.Wait(ctx, pool.FirstCompleted, futures...)
	fmt.Println(done, len(pending), err)

	close(cid)
	done, pending, err = pool.Wait(ctx, pool.FirstError, pending...)
	fmt.Println(done, len(pending), err)

	short, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	done, pending, err = pool.Wait(short, pool.AllCompleted, pending...)
	fmt.Println(done, len(pending), err)

	ann <- "ann"
	done, pending, err = pool.Wait(ctx, pool.AllCompleted, futures...)
	fmt.Println(len(done), len(pending), err)
	if err := relays.Shutdown(ctx, pool.Drain); err != nil {
		log.Fatal(err)
	}
	// Output:
	// [Future(finished)] 2 <nil>
	// [Future(finished: nobody)] 1 <nil>
	// [] 1 context deadline exceeded
	// 3 0 <nil>
}

// An executor whose workers cannot be made ready is broken.
func ExampleBrokenError() {
	ctx := context.Background()
	greet := func(_ context.Context, name string) (string, error) { return "hello " + name, nil }
	greetings, err := pool.New(pool.Threads(greet), pool.Options{
		Workers: 1,
		Name:    "greeter",
		Init:    func() error { return errors.New("no voice") },
	})
	if err != nil {
		log.Fatal(err)
	}
	f, err := greetings.Submit(ctx, "ann")
	if err != nil {
		log.Fatal(err)
	}
	_, err = f.Result(ctx)
	fmt.Println(err)
	_, err = greetings.Submit(ctx, "bob")
	fmt.Println(errors.Is(err, pool.ErrBroken))
	if err := greetings.Shutdown(ctx, pool.Drain); err != nil {
		log.Fatal(err)
	}
	// Output:
	// executor is broken: init of greeter-1: no voice
	// true
}

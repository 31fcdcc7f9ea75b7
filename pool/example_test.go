package pool_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"slices"
	"strings"

	"trawl/pool"
)

func ExampleExecutor() {
	ctx := context.Background()
	shout := func(_ context.Context, word string) (string, error) {
		if word == "" {
			return "", errors.New("no word")
		}
		return strings.ToUpper(word), nil
	}
	words, err := pool.New(pool.Threads(shout), pool.Options{Workers: 4})
	if err != nil {
		log.Fatal(err)
	}
	for _, word := range []string{"pool", "future", ""} {
		_, err := words.Submit(ctx, word, func(f *pool.Future[string]) { // waits while the window is full
			loud, err := f.Result(ctx) // never waits here
			fmt.Printf("%q: %q, %v\n", word, loud, err)
		})
		if err != nil {
			log.Fatal(err)
		}
	}
	if err := words.Shutdown(ctx, pool.Drain); err != nil { // after the last callback
		log.Fatal(err)
	}
	// Unordered output:
	// "pool": "POOL", <nil>
	// "future": "FUTURE", <nil>
	// "": "", no word
}

func ExampleExecutor_Map() {
	ctx := context.Background()
	square := func(_ context.Context, n int) (int, error) { return n * n, nil }
	squares, err := pool.New(pool.Threads(square), pool.Options{Workers: 4})
	if err != nil {
		log.Fatal(err)
	}
	for n, err := range squares.Map(ctx, slices.Values([]int{1, 2, 3, 4}), pool.MapOptions{}) {
		fmt.Println(n, err)
	}
	if err := squares.Shutdown(ctx, pool.Drain); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 1 <nil>
	// 4 <nil>
	// 9 <nil>
	// 16 <nil>
}

func ExampleFuture() {
	ctx := context.Background()
	gate := make(chan int)
	pass := func(_ context.Context, add int) (int, error) { return <-gate + add, nil }
	passes, err := pool.New(pool.Threads(pass), pool.Options{Workers: 1})
	if err != nil {
		log.Fatal(err)
	}
	first, err := passes.Submit(ctx, 1)
	if err != nil {
		log.Fatal(err)
	}
	second, err := passes.Submit(ctx, 2) // the one worker is busy
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(second)
	fmt.Println(second.Cancel(), second)

	gate <- 41
	fmt.Println(first.Result(ctx))
	fmt.Println(second.Result(ctx))
	fmt.Println(first.Cancel(), first)
	if err := passes.Shutdown(ctx, pool.Drain); err != nil {
		log.Fatal(err)
	}
	// Output:
	// Future(pending)
	// true Future(cancelled)
	// 42 <nil>
	// 0 call was cancelled
	// false Future(finished)
}

package crawl

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"trawl/fetch"
	"trawl/pool"
	"trawl/sinks"
)

// BenchmarkWay is the way of a URL without the network: from a line of the list
// to its committed record, through stage, executor, parser and writer; the call
// returns a small page at once. On one core: -cpu 1.
func BenchmarkWay(b *testing.B) {
	for _, hosts := range []int{1, 1000, 100_000} {
		b.Run(fmt.Sprintf("hosts=%d", hosts), func(b *testing.B) {
			b.ReportAllocs()
			in, feed := io.Pipe()
			go func() {
				w := bufio.NewWriterSize(feed, 1<<16)
				line := make([]byte, 0, 64)
				for i := range b.N {
					line = strconv.AppendInt(append(line[:0], "http://h"...), int64(i%hosts), 10)
					line = strconv.AppendInt(append(line, ".example/page/"...), int64(i), 10)
					line = append(line, '\n')
					w.Write(line)
				}
				w.Flush()
				feed.Close()
			}()
			way(b, in)
		})
	}
}

func way(b *testing.B, in io.Reader) {
	list, err := OpenList([]string{"-"}, in, ListOptions{})
	if err != nil {
		b.Fatal(err)
	}
	opts := Options{Output: sinks.Options{Output: filepath.Join(b.TempDir(), "db.txt"), Format: sinks.Text}}
	c := newCrawl(b.Context(), nil, list, opts)
	body := []byte("<!doctype html><title>a</title>")
	begin := time.Now()
	err = run(c, pool.Threads(func(ctx context.Context, r fetch.Request) (fetch.Page, error) {
		return fetch.Page{
			Answer: fetch.Answer{Status: 200, Timings: fetch.Timings{Start: begin, Duration: time.Millisecond}},
			URL:    r.URL, ContentType: "text/html; charset=utf-8", Body: body, HasBody: true,
		}, nil
	}), c.parsePage)
	if err != nil {
		b.Fatal(err)
	}
	if sum := c.stats.Snapshot(); sum.Pages != int64(b.N) {
		b.Fatalf("%d pages of %d", sum.Pages, b.N)
	}
}

package crawl_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"trawl/crawl"
	"trawl/fetch"
	"trawl/pool"
	"trawl/sinks"
)

// A list of pages goes into a file, one record a page. What is failed is counted
// and has a record too, since JSONL can hold it.
func ExampleCrawl() {
	dir, leave := site()
	defer leave()

	list, err := crawl.OpenList([]string{filepath.Join(dir, "urls.txt")}, nil, crawl.ListOptions{})
	if err != nil {
		log.Fatal(err)
	}
	sum, err := crawl.Crawl(context.Background(), nil, list, crawl.Options{
		Stage:  fetch.StageOptions{HostConcurrency: 4, Retries: 1},
		Output: sinks.Options{Output: filepath.Join(dir, "pages.jsonl")},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d pages, %d failed\n", sum.Pages, sum.Failed)
	// Output: 2 pages, 1 failed
}

// A program that fetches and parses in worker processes is its own worker: that is
// what it asks first of all, before flags, files and anything else.
func ExampleServe() {
	if pool.IsWorker() {
		if err := crawl.Serve(context.Background(), nil); err != nil {
			log.Fatal(err)
		}
		return
	}
	dir, leave := site()
	defer leave()

	list, err := crawl.OpenList([]string{filepath.Join(dir, "urls.txt")}, nil, crawl.ListOptions{})
	if err != nil {
		log.Fatal(err)
	}
	sum, err := crawl.Crawl(context.Background(), nil, list, crawl.Options{
		Output:    sinks.Options{Output: filepath.Join(dir, "pages.jsonl")},
		Processes: &crawl.ProcessOptions{Processes: 2, Memory: 1 << 30},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d pages, %d failed\n", sum.Pages, sum.Failed)
	// Output: 2 pages, 1 failed
}

// site is a web of two pages, and a folder with a list of three.
func site() (dir string, leave func()) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/gone" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		fmt.Fprint(w, "<title>a page</title>")
	}))
	dir, err := os.MkdirTemp("", "trawl-example-")
	if err != nil {
		log.Fatal(err)
	}
	urls := fmt.Sprintf("%s/a\n%[1]s/b\n%[1]s/gone\n", server.URL)
	if err := os.WriteFile(filepath.Join(dir, "urls.txt"), []byte(urls), 0o644); err != nil {
		log.Fatal(err)
	}
	return dir, func() {
		server.Close()
		os.RemoveAll(dir)
	}
}

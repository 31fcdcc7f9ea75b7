package fetch_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"trawl/fetch"
	"trawl/pool"
)

// lines is a list in memory.
type lines struct {
	urls []string
	next int
}

func (l *lines) Next() (fetch.Request, error) {
	if l.next == len(l.urls) {
		return fetch.Request{}, io.EOF
	}
	l.next++
	r, err := fetch.NewRequest(l.urls[l.next-1])
	r.Position = fetch.Position{Index: int64(l.next)}
	return r, err
}

func (l *lines) Ready() bool { return true }

func (l *lines) Close() error { return nil }

func ExampleStage() {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/old" {
			http.Redirect(w, r, "/new", http.StatusFound)
			return
		}
		io.WriteString(w, "Hello, world")
	}))
	defer site.Close()

	client, err := fetch.NewClient(fetch.ClientOptions{Follow: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	pages, err := pool.New(pool.Threads(client.GetPage), pool.Options{Workers: 4})
	if err != nil {
		fmt.Println(err)
		return
	}

	var stage *fetch.Stage[fetch.Page]
	parsePage := func(r fetch.Request, job *pool.Future[fetch.Page]) {
		page, err := job.Result(context.Background()) // it is there: the job has ended
		if err != nil {
			stage.Abandon(r) // the run was aborted
			return
		}
		defer page.Release()
		end := stage.Done(r, page.Answer)
		switch {
		case end.Again: // a redirect, or a failure worth another try
		case end.Err != nil:
			fmt.Println(r.Index, end.Err)
		default:
			fmt.Printf("%d %s after %d redirects\n", r.Index, page.Body, len(r.Redirects))
		}
	}
	refused := func(r fetch.Request, err error) { fmt.Println(r.Index, err) }
	denied := func(r fetch.Request, end fetch.Ending) { fmt.Println(r.Index, end.Err) }
	stage = fetch.NewStage(pages, parsePage, refused, denied, fetch.StageOptions{HostConcurrency: 2})

	list := &lines{urls: []string{site.URL + "/old", "htp://example.com/", site.URL + "/new"}}
	if err := stage.Run(context.Background(), nil, list); err != nil {
		fmt.Println(err)
	}
	if err := pages.Shutdown(context.Background(), pool.Drain); err != nil {
		fmt.Println(err)
	}
	// Unordered output:
	// 1 Hello, world after 1 redirects
	// 2 htp://example.com/: scheme htp is not http or https
	// 3 Hello, world after 0 redirects
}

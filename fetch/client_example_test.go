package fetch_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"trawl/fetch"
)

func ExampleClient() {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "Hello, world")
	}))
	defer site.Close()

	client, err := fetch.NewClient(fetch.ClientOptions{MaxSize: 1 << 20})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	page, err := client.GetPage(context.Background(), fetch.Request{URL: site.URL, Timeout: 10 * time.Second})
	if err != nil {
		fmt.Println("aborted:", err)
		return
	}
	defer page.Release()
	if page.Err != nil {
		fmt.Println("no page:", page.Err)
		return
	}
	fmt.Printf("%d %s\n", page.Status, page.Body)
	// Output: 200 Hello, world
}

package crawl_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"strings"

	"trawl/crawl"
	"trawl/fetch"
)

// A bad or repeated line is an error of its own position; the list goes on.
func ExampleList() {
	stdin := strings.NewReader(`# news
https://example.com/a
https://EXAMPLE.com:443/a#top
htp:/example.com
{"url":"https://example.org/","timeout":"5s"}
`)
	list, err := crawl.OpenList([]string{"https://example.com/", "-"}, stdin, crawl.ListOptions{Dedupe: true})
	if err != nil {
		log.Fatal(err)
	}
	defer list.Close()
	for {
		r, err := list.Next()
		if err == io.EOF {
			break
		}
		place := fmt.Sprintf("%d %s:%d", r.Index, r.File, r.Line)
		if bad, ok := errors.AsType[*fetch.Error](err); ok {
			fmt.Println(place, r.Asked, "is bad:", bad.Detail)
		} else if errors.Is(err, crawl.ErrDuplicate) {
			fmt.Println(place, r.Asked, "is skipped")
		} else {
			fmt.Println(place, r.URL)
		}
	}
	if err := list.Err(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 1 argument:1 https://example.com/
	// 2 stdin:2 https://example.com/a
	// 3 stdin:3 https://EXAMPLE.com:443/a#top is skipped
	// 4 stdin:4 htp:/example.com is bad: scheme htp is not http or https
	// 5 stdin:5 https://example.org/
}

package crawl

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"trawl/fetch"
)

func TestARobotsFileIsObeyedWhereverTheJobsRun(t *testing.T) {
	everywhere(t, func(t *testing.T, at place) {
		var mu sync.Mutex
		asked := map[string]int{}
		site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			asked[r.URL.Path]++
			switch r.URL.Path {
			case "/robots.txt":
				http.Redirect(w, r, "/elsewhere", http.StatusFound)
			case "/elsewhere":
				fmt.Fprint(w, "User-agent: *\nDisallow: /\n\nUser-agent: mine\nDisallow: /private\n")
			case "/moved":
				http.Redirect(w, r, "/private/page", http.StatusFound)
			default:
				w.Header().Set("RateLimit", `"default";r=0;t=1`)
			}
		}))
		defer site.Close()
		dir := t.TempDir()
		opts := at(to(dir, Options{
			Stage:  fetch.StageOptions{Concurrency: 2, Robots: fetch.RobotsAlways, RetryMaxWait: 1},
			Client: fetch.ClientOptions{UserAgent: "Mine/1.0 (me@example.org)", MaxSize: 20},
		}), "")
		sum, err := Crawl(t.Context(), nil, listOf(t, site.URL+"/1", site.URL+"/2", site.URL+"/private/3", site.URL+"/moved"), opts)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]int{"/robots.txt": 1, "/elsewhere": 1, "/1": 1, "/2": 1, "/moved": 1}
		if diff := cmp.Diff(want, asked); diff != "" {
			t.Errorf("the server was asked (-want +got):\n%s", diff)
		}
		if sum.Pages != 2 || sum.Failed != 2 || sum.Classes[fetch.Robots] != 2 || sum.ThrottledHosts != 1 {
			t.Errorf("summary %+v, want two pages, two failures of class robots, and a host that asks for pauses", sum)
		}
		failures := read(t, dir, "errors.jsonl")
		if n := strings.Count(failures, `"class":"robots","error":"robots.txt does not allow it","retryable":false`); n != 2 || !strings.Contains(failures, `"attempts":0`) {
			t.Errorf("the errors file says:\n%s", failures)
		}
	})
}

func TestRulesAreLookedUpUnderTheUserAgent(t *testing.T) {
	for _, test := range []struct {
		client fetch.ClientOptions
		want   string
	}{
		{fetch.ClientOptions{}, "trawl"},
		{fetch.ClientOptions{UserAgent: "Mine/1.0 (x)"}, "Mine"},
		{fetch.ClientOptions{UserAgent: "Mine/1.0", Header: []fetch.Field{{Name: "user-agent", Value: "Other/2"}}}, "Other"},
		{fetch.ClientOptions{Header: []fetch.Field{{Name: "User-Agent"}}}, ""},
	} {
		opts := Options{Client: test.client}
		if got := opts.withDefaults().Stage.Agent; !strings.EqualFold(got, test.want) {
			t.Errorf("%+v: %q, want %q", test.client, got, test.want)
		}
	}
}

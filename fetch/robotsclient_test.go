package fetch_test

import (
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"trawl/fetch"
	"trawl/robots"
)

func TestARobotsFileIsReadWhateverIsAccepted(t *testing.T) {
	line := strings.Repeat("x", 99) + "\n"
	long := strings.Repeat(line, 2*robots.MaxSize/len(line))
	whole := strings.Repeat(line, robots.MaxSize/len(line))
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/short":
			w.Write([]byte(line))
		case "/long":
			w.Write([]byte(long))
		case "/sized":
			w.Header().Set("Content-Length", "1023900")
			w.Write([]byte(strings.Repeat(line, 10239)))
		case "/packed":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			z.Write([]byte(long))
			z.Close()
		case "/one":
			w.Write([]byte(strings.Repeat("x", 2*robots.MaxSize)))
		case "/moved":
			http.Redirect(w, r, "/short", http.StatusFound)
		case "/gone":
			http.Error(w, "gone", http.StatusGone)
		}
	}))
	defer site.Close()
	accept, err := fetch.ParseStatusSet("410")
	if err != nil {
		t.Fatal(err)
	}
	c, err := fetch.NewClient(fetch.ClientOptions{MaxSize: 10, Accept: accept, Capture: fetch.NewSpool(t.TempDir(), 0)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for path, want := range map[string]struct {
		status int
		text   string
	}{
		"/short": {200, line}, "/long": {200, whole}, "/sized": {200, whole}, "/packed": {200, whole}, "/one": {200, ""}, "/moved": {302, ""}, "/gone": {410, ""}, "/empty": {200, ""},
	} {
		page, err := c.GetPage(t.Context(), fetch.Request{URL: site.URL + path, Robots: true})
		if err != nil || page.Err != nil || page.Status != want.status || string(page.Robots) != want.text {
			t.Errorf("%s: %v, %v: http %d with %d bytes, want %d with %d", path, err, page.Err, page.Status, len(page.Robots), want.status, len(want.text))
		}
		if page.HasBody || page.Body != nil || page.Exchange != nil {
			t.Errorf("%s is a page too", path)
		}
	}
}

func TestAHostThatRefusesConnectionsIsUnreached(t *testing.T) {
	site := httptest.NewServer(http.NotFoundHandler())
	url := site.URL
	c, err := fetch.NewClient(fetch.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, up := range []bool{true, false} {
		if !up {
			site.Close()
		}
		page, err := c.GetPage(t.Context(), fetch.Request{URL: url})
		if err != nil || page.Unreached == up {
			t.Errorf("up is %v: Unreached is %v: %v, %v", up, page.Unreached, page.Err, err)
		}
	}
}

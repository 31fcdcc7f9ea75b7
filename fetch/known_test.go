package fetch_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"trawl/fetch"
)

// tellsConditions answers with what a request says of conditions, or, if it has an entity
// tag, with 304.
func tellsConditions(t *testing.T) (url string, asked func() string) {
	t.Helper()
	last := make(chan string, 1)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		last <- fmt.Sprint(r.Header["If-None-Match"], r.Header["If-Modified-Since"])
		if r.Header.Get("If-None-Match") != "" {
			w.WriteHeader(http.StatusNotModified)
		}
	}))
	t.Cleanup(site.Close)
	return site.URL, func() string { return <-last }
}

const someDate = "Sun, 22 Nov 2026 09:24:39 GMT"

func TestValidatorsGoToTheURLThatTheyAreOfAndToNoOther(t *testing.T) {
	site, asked := tellsConditions(t)
	const none = "[] []"
	tag, date := `["a"]`, "["+someDate+"]"
	both := fetch.Known{URL: site + "/a", ETag: `"a"`, LastModified: someDate}
	only := func(change func(*fetch.Known)) *fetch.Known {
		k := both
		change(&k)
		return &k
	}
	for name, test := range map[string]struct {
		request     fetch.Request
		header      []fetch.Field
		want        string
		notModified bool
	}{
		"nothing is known":      {request: fetch.Request{URL: site + "/a"}, want: none},
		"the page":              {request: fetch.Request{URL: site + "/a", Known: &both}, want: tag + " " + date, notModified: true},
		"another page":          {request: fetch.Request{URL: site + "/b", Known: &both}, want: none},
		"the hop to it":         {request: fetch.Request{URL: site + "/a", Redirects: []string{site + "/b"}, Foreign: true, Known: &both}, want: tag + " " + date, notModified: true},
		"its head":              {request: fetch.Request{URL: site + "/a", Method: "HEAD", Known: &both}, want: tag + " " + date, notModified: true},
		"another method":        {request: fetch.Request{URL: site + "/a", Method: "POST", Known: &both}, want: none},
		"no date":               {request: fetch.Request{URL: site + "/a", Known: only(func(k *fetch.Known) { k.LastModified = "" })}, want: tag + " []", notModified: true},
		"no tag":                {request: fetch.Request{URL: site + "/a", Known: only(func(k *fetch.Known) { k.ETag = "" })}, want: "[] " + date},
		"neither":               {request: fetch.Request{URL: site + "/a", Known: only(func(k *fetch.Known) { k.ETag, k.LastModified = "", "" })}, want: none},
		"it was gone":           {request: fetch.Request{URL: site + "/a", Known: only(func(k *fetch.Known) { k.Gone = true })}, want: none},
		"the user has his own":  {request: fetch.Request{URL: site + "/a", Known: &both}, header: []fetch.Field{{Name: "if-none-match", Value: `"b"`}}, want: `["b"] []`},
		"so has the line":       {request: fetch.Request{URL: site + "/a", Known: &both, Extra: &fetch.Extra{Header: []fetch.Field{{Name: "If-Modified-Since", Value: "Mon"}}}}, want: "[] [Mon]"},
		"the user wants a part": {request: fetch.Request{URL: site + "/a", Known: &both}, header: []fetch.Field{{Name: "Range", Value: "bytes=0-9"}}, want: none},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t, fetch.ClientOptions{Header: test.header})
			page, err := c.GetPage(t.Context(), test.request)
			if err != nil {
				t.Fatal(err)
			}
			defer page.Release()
			if got := asked(); got != test.want {
				t.Errorf("conditions %s, want %s", got, test.want)
			}
			if page.NotModified != test.notModified || page.NotModified && page.HasBody {
				t.Errorf("status %d is not modified: %v, want %v; a body: %v", page.Status, page.NotModified, test.notModified, page.HasBody)
			}
		})
	}
}

// Who looks for the password does not find it in what is known.
func TestAURLWithAPasswordHasItsValidators(t *testing.T) {
	site, asked := tellsConditions(t)
	url := "http://user:secret@" + site[len("http://"):] + "/"
	c := newClient(t, fetch.ClientOptions{})
	page, err := c.GetPage(t.Context(), fetch.Request{URL: url, Known: &fetch.Known{URL: fetch.WithoutSecrets(url), ETag: `"a"`}})
	if err != nil {
		t.Fatal(err)
	}
	defer page.Release()
	if got := asked(); got != `["a"] []` || !page.NotModified {
		t.Errorf("conditions %s, not modified: %v", got, page.NotModified)
	}
}

// A 304 that answers no condition of ours tells nothing.
func TestAnUnaskedNotModifiedIsAStatusAsAnyOther(t *testing.T) {
	c := newClient(t, fetch.ClientOptions{})
	url := answerRaw(t, []byte("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n"))
	page, err := c.GetPage(t.Context(), fetch.Request{URL: url, Known: &fetch.Known{URL: url + "other", ETag: `"a"`}})
	if err != nil || page.NotModified || page.Status != 304 {
		t.Errorf("status %d, not modified: %v, %v", page.Status, page.NotModified, err)
	}
	page.Release()
}

package fetch_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"trawl/fetch"
	"trawl/fetch/dnstest"
	"trawl/pool"
)

// urls is a list in memory.
type urls []string

func (l *urls) Next() (fetch.Request, error) {
	if len(*l) == 0 {
		return fetch.Request{}, io.EOF
	}
	url := (*l)[0]
	*l = (*l)[1:]
	return fetch.NewRequest(url)
}

func (l *urls) Ready() bool  { return true }
func (l *urls) Close() error { return nil }

// fetchAll takes the list through a stage. failed are the errors of URLs that
// failed in the end.
func fetchAll(t *testing.T, c *fetch.Client, list urls, opts fetch.StageOptions) (pages int, failed []error) {
	t.Helper()
	ex, err := pool.New(pool.Threads(c.GetPage), pool.Options{Workers: 128, Window: 128})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex // guards what is returned
	var stage *fetch.Stage[fetch.Page]
	stage = fetch.NewStage(ex, func(r fetch.Request, job *pool.Future[fetch.Page]) {
		page, err := job.Result(context.Background())
		if err != nil {
			t.Error(err)
		}
		page.Release()
		end := stage.Done(r, page.Answer)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case end.Again:
		case end.Err != nil:
			failed = append(failed, end.Err)
		default:
			pages++
		}
	}, func(r fetch.Request, err error) { t.Error(err) }, func(r fetch.Request, end fetch.Ending) { t.Error(end.Err) }, opts)
	if err := stage.Run(t.Context(), nil, &list); err != nil {
		t.Fatal(err)
	}
	if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
		t.Fatal(err)
	}
	return pages, failed
}

// A name server that fails for a moment fails no URL: it is asked again with the
// next try, although its answers are remembered.
func TestANameServerThatFailsForAMomentFailsNoURL(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer site.Close()
	port := port(site.Listener.Addr().String())
	good := dnstest.Addrs("127.0.0.1")
	for name, moment := range map[string][]dnstest.Answer{
		"SERVFAIL": {dnstest.Failure, dnstest.Failure, good}, // a look-up asks twice
		"REFUSED":  {{Code: dnsmessage.RCodeRefused}, {Code: dnsmessage.RCodeRefused}, good},
		"silence":  {dnstest.Silence, good},
	} {
		t.Run(name, func(t *testing.T) {
			s := dnstest.Start(t)
			var list urls
			for host := range 20 {
				name := fmt.Sprintf("h%d.example", host)
				s.Set(name, moment...)
				for page := range 50 {
					list = append(list, fmt.Sprintf("http://%s:%s/%d", name, port, page))
				}
			}
			opts := fetch.ClientOptions{NameServer: s.Addr(), ConnectTimeout: time.Minute}
			if name == "silence" {
				opts.ConnectTimeout = time.Second
			}
			pages, failed := fetchAll(t, newClient(t, opts), list, fetch.StageOptions{RetryWait: 150 * time.Millisecond, Retries: 8})
			if pages != 1000 || len(failed) > 0 {
				t.Errorf("%d pages of 1000, failures %.5q", pages, failed)
			}
			for host := range 20 {
				if n := s.Asked(fmt.Sprintf("h%d.example", host)); n > 10 {
					t.Errorf("asked %d times for host %d: its 50 URLs do not share the answers", n, host)
				}
			}
		})
	}
}

func TestANameThatIsKnownHasNoTimeOfItsOwn(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Connection", "close") }))
	defer site.Close()
	s := dnstest.Start(t)
	s.Set("a.example", dnstest.Addrs("127.0.0.1"))
	c := newClient(t, fetch.ClientOptions{NameServer: s.Addr()})
	url := "http://a.example:" + port(site.Listener.Addr().String())
	first, second := get(t, c, url), get(t, c, url)
	if first.Err != nil || first.DNS <= 0 || first.Connect <= 0 {
		t.Errorf("the first: %v, %+v", first.Err, first.Timings)
	}
	if second.Err != nil || second.DNS != 0 || second.Connect <= 0 {
		t.Errorf("the second, of a new connection: %v, %+v", second.Err, second.Timings)
	}
}

func TestANameServerIsAnAddressWithAPort(t *testing.T) {
	for _, server := range []string{"127.0.0.1", "dns.example:53", ":53", "127.0.0.1:dns"} {
		_, err := fetch.NewClient(fetch.ClientOptions{NameServer: server})
		if err == nil || !strings.Contains(err.Error(), "want ip:port") {
			t.Errorf("NameServer %q: %v", server, err)
		}
	}
}

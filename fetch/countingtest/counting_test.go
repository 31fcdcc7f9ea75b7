package countingtest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// eachServer runs a test with either server, and a client that knows no limits.
func eachServer(t *testing.T, opts Options, test func(t *testing.T, s *Server, c *http.Client)) {
	for name, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			opts.HTTP2 = http2
			s := Start(t, opts)
			test(t, s, client(t, s))
		})
	}
}

func client(t *testing.T, s *Server) *http.Client {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.CACert())
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 10,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+s.port())
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func get(t *testing.T, c *http.Client, url string) (status int, header http.Header) {
	t.Helper()
	resp, err := c.Get(url)
	if err != nil {
		return 0, nil
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Error(err)
	}
	return resp.StatusCode, resp.Header
}

// What the server is for: it sees the one request too many.
func TestRequestsAtOnceAreSeen(t *testing.T) {
	eachServer(t, Options{}, func(t *testing.T, s *Server, c *http.Client) {
		get(t, c, s.URL("a", "/page/0")) // the connection that streams share
		var all sync.WaitGroup
		for i := range 5 {
			all.Go(func() { get(t, c, s.URL("a", fmt.Sprint("/meet/5/", i))) })
		}
		all.Wait()
		get(t, c, s.URL("b", "/page/1"))
		hosts := s.Log().Hosts()
		if a, b := hosts[s.Host("a")].AtOnce(), hosts[s.Host("b")].AtOnce(); a != 5 || b != 1 {
			t.Errorf("at once %d and %d are seen, want 5 and 1", a, b)
		}
		want := 1
		if s.opts.HTTP2 {
			want = 5
		}
		if got := s.Log().Streams(); got != want {
			t.Errorf("%d at once on one connection, want %d", got, want)
		}
	})
}

// And the pause that is too short, be it by little: a client that pauses for d after it
// has the whole answer is seen to pause for no less.
func TestPausesAreSeenToBeNoShorterThanTheyAre(t *testing.T) {
	eachServer(t, Options{}, func(t *testing.T, s *Server, c *http.Client) {
		const pause = 5 * time.Millisecond
		for i := range 20 {
			if i == 10 {
				get(t, c, s.URL("hasty", "/page/x"))
			}
			get(t, c, s.URL("hasty", fmt.Sprint("/page/", i)))
			get(t, c, s.URL("patient", fmt.Sprint("/page/", i)))
			<-time.After(pause)
		}
		hosts := s.Log().Hosts()
		if got := hosts[s.Host("patient")].Pause(nil); got < pause {
			t.Errorf("a pause of %v is seen, and none was shorter than %v", got, pause)
		}
		if got := hosts[s.Host("hasty")].Pause(nil); got >= pause {
			t.Errorf("the shortest pause seen is %v, and there was none between two", got)
		}
		if got := (Log{}).Pause(nil); got != math.MaxInt64 {
			t.Errorf("the pause between no requests is %v", got)
		}
	})
}

func TestStartsThatAreTooManyAreSeen(t *testing.T) {
	at := func(host string, times ...time.Duration) (l Log) {
		for _, begin := range times {
			l = append(l, Request{Host: host, Begin: begin * time.Millisecond, End: (begin + 1) * time.Millisecond})
		}
		return l
	}
	for _, test := range []struct {
		name string
		log  Log
		over bool
	}{
		{"ten a second", at("a", 0, 100, 200, 300, 400, 500), false},
		{"one that was late, and the next in time", at("a", 0, 100, 290, 300, 400), false},
		{"a burst of three", at("a", 0, 100, 103, 106, 109, 112), true},
		{"ten a second of each of two hosts", append(at("a", 0, 100, 200, 300, 400), at("b", 0, 100, 200, 300, 400)...), true},
		{"five a second of each of two hosts", append(at("a", 0, 200, 400, 600), at("b", 100, 300, 500, 700)...), false},
	} {
		if excess := test.log.Starts(10); (excess > 0) != test.over {
			t.Errorf("%s: %.2f too many, want some: %v", test.name, excess, test.over)
		}
	}
	if got := at("a", 0, 999, 1000, 1500, 1998).PerSecond(); got != 4 {
		t.Errorf("%d within a second, want 4", got)
	}
}

func TestWhatTheServersAnswer(t *testing.T) {
	eachServer(t, Options{Robots: "User-agent: *\nCrawl-delay: 0.05\n"}, func(t *testing.T, s *Server, c *http.Client) {
		c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		elsewhere := s.URL("b", "/page/1")
		for _, test := range []struct {
			path        string
			want        []int
			field, says string
		}{
			{"/page/1", []int{200, 200}, "Retry-After", ""},
			{"/here/1", []int{302, 302}, "Location", "/page/1"},
			{"/to/1?u=" + elsewhere, []int{302, 302}, "Location", elsewhere},
			{"/failing/1", []int{503, 200}, "Retry-After", ""},
			{"/pause/2/1", []int{503, 200}, "Retry-After", "2"},
			{"/busy/3/1", []int{429, 200}, "Retry-After", "3"},
			{"/last/4/1", []int{200, 200}, "RateLimit", `"default";r=0;t=4`},
			{"/older/5/1", []int{200, 200}, "RateLimit", "limit=100, remaining=0, reset=5"},
			{"/robots.txt", []int{200, 200}, "Retry-After", ""},
			{"/other", []int{404, 404}, "Retry-After", ""},
		} {
			first, header := get(t, c, s.URL("a", test.path))
			second, _ := get(t, c, s.URL("a", test.path))
			if diff := cmp.Diff(test.want, []int{first, second}); diff != "" || header.Get(test.field) != test.says {
				t.Errorf("%s: %s %q, want %q; statuses (-want +got):\n%s", test.path, test.field, header.Get(test.field), test.says, diff)
			}
		}
		req, _ := http.NewRequest("PUT", s.URL("a", "/broken/1"), nil) // which net/http does not send again
		if _, err := c.Do(req); err == nil {
			t.Error("the first connection of /broken does not break")
		}
		if status, _ := get(t, c, s.URL("a", "/broken/1")); status != 200 {
			t.Errorf("/broken is %d the second time", status)
		}
	})
}

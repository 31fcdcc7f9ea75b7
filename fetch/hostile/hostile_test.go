package hostile_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"trawl/fetch"
	"trawl/fetch/hostile"
)

// browser trusts the server. It keeps no connections.
func browser(t *testing.T, s *hostile.Server) *http.Client {
	t.Helper()
	trusted := x509.NewCertPool()
	if !trusted.AppendCertsFromPEM(s.CACert()) {
		t.Fatal("the server has no certificate")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}, ForceAttemptHTTP2: true, DisableKeepAlives: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// fault is the one of that name.
func fault(t *testing.T, s *hostile.Server, name string) *hostile.Fault {
	t.Helper()
	i := slices.IndexFunc(s.Faults(), func(f *hostile.Fault) bool { return f.Name == name })
	if i < 0 {
		t.Fatalf("there is no fault %q", name)
	}
	return s.Faults()[i]
}

// Each fault has a name of its own, URLs, and something that may come of it.
func TestFaultsAreToldApart(t *testing.T) {
	names, urls := map[string]bool{}, map[string]bool{}
	for _, f := range hostile.Start(t).Faults() {
		if names[f.Name] {
			t.Errorf("two faults are called %q", f.Name)
		}
		names[f.Name] = true
		for _, url := range f.URLs {
			if urls[url] {
				t.Errorf("%s: %s is there twice", f.Name, url)
			}
			urls[url] = true
		}
		if f.Kind != hostile.None && (len(f.URLs) == 0 || len(f.Want.Classes)+len(f.Want.Sizes) == 0) {
			t.Errorf("%s: URLs %q, want %v", f.Name, f.URLs, f.Want)
		}
	}
}

// The good pages are as they are said to be, as another client than ours sees them; it
// undoes no coding but one of gzip.
func TestGoodPagesAreGood(t *testing.T) {
	s := hostile.Start(t)
	client := browser(t, s)
	tried := 0
	for _, name := range []string{"good pages", "good pages over TLS", "good pages over HTTP/2", "a folded header", "refused streams"} {
		for _, page := range fault(t, s, name).Good {
			answer, err := client.Get(page.URL)
			if err != nil {
				t.Errorf("%s: %v", page.URL, err)
				continue
			}
			body, err := io.ReadAll(answer.Body)
			answer.Body.Close()
			if answer.Header.Get("Content-Encoding") != "" || !strings.HasSuffix(answer.Header.Get("Content-Type"), "utf-8") && page.Size > 0 || strings.Contains(page.URL, "utf16") {
				continue
			}
			tried++
			if got := int64(utf8.RuneCount(body)); err != nil || got != page.Size || !strings.Contains(string(body), page.Title) {
				t.Errorf("%s: %d characters, %v; want %d and the title %q", page.URL, got, err, page.Size, page.Title)
			}
		}
	}
	if tried < 30 {
		t.Errorf("%d pages were looked at", tried)
	}
}

func TestWhatAHostSeesIsWrittenDown(t *testing.T) {
	s := hostile.Start(t)
	client := browser(t, s)
	f := fault(t, s, "a 401 that nobody asked for")
	for range 3 {
		answer, err := client.Get(f.URLs[0])
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.URLs[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Injected", "hello")
	if answer, err := client.Do(request); err == nil {
		answer.Body.Close()
	}
	seen := f.Seen()
	if seen.Connections != 4 || seen.Requests != 4 || seen.Resendable != 0 || len(seen.Odd) != 1 || seen.Taken < 50 || seen.Taken > 500 {
		t.Errorf("of four requests, one of them odd, the host has seen %+v", seen)
	}
	if seen := fault(t, s, "a body without end").Seen(); seen.Connections+seen.Requests != 0 || seen.Taken != 0 {
		t.Errorf("a host that nobody has asked has seen %+v", seen)
	}
}

// A connection that is closed without a byte may be tried again where it was kept, and
// only there.
func TestWhatMayBeSentAgainIsTold(t *testing.T) {
	s := hostile.Start(t)
	f := fault(t, s, "a kept connection that is closed")
	c, err := net.Dial("tcp", strings.TrimPrefix(f.Good[0].URL, "http://")[:strings.IndexByte(f.Good[0].URL[7:], '/')])
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, "GET /good/length/0 HTTP/1.1\r\nHost: x\r\n\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\n")
	answer, err := io.ReadAll(c)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 200 ") {
		t.Errorf("the answer was %.100q, %v", answer, err)
	}
	if seen := f.Seen(); seen.Connections != 1 || seen.Requests != 1 || seen.Resendable != 1 {
		t.Errorf("the host has seen %+v, want a request that may be sent again", seen)
	}
}

// An endless answer ends with the client, and a silent one with the server.
func TestAServerEndsWithItsTest(t *testing.T) {
	t.Run("inner", func(t *testing.T) {
		s := hostile.Start(t)
		for _, name := range []string{"a body without end", "silence before the status", "a dripping status"} {
			c, err := net.Dial("tcp", strings.Trim(fault(t, s, name).URLs[0], "htp:/"))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
			io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		}
	}) // goleak looks for what has remained
}

// Every class that a server can bring about is among what may come of some fault.
func TestFaultsAreOfEveryClass(t *testing.T) {
	missing := []fetch.Class{
		fetch.Connect, fetch.TLS, fetch.Timeout, fetch.Reset, fetch.Protocol, fetch.Truncated, fetch.Decode,
		fetch.HTTPStatus, fetch.BadRedirect, fetch.TooManyRedirects, fetch.TooLarge,
	}
	for _, f := range hostile.Start(t).Faults() {
		if len(f.Want.Classes) == 1 && len(f.Want.Sizes) == 0 {
			missing = slices.DeleteFunc(missing, func(c fetch.Class) bool { return c == f.Want.Classes[0] })
		}
	}
	if len(missing) > 0 {
		t.Errorf("no fault can only be %v", missing)
	}
}

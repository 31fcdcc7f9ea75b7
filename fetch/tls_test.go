package fetch_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"trawl/fetch"
)

var discard = log.New(io.Discard, "", 0)

// selfSigned makes a certificate for names, and its PEM.
func selfSigned(t *testing.T, from, to time.Time, names ...string) (tls.Certificate, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: from, NotAfter: to, DNSNames: names}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, asPEM(der)
}

func asPEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func serveTLS(t *testing.T, config *tls.Config) (addr string) {
	site := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "ok") }))
	site.TLS = config
	site.Config.ErrorLog = discard
	site.StartTLS()
	t.Cleanup(site.Close)
	return site.Listener.Addr().String()
}

func TestVersionsOfHTTP(t *testing.T) {
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto+" "+r.RequestURI) })
	both, trusted := certified(t, echo, true)
	old, _ := certified(t, echo, false)
	plain := httptest.NewUnstartedServer(echo)
	plain.Config.Protocols = new(http.Protocols)
	plain.Config.Protocols.SetHTTP1(true)
	plain.Config.Protocols.SetUnencryptedHTTP2(true)
	plain.Start()
	defer plain.Close()
	for _, test := range []struct {
		version fetch.Version
		url     string
		want    string
	}{
		{fetch.Auto, both.URL, "HTTP/2.0"},
		{fetch.Auto, old.URL, "HTTP/1.1"},
		{fetch.Auto, plain.URL, "HTTP/1.1"},
		{fetch.HTTP1, both.URL, "HTTP/1.1"},
		{fetch.HTTP1, plain.URL, "HTTP/1.1"},
		{fetch.HTTP2, both.URL, "HTTP/2.0"},
		{fetch.HTTP2, plain.URL, "HTTP/2.0"},
	} {
		c := newClient(t, fetch.ClientOptions{HTTP: test.version, CACert: trusted})
		page := get(t, c, test.url+"/%2f?a")
		wantBody(t, page, test.want+" /%2f?a")
		if page.Proto != test.want || page.IP != "127.0.0.1" || page.Connect <= 0 || page.TTFB <= 0 || (page.TLS > 0) != strings.HasPrefix(test.url, "https") {
			t.Errorf("%s %s: %+v", test.version, test.url, page)
		}
		again := get(t, c, test.url+"/a?b")
		wantBody(t, again, test.want+" /a?b")
		if again.Connect != 0 || again.TLS != 0 || again.IP != "127.0.0.1" {
			t.Errorf("%s %s: a second connection: %+v", test.version, test.url, again.Timings)
		}
	}
	c := newClient(t, fetch.ClientOptions{HTTP: fetch.HTTP2, CACert: trusted})
	page := get(t, c, old.URL)
	if page.Err == nil || page.Err.Detail != "the server does not speak HTTP/2" && page.Err.Detail != "TLS handshake failed: no common version of HTTP" {
		t.Errorf("HTTP/2 with a server that has none: %v", page.Err)
	}
}

func TestManyPagesOverOneHTTP2Connection(t *testing.T) {
	var connections atomic.Int64
	site := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/missing" {
			w.WriteHeader(404)
		}
		w.Write(make([]byte, 200_000))
	}))
	site.EnableHTTP2 = true
	site.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	site.StartTLS()
	defer site.Close()
	c := newClient(t, fetch.ClientOptions{Insecure: true})
	wantBody(t, get(t, c, site.URL), string(make([]byte, 200_000)))
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			url := site.URL
			if i%2 == 0 {
				url += "/missing"
			}
			page, err := c.GetPage(t.Context(), fetch.Request{URL: url, Timeout: time.Minute})
			if err != nil || page.Err != nil || page.HasBody != (page.Status == 200) {
				t.Errorf("%v, %v", err, page.Err)
			}
			page.Release()
		})
	}
	wg.Wait()
	if connections.Load() != 1 {
		t.Errorf("%d connections, want 1", connections.Load())
	}
}

func TestHTTP2StreamsThatEndBadly(t *testing.T) {
	site, trusted := certified(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/head" {
			io.WriteString(w, "half")
			w.(http.Flusher).Flush()
		}
		if r.URL.Path == "/hang" {
			<-r.Context().Done()
		}
		panic(http.ErrAbortHandler) // RST_STREAM
	}), true)
	c := newClient(t, fetch.ClientOptions{CACert: trusted})
	wantError(t, get(t, c, site.URL+"/head"), fetch.Reset, "stream reset (HTTP/2 INTERNAL_ERROR)")
	wantError(t, get(t, c, site.URL+"/body"), fetch.Reset, "stream reset (HTTP/2 INTERNAL_ERROR)")
	refused := get(t, c, site.URL+"/%zz") // which Go's server answers with RST_STREAM
	wantError(t, refused, fetch.Protocol, "stream reset (HTTP/2 PROTOCOL_ERROR)")
	hung := ask(t, c, fetch.Request{URL: site.URL + "/hang", Timeout: time.Second})
	wantError(t, hung, fetch.Timeout, "no answer within 1 s (reading the body)")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, err := c.GetPage(ctx, fetch.Request{URL: site.URL + "/hang"}); err != context.DeadlineExceeded {
		t.Errorf("after the caller's deadline: %v", err)
	}
}

package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// web is a proxy on loopback that answers for every host itself, over TLS too.
type web struct {
	ca   *x509.Certificate
	key  *ecdsa.PrivateKey
	page http.Handler
}

func newWeb(t *testing.T, page http.HandlerFunc) *web {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	w := &web{key: key, page: page}
	w.ca = w.certificate(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign,
	}, nil)
	return w
}

func (w *web) certificate(t *testing.T, c, parent *x509.Certificate) *x509.Certificate {
	c.SerialNumber = big.NewInt(time.Now().UnixNano())
	c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	if parent == nil {
		parent = c
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, w.key.Public(), w.key)
	if err != nil {
		t.Error(err)
		return c
	}
	signed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Error(err)
	}
	return signed
}

func (w *web) caFile(t *testing.T, dir string) string {
	name := filepath.Join(dir, "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.ca.Raw})
	if err := os.WriteFile(name, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// start returns the proxy's URL.
func (w *web) start(t *testing.T) string {
	proxy := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			w.page.ServeHTTP(rw, r)
			return
		}
		conn, _, err := http.NewResponseController(rw).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 200 Connected\r\n\r\n")
		w.serveTLS(t, conn, r.URL.Hostname())
	}))
	t.Cleanup(proxy.Close)
	return proxy.URL
}

func (w *web) serveTLS(t *testing.T, conn net.Conn, host string) {
	leaf := w.certificate(t, &x509.Certificate{DNSNames: []string{host}}, w.ca)
	secure := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{leaf.Raw}, PrivateKey: w.key}}})
	in := bufio.NewReader(secure)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return // the client has closed it
		}
		answer := httptest.NewRecorder()
		w.page.ServeHTTP(answer, r)
		response := answer.Result()
		response.ContentLength = int64(answer.Body.Len())
		if response.Write(secure) != nil {
			return
		}
	}
}

// The list in the repository, exactly as it is, gives the lines of the example.
func TestTheListOfTheRepository(t *testing.T) {
	w := newWeb(t, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(rw, "<title>%s</title>%s", r.Host, strings.Repeat("页", len(r.Host)))
	})
	dir := t.TempDir()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	cmd := trawl(t, dir, filepath.Join(here, "urls.txt"), "-x", w.start(t), "--cacert", w.caFile(t, dir))
	if said, err := cmd.CombinedOutput(); err != nil || len(said) > 0 {
		t.Fatalf("trawl urls.txt: %v: %s", err, said)
	}
	var want []string
	for _, line := range linesOf(contents(t, "db.txt.example")) {
		url, _, _ := strings.Cut(strings.TrimPrefix(line, "url:<"), ">")
		_, host, _ := strings.Cut(strings.TrimSuffix(url, "/"), "://")
		want = append(want, fmt.Sprintf("url:<%s> size:[%d]", url, len("<title></title>")+2*len(host)))
	}
	got := linesOf(contents(t, dir, "db.txt"))
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("db.txt (-want +got):\n%s", diff)
	}
}

func TestTheExampleHasTheURLsOfTheList(t *testing.T) {
	for i, url := range linesOf(contents(t, "urls.txt")) {
		line := linesOf(contents(t, "db.txt.example"))[i]
		if !resultLine.MatchString(line) || !strings.HasPrefix(line, "url:<"+url+"> ") {
			t.Errorf("line %d of db.txt.example is %q, and %s stands in the list", i+1, line, url)
		}
	}
}

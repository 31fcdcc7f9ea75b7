package fetch

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func TestIdleConnectionsAreGivenUpWhenNoFileIsLeft(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "CONNECT" {
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	defer site.Close()
	via, err := url.Parse(site.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, opts := range []ClientOptions{{}, {Proxy: via}} {
		c, err := NewClient(opts)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		var full atomic.Bool // until an idle connection has been given up
		c.conns.dialer.tcp.ControlContext = func(context.Context, string, string, syscall.RawConn) error {
			if full.CompareAndSwap(true, false) {
				return syscall.EMFILE
			}
			return nil
		}
		get := func(url string) *Error {
			page, err := c.GetPage(t.Context(), Request{URL: url, Timeout: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			page.Release()
			return page.Err
		}
		if err := get(site.URL); err != nil {
			t.Fatal(err)
		}
		full.Store(true)
		if opts.Proxy == nil {
			if err := get("https://" + via.Host); err == nil || err.Class != TLS {
				t.Errorf("a connection beside the idle one: %v", err)
			}
		} else if err := get("https://b.example/"); err == nil || err.Detail != "proxy answered 403 Forbidden" {
			t.Errorf("by a proxy: %v", err)
		}
	}
}

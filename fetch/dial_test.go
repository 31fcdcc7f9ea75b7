package fetch

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"syscall"
	"testing"
	"time"

	"trawl/fetch/dnstest"
)

func TestNamesAreResolvedOrTheReasonIsSaid(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {}))
	defer site.Close()
	_, port, _ := net.SplitHostPort(site.Listener.Addr().String())
	for _, test := range []struct {
		answer dnstest.Answer
		want   string
	}{
		{dnstest.Addrs("127.0.0.1"), ""},
		{dnstest.NoSuchHost, "no such host"},
		{dnstest.Failure, "name server failed"},
		{dnstest.Silence, "name server does not answer"},
	} {
		limit := time.Minute
		if test.answer.Silent {
			limit = 100 * time.Millisecond
		}
		s := dnstest.Start(t)
		s.Set("a.example", test.answer)
		c, err := NewClient(ClientOptions{ConnectTimeout: limit, NameServer: s.Addr()})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		page, err := c.GetPage(t.Context(), Request{URL: "http://a.example.:" + port + "/"})
		switch {
		case err != nil:
			t.Error(err)
		case test.want == "":
			if page.Err != nil || page.DNS <= 0 || page.Connect <= 0 || page.IP != "127.0.0.1" {
				t.Errorf("a name that resolves: %v, IP %q, %+v", page.Err, page.IP, page.Timings)
			}
		case page.Err == nil || page.Err.Class != DNS || page.Err.Detail != test.want:
			t.Errorf("got %v, want %s", page.Err, test.want)
		}
	}
}

func TestWhyThereIsNoConnection(t *testing.T) {
	for errno, want := range map[syscall.Errno]Error{
		syscall.ECONNREFUSED:  {Class: Connect, Detail: "connection refused"},
		syscall.ENETUNREACH:   {Class: Connect, Detail: "network unreachable"},
		syscall.EHOSTUNREACH:  {Class: Connect, Detail: "no route to host"},
		syscall.EMFILE:        {Class: Connect, Detail: "too many open files"},
		syscall.EADDRNOTAVAIL: {Class: Connect, Detail: "no local port left"},
		syscall.ETIMEDOUT:     {Class: Timeout, Detail: "connection timed out"},
		syscall.ECONNRESET:    {Class: Reset, Detail: "connection reset"},
		syscall.EACCES:        {Class: Connect, Detail: "permission denied"},
	} {
		err := &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, Err: os.NewSyscallError("connect", errno)}
		if got := dialError(err); *got != want {
			t.Errorf("%v: %+v, want %+v", err, *got, want)
		}
	}
	err := errors.New(`weird: "` + "\x1b" + `" 192.0.2.1`)
	if got := dialError(err); got.Class != Connect || got.Detail != "cannot connect (weird)" {
		t.Errorf("%v: %+v", err, got)
	}
}

func TestRetryAfterIsReadInBothForms(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 24, 39, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                               0,
		"0":                              0,
		"120":                            2 * time.Minute,
		" 7 ":                            7 * time.Second,
		"-7":                             0,
		"7.5":                            0,
		"soon":                           0,
		"999999999999999999999":          maxRetryAfter,
		"99999999":                       maxRetryAfter,
		"Sun, 22 Nov 2026 09:25:39 GMT":  time.Minute,
		"Sunday, 22-Nov-26 09:25:39 GMT": time.Minute,
		"Sun Nov 22 09:25:39 2026":       time.Minute,
		"Sun, 22 Nov 2026 09:23:39 GMT":  0,
		"Sun, 22 Nov 2099 09:23:39 GMT":  maxRetryAfter,
	} {
		if got := retryAfter(value, now); got != want {
			t.Errorf("retryAfter(%q) = %s, want %s", value, got, want)
		}
	}
}

func TestQuantitiesAreExact(t *testing.T) {
	for d, want := range map[time.Duration]string{
		10 * time.Second: "10 s", 1500 * time.Millisecond: "1.5 s", 50 * time.Millisecond: "50 ms", 9873212345: "9.873 s", 2 * time.Minute: "120 s",
	} {
		if got := span(d); got != want {
			t.Errorf("span(%d) = %q, want %q", d, got, want)
		}
	}
	for n, want := range map[int64]string{
		10 << 20: "10 MiB", 1e7: "10 MB", 1 << 30: "1 GiB", 1500: "1500 bytes", 3000: "3 kB", 4096: "4 KiB", 0: "0 bytes", 1<<20 + 1: "1048577 bytes",
	} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %q, want %q", n, got, want)
		}
	}
}

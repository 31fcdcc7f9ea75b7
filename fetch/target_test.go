package fetch

import (
	"net"
	"strings"
	"testing"
)

// Whatever a URL is, nothing of it gets out of its place on the wire.
func FuzzParseTarget(f *testing.F) {
	for _, seed := range []string{
		"http://a.example", "https://u:p@a.example:8080/%zz?q#f", "http://[::1]:80//a", "http://a\r\nb/", "http://a/\x00\x7f\xff", "http://@@a:b@c/", "http://a?@b/",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got, ok := parseTarget(raw)
		if !ok {
			return
		}
		for _, part := range []string{got.host, got.addr, got.path} {
			if strings.ContainsFunc(part, func(c rune) bool { return c <= ' ' || c >= 0x7f }) {
				t.Errorf("parseTarget(%q) has %q", raw, part)
			}
		}
		if !strings.HasPrefix(got.path, "/") || strings.ContainsAny(got.path, "#") {
			t.Errorf("parseTarget(%q) has path %q", raw, got.path)
		}
		if strings.ContainsAny(got.host, "/?#@") || strings.ContainsAny(got.basic, "\r\n") {
			t.Errorf("parseTarget(%q) has host %q, authorization %q", raw, got.host, got.basic)
		}
		if host, port, err := net.SplitHostPort(got.addr); err != nil || host == "" || port == "" {
			t.Errorf("parseTarget(%q) has address %q: %v", raw, got.addr, err)
		}
	})
}

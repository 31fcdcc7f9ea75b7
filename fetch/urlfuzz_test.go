package fetch

import (
	"errors"
	"fmt"
	neturl "net/url"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// badEscape is what browsers send as it is and net/url refuses.
var badEscape = regexp.MustCompile(`%([^0-9A-Fa-f]|.[^0-9A-Fa-f]|.?$)`)

// checkURL holds what every URL of a request is.
func checkURL(t *testing.T, from, url, host string) {
	t.Helper()
	if !isGraphic(url) || strings.Contains(url, "#") || !strings.HasPrefix(url, "http://") && !strings.HasPrefix(url, "https://") {
		t.Fatalf("%q: URL %q is not serialised", from, url)
	}
	if host == "" || host != strings.ToLower(host) || host != HostOf(url) {
		t.Fatalf("%q: host %q of %q, which has %q", from, host, url, HostOf(url))
	}
	checkWire(t, from, url)
	if len(url) <= maxURL {
		again, err := NewRequest(url)
		if err != nil || again.URL != url || again.Asked != url || again.Host != host {
			t.Fatalf("%q: %q becomes %q, %v", from, url, again.URL, err)
		}
	}
	u, err := neturl.Parse(url)
	if err != nil && !badEscape.MatchString(url) {
		t.Fatalf("%q: %v", from, err)
	}
	if err == nil && u.Host != authority(url) {
		t.Fatalf("%q: net/url has host %q of %q", from, u.Host, url)
	}
}

// checkWire holds that what is sent of a request's URL is the URL, and cannot be
// anything else to whoever reads it.
func checkWire(t *testing.T, from, url string) {
	t.Helper()
	target, ok := parseTarget(url)
	if !ok || target.path[0] != '/' || !isGraphic(target.path+target.host+target.addr) || strings.ContainsAny(target.host, "/?#@") {
		t.Fatalf("%q: of %q is sent %v, %+v", from, url, ok, target)
	}
	_, rest, _ := strings.Cut(url, "://")
	rest = rest[strings.LastIndexByte(rest[:authorityLen(rest)], '@')+1:]
	if whole := target.host + target.path; whole != rest && whole != strings.Replace(rest, "?", "/?", 1) && whole != rest+"/" {
		t.Fatalf("%q: of %q is sent %+v", from, url, target)
	}
}

func FuzzNewRequest(f *testing.F) {
	for i, answer := range browserAnswers(f) {
		if i%40 == 0 && answer.base == "" {
			f.Add(answer.input)
		}
	}
	for _, tt := range listed {
		if len(tt.raw) < 200 {
			f.Add(tt.raw)
		}
	}
	f.Fuzz(func(t *testing.T, raw string) {
		r, err := NewRequest(raw)
		if err != nil {
			if bad := (*Error)(nil); !errors.As(err, &bad) || bad.Class != BadURL || bad.Detail == "" || bad.URL != r.Asked {
				t.Fatalf("%q: %#v", raw, err)
			}
			if !utf8.ValidString(r.Asked) || utf8.RuneCountInString(r.Asked) > maxShown || strings.ContainsFunc(r.Asked, isControl) {
				t.Fatalf("%q: shown as %q", raw, r.Asked)
			}
			if again := Printable(r.Asked); again != r.Asked {
				t.Fatalf("%q: shown as %q, then %q", raw, r.Asked, again)
			}
			return
		}
		if !isGraphic(r.Asked) || isGraphic(raw) && r.Asked != raw {
			t.Fatalf("%q: asked %q", raw, r.Asked)
		}
		if again, err := NewRequest(r.Asked); len(r.Asked) <= maxURL && (err != nil || again.URL != r.URL) {
			t.Fatalf("%q: URL %q, but of asked %q: %q, %v", raw, r.URL, r.Asked, again.URL, err)
		}
		checkURL(t, raw, r.URL, r.Host)
		if url, host, ok := scanURL(raw); ok {
			href, why := parseListed(raw)
			href, _, _ = strings.Cut(href, "#")
			if why != "" || href != url && href != url+"/" || host != HostOf(href) {
				t.Fatalf("%q: scanned %q of %q, parsed %q %s", raw, url, host, href, why)
			}
		}
	})
}

func FuzzRedirect(f *testing.F) {
	for _, location := range []string{"/x", "../y?z", "//h/p", "http:x", "?q", "#f", "https://u:p@h:81/#f", `\\h\x`, "http://[::1]:80", "\xff/\x00", "1:2", "http:///h", "http://0x7f.1"} {
		f.Add("https://a.example/d/p?q", location)
	}
	for i, answer := range browserAnswers(f) {
		if i%40 == 0 && answer.base != "" {
			f.Add(answer.base, answer.input)
		}
	}
	f.Fuzz(func(t *testing.T, from, location string) {
		r, err := NewRequest(from)
		if err != nil {
			return
		}
		next, bad := r.Redirect(location)
		if bad != nil {
			if bad.Class != BadRedirect || bad.URL != r.URL || bad.Detail == "" || !isGraphic(strings.ReplaceAll(bad.Detail, " ", "")) || len(bad.Detail) > 100 {
				t.Fatalf("%q to %q: %#v", from, location, bad)
			}
			return
		}
		checkURL(t, from+" to "+location, next.URL, next.Host)
		if next.Foreign == sameOrigin(r.URL, next.URL) {
			t.Fatalf("%q to %q: foreign %v", from, location, next.Foreign)
		}
	})
}

func BenchmarkNewRequest(b *testing.B) {
	for name, raw := range map[string]string{
		"clean":  "https://www.example.com/articles/2026/11/some-title-of-it?page=2",
		"parsed": "https://www.Example.com/articles/../2026/11/some title",
		"idn":    "https://b\u00fccher.example/articles/2026/11/some-title",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := NewRequest(raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Time per byte must not grow with the line: compare /32KiB with /64KiB.
func BenchmarkHostileURL(b *testing.B) {
	base, err := NewRequest("http://a.example/b")
	if err != nil {
		b.Fatal(err)
	}
	for name, unit := range map[string]string{
		"dots": "b/../", "slashes": "/", "credentials": "@", "brackets": "[", "colons": ":", "escapes": "%2e", "labels": "\u3002", "host": "\u00fc", "segments": "a/", "backslashes": `\`,
	} {
		for _, size := range []int{32 << 10, 64<<10 - len("http://a?") - 1} {
			for where, prefix := range map[string]string{"host": "http://a", "path": "http://a/", "query": "http://a/?"} {
				raw := prefix + strings.Repeat(unit, (size-len(prefix))/len(unit))
				b.Run(fmt.Sprintf("%s/%s/%dKiB", name, where, (size+1023)>>10), func(b *testing.B) {
					b.SetBytes(int64(len(raw)))
					for b.Loop() {
						_, _ = NewRequest(raw)
						_, _ = base.Redirect(raw)
					}
				})
			}
		}
	}
}

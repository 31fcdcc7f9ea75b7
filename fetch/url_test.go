package fetch

import (
	"errors"
	neturl "net/url"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// listed are lines as lists have them, and what becomes of them: the URL, or the
// reason why there is none.
var listed = []struct{ raw, url, host, why string }{
	{raw: "https://www.python.org", url: "https://www.python.org", host: "www.python.org"},
	{raw: "https://example.com/a%20b?q=1&r=[x]", url: "https://example.com/a%20b?q=1&r=[x]", host: "example.com"},
	{raw: "http://example.com:8080/", url: "http://example.com:8080/", host: "example.com:8080"},
	{raw: "https://example.com:80/", url: "https://example.com:80/", host: "example.com"},
	{raw: "http://example.com:443/", url: "http://example.com:443/", host: "example.com"},
	{raw: "http://127.0.0.1:4480/x", url: "http://127.0.0.1:4480/x", host: "127.0.0.1:4480"},
	{raw: "http://a_b.example/", url: "http://a_b.example/", host: "a_b.example"},
	{raw: "http://a/%E4%B8%AD/%zz/100%", url: "http://a/%E4%B8%AD/%zz/100%", host: "a"},

	// what has to be serialised
	{raw: "HTTPS://Example.COM", url: "https://example.com/", host: "example.com"},
	{raw: "http://EXAMPLE.com:80/../a/./b", url: "http://example.com/a/b", host: "example.com"},
	{raw: "http://a/%2e%2E/b", url: "http://a/b", host: "a"},
	{raw: "http://a/.well-known/x", url: "http://a/.well-known/x", host: "a"},
	{raw: "http://a:00080/", url: "http://a/", host: "a"},
	{raw: "http://a:/", url: "http://a/", host: "a"},
	{raw: "https://a?x", url: "https://a/?x", host: "a"},
	{raw: `http://a\b`, url: "http://a/b", host: "a"},
	{raw: "http://a/b c", url: "http://a/b%20c", host: "a"},
	{raw: " http://a/\r", url: "http://a/", host: "a"},
	{raw: `http://a/x^y|z>"`, url: "http://a/x%5Ey|z%3E%22", host: "a"},
	{raw: "http://a/?q='>", url: "http://a/?q=%27%3E", host: "a"},
	{raw: "http://bücher.example/é?é#é", url: "http://xn--bcher-kva.example/%C3%A9?%C3%A9", host: "xn--bcher-kva.example"},
	{raw: "http://a_b.bücher.example/", url: "http://a_b.xn--bcher-kva.example/", host: "a_b.xn--bcher-kva.example"},
	{raw: "http://%41.ＥＸ/", url: "http://a.ex/", host: "a.ex"},
	{raw: "http://u:p@h:81/", url: "http://u:p@h:81/", host: "h:81"},
	{raw: "http://[::1]:8080/", url: "http://[::1]:8080/", host: "[::1]:8080"},
	{raw: "http://[0:0::1]:80", url: "http://[::1]/", host: "[::1]"},
	{raw: "http://[2001:db8::80]/", url: "http://[2001:db8::80]/", host: "[2001:db8::80]"},
	{raw: "http://[2001:db8::443]/", url: "http://[2001:db8::443]/", host: "[2001:db8::443]"},
	{raw: "http://0x7f.1/", url: "http://127.0.0.1/", host: "127.0.0.1"},
	{raw: "http://2130706433/", url: "http://127.0.0.1/", host: "127.0.0.1"},

	// what is none
	{raw: "", why: "not a URL"},
	{raw: "example.com", why: "not a URL"},
	{raw: "example.com:80/x", why: "not a URL"},
	{raw: "localhost:8080", why: "not a URL"},
	{raw: "//example.com/", why: "not a URL"},
	{raw: "htp:/example.com", why: "scheme htp is not http or https"},
	{raw: "FTP://example.com/", why: "scheme ftp is not http or https"},
	{raw: "mailto:a@b", why: "scheme mailto is not http or https"},
	{raw: strings.Repeat("x", 21) + "://a/", why: "not a URL"},
	{raw: "http:example.com", why: "not a URL: no // after http:"},
	{raw: "https:/example.com", why: "not a URL: no // after https:"},
	{raw: `http:\\host\x`, why: "not a URL: no // after http:"},
	{raw: "http://", why: "no host"},
	{raw: "http:///path", why: "no host"},
	{raw: "http://?x", why: "no host"},
	{raw: "http://:80/", why: "no host"},
	{raw: "http://u:p@/", why: "no host"},
	{raw: "http://a:0/", why: "invalid port"},
	{raw: "http://a:65536/", why: "invalid port"},
	{raw: "http://a:x/", why: "invalid port"},
	{raw: "http://a b/", why: "invalid host"},
	{raw: "http://{host}/", why: "invalid host"},
	{raw: "http://xn--a/", why: "invalid host"},
	{raw: "http://xn--/", why: "invalid host"},
	{raw: "http://[::1/", why: "invalid host"},
	{raw: "http://[[::1]]/", why: "invalid host"},
	{raw: "http://[fe80::1%25eth0]/", why: "invalid host"},
	{raw: "http://256.1.1.1/", why: "invalid host"},
	{raw: "http://-1/", why: "invalid host"},       // no parser's business to make an address of it
	{raw: "http://1.-2.3.4/", why: "invalid host"}, // nor of this
	{raw: "http://1.2.3.+4/", why: "invalid host"},
	{raw: "http://a.%zz/", why: "invalid host"},
	{raw: "http://" + strings.Repeat("a@", 2000) + "b/", why: "invalid host"},
	{raw: "http://" + strings.Repeat("[", 1000) + "@b/", why: "invalid host"}, // too long when escaped
	{raw: "http://a/b\tc", why: "a control character in the URL"},
	{raw: "http://a/\x00", why: "a control character in the URL"},
	{raw: "http://a/caf\xe9", why: "not valid UTF-8"},
	{raw: "http://a/" + strings.Repeat("x", 64<<10), why: "longer than 64 KiB"},
	{raw: "http://a/" + strings.Repeat("/", 2000) + "é", why: "a path of more than 1024 segments"},
}

func TestALineIsReadAsABrowserReadsItButGuessesNothing(t *testing.T) {
	for _, tt := range listed {
		r, err := NewRequest(tt.raw)
		var bad *Error
		errors.As(err, &bad)
		switch {
		case tt.why != "" && (bad == nil || bad.Class != BadURL || bad.Detail != tt.why):
			t.Errorf("NewRequest(%.100q): %v, want bad_url %q", tt.raw, err, tt.why)
		case tt.why == "" && err != nil:
			t.Errorf("NewRequest(%.100q): %v", tt.raw, err)
		case r.URL != tt.url || r.Host != tt.host:
			t.Errorf("NewRequest(%.100q): URL %q of host %q, want %q of %q", tt.raw, r.URL, r.Host, tt.url, tt.host)
		}
	}
}

func TestAskedIsTheListsSpellingIfThatIsPrintableASCII(t *testing.T) {
	for raw, want := range map[string]string{
		"HTTP://Example.com:80/../x#y":  "HTTP://Example.com:80/../x#y",
		"https://example.com/#top":      "https://example.com/#top",
		"https://example.com#top":       "https://example.com#top",
		"http://a/>]":                   "http://a/>]",
		"http://a/b c#d e":              "http://a/b%20c#d%20e",
		"http://bücher.example/#ß":      "http://xn--bcher-kva.example/#%C3%9F",
		"\thttp://a/ ":                  "http://a/",
		"http://a/b#" + "\u200b":        "http://a/b#%E2%80%8B",
		"http://[::FFFF:1.2.3.4]:80/?#": "http://[::FFFF:1.2.3.4]:80/?#",
	} {
		r, err := NewRequest(raw)
		if err != nil || r.Asked != want {
			t.Errorf("NewRequest(%q): asked %q, %v, want %q", raw, r.Asked, err, want)
		}
		if strings.Contains(r.URL, "#") {
			t.Errorf("NewRequest(%q): URL %q has its fragment", raw, r.URL)
		}
	}
}

func TestWhatIsNoURLIsShownEscapedAndShort(t *testing.T) {
	long := strings.Repeat("é", 300)
	for raw, want := range map[string]string{
		"htp:/example.com":         "htp:/example.com",
		" say \"hi\" \\o/\r\n":     `say "hi" \o/`,
		"a\tb\x00\x1b[31m\x7f":     `a\x09b\x00\x1b[31m\x7f`,
		"caf\xe9 \u200bé \uFFFD":   `caf\xe9 \u200bé ` + "\uFFFD",
		"\U000E0001":               `\U000e0001`,
		long:                       strings.Repeat("é", 199) + "…",
		long[:400]:                 long[:400],
		strings.Repeat("\x00", 51): strings.Repeat(`\x00`, 49) + "…",
	} {
		if got := Printable(raw); got != want {
			t.Errorf("Printable(%q): %q, want %q", raw, got, want)
		}
		if got := Printable(want); got != want {
			t.Errorf("Printable(%q): %q, want it unchanged", want, got)
		}
		r, err := NewRequest(raw)
		if err == nil || r.Asked != want {
			t.Errorf("NewRequest(%q): asked %q, %v, want %q and an error", raw, r.Asked, err, want)
		}
	}
}

func TestACleanURLCostsNoAllocation(t *testing.T) {
	for _, raw := range []string{
		"https://www.python.org",
		"https://example.com:8443/a/b-c_d/~e/%C3%A9.html?q=1&r=a+b#top",
		"http://127.0.0.1:8080/x",
	} {
		var r Request
		if n := testing.AllocsPerRun(100, func() { r, _ = NewRequest(raw) }); n != 0 || r.URL == "" {
			t.Errorf("NewRequest(%q): %v allocations, want 0", raw, n)
		}
		if n := testing.AllocsPerRun(100, func() { _ = HostOf(r.URL) }); n != 0 || HostOf(r.URL) != r.Host {
			t.Errorf("HostOf(%q): %q with %v allocations, want %q with 0", r.URL, HostOf(r.URL), n, r.Host)
		}
	}
}

func TestHostTakesPorts80And443AsOne(t *testing.T) {
	for url, want := range map[string]string{
		"http://a.example/x:80/":         "a.example",
		"https://a.example:80":           "a.example",
		"http://a.example:443?x":         "a.example",
		"http://u:p%40@a.example:8080/@": "a.example:8080",
		"http://[::1]/":                  "[::1]",
		"http://[::80]/":                 "[::80]",
		"https://[::443]:80/":            "[::443]",
		"http://[::1]:8080/":             "[::1]:8080",
	} {
		if got := HostOf(url); got != want {
			t.Errorf("HostOf(%q): %q, want %q", url, got, want)
		}
	}
}

func TestRedirectIsResolvedAsABrowserResolvesIt(t *testing.T) {
	const from = "https://a.example/dir/page?q=1"
	for location, want := range map[string]string{
		"https://b.example/x":      "https://b.example/x",
		"https://b.example/x#frag": "https://b.example/x",
		"HTTP://B.example:80":      "http://b.example/",
		"//b.example:8080/y":       "https://b.example:8080/y",
		"/abs":                     "https://a.example/abs",
		"rel/../x":                 "https://a.example/dir/x",
		"../../../up":              "https://a.example/up",
		"?p=2":                     "https://a.example/dir/page?p=2",
		"#top":                     from,
		"page?q=1":                 from,
		"https:other":              "https://a.example/dir/other",
		"http:///b.example/":       "http://b.example/",
		`\\b.example\z`:            "https://b.example/z",
		" /blank\t ":               "https://a.example/blank",
		"/a\tb\nc":                 "https://a.example/abc",
		"/ü/caf\xe9?\xff":          "https://a.example/%C3%BC/caf%E9?%FF",
		"http://bücher.example/":   "http://xn--bcher-kva.example/",
		"https://u:p@b.example/":   "https://u:p@b.example/",
		"/100%":                    "https://a.example/100%",
		"/x\x00y":                  "https://a.example/x%00y",
		"https://b.example":        "https://b.example",
		"1:2":                      "https://a.example/dir/1:2",
	} {
		next, err := Request{URL: from, Host: "a.example"}.Redirect(location)
		if err != nil || next.URL != want || next.Host != HostOf(want) {
			t.Errorf("Redirect(%q): %q of host %q, %v, want %q of %q", location, next.URL, next.Host, err, want, HostOf(want))
		}
	}
}

func TestRedirectToWhatIsNoPageFails(t *testing.T) {
	for location, want := range map[string]string{
		"":                                "redirect without a target",
		" \t":                             "redirect without a target",
		"file:///etc/passwd":              "redirect to file:",
		"JavaScript:alert(1)":             "redirect to javascript:",
		"example.com:80/":                 "redirect to a URL that is none",
		strings.Repeat("x", 99) + ":y":    "redirect to a URL that is none",
		"http://":                         "redirect to a URL that is none: no host",
		"http://a b/":                     "redirect to a URL that is none: invalid host",
		"http://\xff/":                    "redirect to a URL that is none: invalid host",
		"//[::1":                          "redirect to a URL that is none: invalid host",
		"https://a:99999/":                "redirect to a URL that is none: invalid port",
		"//" + strings.Repeat("@", 9999):  "redirect to a URL that is none: invalid host",
		strings.Repeat("/.", 32<<10):      "redirect to a URL that is none: a path of more than 1024 segments",
		strings.Repeat("x", 64<<10+1):     "redirect to a URL over 64 KiB",
		"/" + strings.Repeat("é", 20<<10): "redirect to a URL over 64 KiB",
	} {
		r := Request{URL: "http://a.example/", Host: "a.example", Redirects: []string{"http://b.example/"}}
		next, err := r.Redirect(location)
		if err == nil || err.Class != BadRedirect || err.Detail != want || err.URL != r.URL {
			t.Errorf("Redirect(%.50q): %v, want bad_redirect %q", location, err, want)
		}
		if diff := cmp.Diff(r, next); diff != "" {
			t.Errorf("Redirect(%.50q) changed the request: %s", location, diff)
		}
	}
}

func TestRedirectLeavesForGoodWhatItHasLeft(t *testing.T) {
	r, err := NewRequest("http://a.example/1")
	if err != nil {
		t.Fatal(err)
	}
	for _, hop := range []struct {
		location string
		foreign  bool
	}{
		{"/2", false},
		{"http://a.example:80/3", false},
		{"http://u:p@a.example/4", false},
		{"https://a.example/5", true},
		{"http://a.example/6", true},
	} {
		next, err := r.Redirect(hop.location)
		if err != nil || next.Foreign != hop.foreign {
			t.Errorf("from %s to %s: foreign %v, %v, want %v", r.URL, hop.location, next.Foreign, err, hop.foreign)
		}
		r = next
	}
	want := []string{"http://a.example/1", "http://a.example/2", "http://a.example/3", "http://u:p@a.example/4", "https://a.example/5"}
	if diff := cmp.Diff(want, r.Redirects); diff != "" {
		t.Error(diff)
	}
	for _, location := range []string{"http://b.example/", "http://a.example:8080/"} {
		if next, _ := (Request{URL: "http://a.example/"}).Redirect(location); !next.Foreign {
			t.Errorf("from a.example to %s: not foreign", location)
		}
	}
}

func TestRedirectsAreNotShared(t *testing.T) {
	hops := make([]string, 1, 8)
	hops[0] = "http://a.example/"
	r := Request{URL: "http://b.example/", Redirects: hops}
	first, _ := r.Redirect("/first")
	second, _ := first.Redirect("/x")
	other, _ := first.Redirect("/y")
	third, _ := second.Redirect("/z")
	_, _ = r.Redirect("/other")
	if diff := cmp.Diff([]string{"http://a.example/", "http://b.example/", "http://b.example/first", "http://b.example/x"}, third.Redirects); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"http://a.example/", "http://b.example/", "http://b.example/first"}, other.Redirects); diff != "" {
		t.Error(diff)
	}
}

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

func FuzzNewRequest(f *testing.F) {
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
		if url, host, ok := scanURL(raw); ok && segments(raw) <= maxSegments {
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

package fetch

import (
	"errors"
	"strings"
	"testing"

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
	{raw: "http://-1/", url: "http://-1/", host: "-1"}, // a name, if there is one like that
	{raw: "http://[::FFFF:7f00:1]/", url: "http://[::ffff:7f00:1]/", host: "[::ffff:7f00:1]"},
	{raw: "http://faß.FAẞ/", url: "http://xn--fa-hia.xn--fa-hia/", host: "xn--fa-hia.xn--fa-hia"},
	{raw: "http://" + strings.Repeat("a@", 2000) + "b/", url: "http://" + strings.Repeat("a%40", 1999) + "a@b/", host: "b"},
	{raw: "http://a/" + strings.Repeat("b/../", 10_000) + "é", url: "http://a/%C3%A9", host: "a"},

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
	{raw: "http://1.-2.3.4/", why: "invalid host"}, // it ends in a number, so it is an address or nothing
	{raw: "http://1.2.3.09/", why: "invalid host"},
	{raw: "http://1.2.3.+4/", why: "invalid host"},
	{raw: "http://xn--.example/", why: "invalid host"},
	{raw: "http://a.\u00ad/", why: "invalid host"},                        // not the host "a."
	{raw: "http://" + strings.Repeat("é", 60) + "/", why: "invalid host"}, // a label of DNS has 63 characters
	{raw: "http://" + strings.Repeat("é", maxHost) + "/", why: "invalid host"},
	{raw: "http://a.%zz/", why: "invalid host"},
	{raw: "http://a/b\tc", why: "a control character in the URL"},
	{raw: "http://a/\x00", why: "a control character in the URL"},
	{raw: "http://a/caf\xe9", why: "not valid UTF-8"},
	{raw: "http://a/" + strings.Repeat("x", 64<<10), why: "longer than 64 KiB"},
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
		"https://b.example/x":                   "https://b.example/x",
		"https://b.example/x#frag":              "https://b.example/x",
		"HTTP://B.example:80":                   "http://b.example/",
		"//b.example:8080/y":                    "https://b.example:8080/y",
		"/abs":                                  "https://a.example/abs",
		"rel/../x":                              "https://a.example/dir/x",
		"../../../up":                           "https://a.example/up",
		"?p=2":                                  "https://a.example/dir/page?p=2",
		"#top":                                  from,
		"page?q=1":                              from,
		"https:":                                from,
		"HTTPS:#top":                            from,
		"/./../" + strings.Repeat("/../", 9999): "https://a.example/",
		"https:other":                           "https://a.example/dir/other",
		"http:///b.example/":                    "http://b.example/",
		`\\b.example\z`:                         "https://b.example/z",
		" /blank\t ":                            "https://a.example/blank",
		"/a\tb\nc":                              "https://a.example/abc",
		"/ü/caf\xe9?\xff":                       "https://a.example/%C3%BC/caf%E9?%FF",
		"http://bücher.example/":                "http://xn--bcher-kva.example/",
		"https://u:p@b.example/":                "https://u:p@b.example/",
		"/100%":                                 "https://a.example/100%",
		"/x\x00y":                               "https://a.example/x%00y",
		"https://b.example":                     "https://b.example",
		"1:2":                                   "https://a.example/dir/1:2",
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
		"//" + strings.Repeat("@", 9999):  "redirect to a URL that is none: no host",
		"//" + strings.Repeat("a", 9999):  "redirect to a URL that is none: invalid host",
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

func TestUserinfoStaysWithItsOrigin(t *testing.T) {
	for _, hops := range [][]string{ // Locations and what they lead to
		{"/1", "http://u:p@a.example/1", "http://a.example/2", "http://u:p@a.example/2", "//a.example:80", "http://u:p@a.example/"},
		{"http://v@a.example/1", "http://v@a.example/1", "http://a.example?2", "http://v@a.example/?2"},
		{"https://a.example/1", "https://a.example/1", "http://a.example/2", "http://a.example/2"},
		{"http://a.example/@", "http://u:p@a.example/@", "http://a.example?@", "http://u:p@a.example/?@"},
	} {
		r := Request{URL: "http://u:p@a.example/"}
		for i := 0; i < len(hops); i += 2 {
			next, err := r.Redirect(hops[i])
			if err != nil || next.URL != hops[i+1] || next.Host != "a.example" {
				t.Errorf("from %s to %s: %q of %q, %v, want %q", r.URL, hops[i], next.URL, next.Host, err, hops[i+1])
			}
			r = next
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

package robots

import "testing"

func TestWhatAnAnswerMeans(t *testing.T) {
	text := []byte("User-agent: *\nDisallow: /a\nCrawl-delay: 1")
	for status, want := range map[int]string{
		200: "b", 203: "b", 204: "b", 299: "b",
		301: "ab", 308: "ab", 304: "ab", // too many redirects
		400: "ab", 401: "ab", 403: "ab", 404: "ab", 410: "ab", 418: "ab", 429: "ab", 499: "ab",
		500: "", 502: "", 503: "", 599: "", 0: "", -1: "", 100: "", 600: "", 999: "",
	} {
		f := File{Origin: "https://example.com", Status: status, Text: text}
		r := f.Rules("trawl")
		if got := allowed(r, "a", "b"); got != want {
			t.Errorf("after a %d allowed are %q, want %q", status, got, want)
		}
		if (r.Delay() != 0) != (status/100 == 2) {
			t.Errorf("after a %d the delay is %v", status, r.Delay())
		}
		if !r.Allows("https://example.com/robots.txt") {
			t.Errorf("after a %d /robots.txt is not allowed", status)
		}
	}
}

func TestAgent(t *testing.T) {
	for header, want := range map[string]string{
		"trawl/0.1.0 (+https://example.com)": "trawl",
		"trawl":                              "trawl",
		" trawl x":                           "trawl",
		"Bot2.x_y-z/3":                       "Bot2.x_y-z",
		"Mozilla/5.0 (X11; Linux x86_64)":    "Mozilla",
		"Mozilla/5.0 (compatible; MSIE 9.0)": "MSIE",
		"Mozilla/5.0 (compatible; (x))":      "Mozilla",
		"curl/8 (compatible; x/1)":           "curl",
		"":                                   "",
		"(trawl)":                            "",
		"/1.0":                               "",
		"*":                                  "",
		"é":                                  "",
		"trawlé":                             "trawl",
	} {
		if got := Agent(header); got != want {
			t.Errorf("Agent(%q) = %q, want %q", header, got, want)
		}
	}
}

func TestOrigin(t *testing.T) {
	for url, want := range map[string]string{
		"https://example.com/a":                "https://example.com",
		"HTTPS://Example.COM":                  "https://example.com",
		"http://example.com:80/":               "http://example.com",
		"http://example.com:443/":              "http://example.com:443",
		"https://example.com:443?a":            "https://example.com",
		"https://example.com:80#a":             "https://example.com:80",
		"https://example.com:8443/a:443":       "https://example.com:8443",
		"https://example.com:/":                "https://example.com",
		"https://user:pass@example.com:443/@b": "https://example.com",
		"http://a@b@example.com/":              "http://example.com",
		"http://[2001:DB8::80]/":               "http://[2001:db8::80]",
		"http://[::1]:80/":                     "http://[::1]",
		"http://[::1]:8080/":                   "http://[::1]:8080",
		"http://example.com:8080":              "http://example.com:8080",
		"ftp://example.com/":                   "",
		"/a/b":                                 "",
		"/a?u=http://example.com":              "",
		"http://":                              "",
		"":                                     "",
	} {
		if got := Origin(url); got != want {
			t.Errorf("Origin(%q) = %q, want %q", url, got, want)
		}
	}
}

package sinks

import (
	"regexp"
	"strconv"
	"testing"

	"trawl/fetch"
	"trawl/parse"
)

func TestTextLines(t *testing.T) {
	page := func(url string, size int64) parse.Record {
		return parse.Record{URL: url, HasSize: true, Size: size}
	}
	for _, c := range []struct {
		rec  parse.Record
		want string
	}{
		{page("https://example.com/", 1256), "url:<https://example.com/> size:[1256]\n"},
		{page("https://example.com/a%20b?q=1", 20417), "url:<https://example.com/a%20b?q=1> size:[20417]\n"},
		{page("https://xn--bcher-kva.example/", 0), "url:<https://xn--bcher-kva.example/> size:[0]\n"},
		{page("http://[::1]/a>b]", 1), "url:<http://[::1]/a>b]> size:[1]\n"},
		{page("http://a/ \t\r\n\x00\x7fü\u2028\xff", 1), "url:<http://a/%20%09%0D%0A%00%7F%C3%BC%E2%80%A8%FF> size:[1]\n"},
		{page("", -1), "url:<-> size:[0]\n"},
		{parse.Record{URL: "https://example.com/", Class: fetch.DNS}, ""},
	} {
		if got := string(appendText(nil, &c.rec)); got != c.want {
			t.Errorf("%q: got %q, want %q", c.rec.URL, got, c.want)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("https://example.com/", int64(1256))
	f.Add("http://a/> size:[1]\nurl:<http://b/", int64(-1))
	f.Add("", int64(0))
	f.Add("\xff\u2028\u00a0", int64(1)<<62)
	line := regexp.MustCompile(`\Aurl:<([!-~]+)> size:\[(\d+)\]\n\z`)
	f.Fuzz(func(t *testing.T, url string, size int64) {
		got := appendText([]byte("kept"), &parse.Record{URL: url, Size: size})
		m := line.FindSubmatch(got[len("kept"):])
		if m == nil || string(got[:len("kept")]) != "kept" {
			t.Fatalf("%q: the line %q is none of the grammar", url, got)
		}
		if n, err := strconv.ParseInt(string(m[2]), 10, 64); err != nil || n != max(size, 0) {
			t.Errorf("size %d became %s", size, m[2])
		}
		if isVisible(url) && string(m[1]) != url {
			t.Errorf("the clean URL %q became %q", url, m[1])
		}
	})
}

func isVisible(s string) bool { return regexp.MustCompile(`\A[!-~]+\z`).MatchString(s) }

package fetch

import (
	"bufio"
	"compress/gzip"
	"encoding/base64"
	neturl "net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// browserAnswer is a line of testdata/urls.txt.gz: what the URL Standard makes of
// an input, and what a browser then sends. testdata/README.md says how it was made.
type browserAnswer struct {
	input, base  string // base is "" for a line of a list
	href         string // "" is a failure
	host, target string
	credentials  string // user and password as bytes, with a colon between
}

func browserAnswers(t testing.TB) (answers []browserAnswer) {
	t.Helper()
	file, err := os.Open("testdata/urls.txt.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(unpacked)
	for lines.Scan() {
		var columns [6]string
		for i, quoted := range strings.Split(lines.Text(), "\t") {
			if columns[i], err = strconv.Unquote(quoted); err != nil {
				t.Fatalf("%s: %v", lines.Text(), err)
			}
		}
		answers = append(answers, browserAnswer{columns[0], columns[1], columns[2], columns[3], columns[4], columns[5]})
	}
	if err := lines.Err(); err != nil || len(answers) < 8000 {
		t.Fatalf("%d answers, %v", len(answers), err)
	}
	return answers
}

type explanation struct {
	reason string
	is     func(b browserAnswer) bool
}

// explained are the reasons for which trawl refuses what a browser takes. There is
// no input that it takes and a browser refuses, or that both take and read
// differently.
var explained = []explanation{
	{"a list is no address bar: a control character in a URL is a mistake", func(b browserAnswer) bool {
		return b.base == "" && strings.ContainsFunc(b.input, isControl)
	}},
	{"a list is no address bar: nothing is guessed between scheme and host", func(b browserAnswer) bool {
		return b.base == "" && !regexp.MustCompile(`^ *(?i:https?)://[^/\\]`).MatchString(b.input)
	}},
	{"pages are asked for by http and https", func(b browserAnswer) bool {
		return !strings.HasPrefix(b.href, "http:") && !strings.HasPrefix(b.href, "https:")
	}},
	{"a Location of blanks leads nowhere, not to the page that it came with", func(b browserAnswer) bool {
		return b.base != "" && strings.Trim(b.input, " \t\r\n\x00\x01\x1f") == ""
	}},
	{"there is no port 0: browsers know that when they connect", func(b browserAnswer) bool {
		return strings.HasSuffix(b.host, ":0")
	}},
	{"no resolver has an address for such a name", func(b browserAnswer) bool {
		name, _ := cutPort(b.host)
		return hasLongLabel(name) || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" && name[0] != '['
	}},
	{"a label of invisible characters vanishes: a name that is not what it looks like", func(b browserAnswer) bool {
		return strings.Contains("."+b.host, "..") || strings.ContainsAny(b.input, "\u00ad\u200b")
	}},
	{"characters and mappings of Unicode 15.1 and later, which the tables of Go's IDNA have from Go 1.27 on", func(b browserAnswer) bool {
		return strings.ContainsAny(b.input, "\u115f\u1806\u180e\u3164\u1c89\ua7da\ua7f1\U0002ebf0")
	}},
}

func TestWhatIsSentIsWhatABrowserSends(t *testing.T) {
	used := make([]int, len(explained))
	sent := 0
	for _, want := range browserAnswers(t) {
		url := ours(t, want)
		if url == "" {
			if want.href == "" {
				continue
			}
			why := slices.IndexFunc(explained, func(e explanation) bool { return e.is(want) })
			if why < 0 {
				t.Errorf("%q on %q is refused, want %q", want.input, want.base, want.href)
				continue
			}
			used[why]++
			continue
		}
		sent++
		checkSent(t, want, url)
	}
	if sent < 3000 {
		t.Errorf("only %d are sent", sent)
	}
	for i, e := range explained {
		if used[i] == 0 && unicode.Version < "16" {
			t.Errorf("never met: %s", e.reason)
		}
	}
}

// ours is what trawl makes of the same input; "" is a failure.
func ours(t *testing.T, b browserAnswer) string {
	t.Helper()
	if b.base == "" {
		r, _ := NewRequest(b.input)
		return r.URL
	}
	from, err := NewRequest(b.base)
	if err != nil {
		t.Fatal(err)
	}
	next, bad := from.Redirect(b.input)
	if bad != nil {
		return ""
	}
	return next.URL
}

func checkSent(t *testing.T, want browserAnswer, url string) {
	t.Helper()
	href, _, _ := strings.Cut(want.href, "#")
	if url != href && url+"/" != href { // only the slash of an empty path may be missing
		t.Errorf("%q on %q: %q, want %q", want.input, want.base, url, href)
	}
	target, ok := parseTarget(url)
	if !ok || target.host != want.host || target.path != want.target {
		t.Errorf("%q on %q: %v, host %q, target %q, want %q, %q", want.input, want.base, ok, target.host, target.path, want.host, want.target)
	}
	basic := ""
	if want.credentials != "" {
		basic = "Basic " + base64.StdEncoding.EncodeToString([]byte(want.credentials))
	}
	if target.basic != basic {
		t.Errorf("%q on %q: authorization %q, want %q", want.input, want.base, target.basic, basic)
	}
	if want.base != "" || isGraphic(want.input) {
		return
	}
	if r, _ := NewRequest(want.input); r.Asked != want.href { // with its fragment
		t.Errorf("%q: asked %q, want %q", want.input, r.Asked, want.href)
	}
}

// TestWhereNetURLDiffers holds what is said of net/url at parseURL.
func TestWhereNetURLDiffers(t *testing.T) {
	for _, tt := range []struct{ raw, browser, net string }{
		{"http://a/100%", "http://a/100%", ""},
		{"http://a/\x7f", "http://a/%7F", ""},
		{"http://a:/", "http://a/", "http://a:/"},
		{"http://A.example:80/", "http://a.example/", "http://A.example:80/"},
		{"http://a:0081/", "http://a:81/", "http://a:0081/"},
		{"http://b\u00fccher.example/", "http://xn--bcher-kva.example/", "http://b%C3%BCcher.example/"},
		{"http://0x7f.1/", "http://127.0.0.1/", "http://0x7f.1/"},
		{"http://256.1.1.1/", "", "http://256.1.1.1/"},
		{"http://a^b/", "", ""},
		{"http://a|b/", "", ""},
		{"http://[0:0::1]/", "http://[::1]/", "http://[0:0::1]/"},
		{"http://a\\b/", "http://a/b/", ""},
		{"http://a/b\\c", "http://a/b/c", "http://a/b%5Cc"},
		{"http://a/b/../c", "http://a/c", "http://a/b/../c"},
		{"http://a/%2e%2e/c", "http://a/c", "http://a/%2e%2e/c"},
		{"http://a/|^[]", "http://a/|%5E[]", "http://a/%7C%5E%5B%5D"},
		{"http://a/?'\"", "http://a/?%27%22", "http://a/?'\""},
		{"http://a?b", "http://a/?b", "http://a?b"},
		{"http://u:p:q@a/", "http://u:p%3Aq@a/", "http://u:p%3Aq@a/"},
		{"http://u@v@a/", "http://u%40v@a/", "http://u%40v@a/"},
		{"http://u%zz@a/", "http://u%zz@a/", ""},
		{"http:b", "http://b/", "http:b"},
		{"http:///b", "http://b/", "http:///b"},
	} {
		if href, _ := parseURL(tt.raw, ""); href != tt.browser {
			t.Errorf("parseURL(%q): %q, want %q", tt.raw, href, tt.browser)
		}
		net := ""
		if u, err := neturl.Parse(tt.raw); err == nil {
			net = u.String()
		}
		if net != tt.net {
			t.Errorf("net/url makes %q of %q, want %q", net, tt.raw, tt.net)
		}
	}
}

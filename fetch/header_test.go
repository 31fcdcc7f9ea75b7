package fetch_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"trawl/fetch"
)

// sent is what goes over the wire for r, sorted after the request line.
func sent(t *testing.T, opts fetch.ClientOptions, r fetch.Request) []string {
	t.Helper()
	addr, heads := recordRequests(t)
	opts.Resolve = map[string]string{"a.example:80": "127.0.0.1", "a.example:" + port(addr): "127.0.0.1"}
	r.URL = strings.ReplaceAll(r.URL, "a.example", "a.example:"+port(addr))
	if page := ask(t, newClient(t, opts), r); page.Err != nil {
		t.Fatal(page.Err)
	}
	head := strings.ReplaceAll(<-heads, ":"+port(addr), "")
	lines := strings.Split(strings.TrimSuffix(head, "\r\n\r\n"), "\r\n")
	slices.Sort(lines[1:])
	return lines
}

func port(addr string) string { return addr[strings.LastIndex(addr, ":")+1:] }

func TestHeadersThatAreSent(t *testing.T) {
	type (
		options = fetch.ClientOptions
		fields  = []fetch.Field
	)
	line := func(fields ...fetch.Field) *fetch.Extra { return &fetch.Extra{Header: fields} }
	for _, test := range []struct {
		name string
		opts options
		r    fetch.Request
		want []string
	}{
		{"defaults", options{}, fetch.Request{},
			[]string{"GET / HTTP/1.1", "Accept-Encoding: gzip, deflate, br, zstd", "Accept: */*", "Host: a.example", "User-Agent: " + fetch.DefaultUserAgent}},
		{"method and user agent", options{UserAgent: "me"}, fetch.Request{Method: "POST"},
			[]string{"POST / HTTP/1.1", "Accept-Encoding: gzip, deflate, br, zstd", "Accept: */*", "Content-Length: 0", "Host: a.example", "User-Agent: me"}},
		{"the run's instead of the defaults", options{Header: fields{{"accept", "text/html,*/*"}, {"X", "1"}, {"user-agent", "me"}, {"X", "2"}}}, fetch.Request{},
			[]string{"GET / HTTP/1.1", "Accept-Encoding: gzip, deflate, br, zstd", "Host: a.example", "X: 1", "X: 2", "accept: text/html,*/*", "user-agent: me"}},
		{"the line's instead of the run's", options{Header: fields{{"X", "1"}, {"Y", "1"}}}, fetch.Request{Extra: line(fetch.Field{Name: "x", Value: "2"}, fetch.Field{Name: "Accept", Value: "a"})},
			[]string{"GET / HTTP/1.1", "Accept-Encoding: gzip, deflate, br, zstd", "Accept: a", "Host: a.example", "User-Agent: " + fetch.DefaultUserAgent, "Y: 1", "x: 2"}},
		{"fields that would frame a body", options{Header: fields{{"Content-Length", "5"}, {"transfer-encoding", "chunked"}}}, fetch.Request{Method: "PUT"},
			[]string{"PUT / HTTP/1.1", "Accept-Encoding: gzip, deflate, br, zstd", "Accept: */*", "Content-Length: 0", "Host: a.example", "User-Agent: " + fetch.DefaultUserAgent}},
		{"without defaults", options{Header: fields{{"Accept", ""}, {"User-Agent", ""}, {"Accept-Encoding", ""}}}, fetch.Request{},
			[]string{"GET / HTTP/1.1", "Host: a.example"}},
		{"another host", options{Header: fields{{"Host", "b.example"}}}, fetch.Request{},
			[]string{"GET / HTTP/1.1", "Accept-Encoding: gzip, deflate, br, zstd", "Accept: */*", "Host: b.example", "User-Agent: " + fetch.DefaultUserAgent}},
		{"userinfo", options{}, fetch.Request{URL: "http://us%65r:p%40ss@a.example/"},
			[]string{"GET / HTTP/1.1", "Accept-Encoding: gzip, deflate, br, zstd", "Accept: */*", "Authorization: Basic dXNlcjpwQHNz", "Host: a.example", "User-Agent: " + fetch.DefaultUserAgent}},
		{"userinfo and an explicit field", options{Header: fields{{"authorization", "Bearer x"}}}, fetch.Request{URL: "http://user:pass@a.example/"},
			[]string{"GET / HTTP/1.1", "Accept-Encoding: gzip, deflate, br, zstd", "Accept: */*", "Host: a.example", "User-Agent: " + fetch.DefaultUserAgent, "authorization: Bearer x"}},
		{"a foreign hop", options{Header: fields{{"authorization", "Bearer x"}, {"COOKIE", "a=b"}, {"Host", "b.example"}, {"X", "1"}}},
			fetch.Request{URL: "http://user:pass@a.example/", Foreign: true, Extra: line(fetch.Field{Name: "Cookie2", Value: "a"}, fetch.Field{Name: "Proxy-Authorization", Value: "a"}, fetch.Field{Name: "WWW-Authenticate", Value: "a"}, fetch.Field{Name: "Y", Value: "2"})},
			[]string{"GET / HTTP/1.1", "Accept-Encoding: gzip, deflate, br, zstd", "Accept: */*", "Host: a.example", "User-Agent: " + fetch.DefaultUserAgent}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.r.URL == "" {
				test.r.URL = "http://a.example/"
			}
			if diff := cmp.Diff(test.want, sent(t, test.opts, test.r)); diff != "" {
				t.Errorf("what was sent (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPathIsSentAsABrowserSendsIt(t *testing.T) {
	for url, want := range map[string]string{
		"http://a.example":                      "/",
		"http://a.example?q":                    "/?q",
		"http://a.example/?":                    "/?",
		"http://a.example/100%":                 "/100%",
		"http://a.example/%zz?%zz":              "/%zz?%zz",
		"http://a.example/%2F%2f/;a=b":          "/%2F%2f/;a=b",
		"http://a.example//b//c":                "//b//c",
		"http://a.example//%zz":                 "//%zz",
		"http://a.example/a b\"<>\u00fc?\u00fc": "/a%20b\"<>%C3%BC?%C3%BC",
		"http://a.example/[a]{b}|c^d`":          "/[a]{b}|c^d`",
		"http://a.example/a\r\nX: 1":            "/a%0D%0AX:%201",
		"http://a.example/a#b":                  "/a",
		"http://a.example/a@b:c":                "/a@b:c",
		"http://a.example/?u=http://b/?c":       "/?u=http://b/?c",
	} {
		got, _, _ := strings.Cut(strings.TrimPrefix(sent(t, fetch.ClientOptions{}, fetch.Request{URL: url})[0], "GET "), " HTTP/1.1")
		if got != want {
			t.Errorf("%q is asked for with %q, want %q", url, got, want)
		}
	}
}

func TestWhatIsNoURLIsSaidSo(t *testing.T) {
	c := newClient(t, fetch.ClientOptions{})
	for _, url := range []string{"", "/", "a.example", "ftp://a.example/", "http:///", "http://:80/", "http://a b/", "http://a.example:x/", "http://a.example:99999/",
		"http://[::1/", "http://[::g]/", "http://a.example\r\nX: 1/", "http://ü/", "http://a%00b/"} {
		wantError(t, get(t, c, url), fetch.BadURL, "not an absolute http or https URL")
	}
	wantError(t, ask(t, c, fetch.Request{URL: "http://a.example/", Method: "GET /"}), fetch.BadURL, "not a method that pages are asked with")
	for _, method := range []string{"CONNECT", "connect"} {
		wantError(t, ask(t, c, fetch.Request{URL: "http://a.example/", Method: method}), fetch.BadURL, "not a method that pages are asked with")
	}
	extra := &fetch.Extra{Header: []fetch.Field{{Name: "X", Value: "secret\r\n"}}}
	wantError(t, ask(t, c, fetch.Request{URL: "http://a.example/", Extra: extra}), fetch.BadURL, `header "X": a control character in its value`)
}

func TestHeadsAreShownWithoutSecrets(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		w.Header().Set("Set-Cookie", "session=secret")
		w.Header().Set("X-Color", "red\u009b1m\u202e")
		io.WriteString(w, "ok")
	}))
	defer site.Close()
	var mu sync.Mutex
	var heads []string
	c := newClient(t, fetch.ClientOptions{
		Header: []fetch.Field{{Name: "X-Key", Value: "secret"}, {Name: "Cookie", Value: "secret"}},
		OnHead: func(r fetch.Request, head string) {
			mu.Lock()
			defer mu.Unlock()
			lines := strings.Split(head, "\n")
			slices.Sort(lines[1:])
			heads = append(heads, fmt.Sprint(r.Line), strings.Join(lines, "\n"))
		},
	})
	url := strings.Replace(site.URL, "http://", "http://user:secret@", 1) + "/a?b"
	page := ask(t, c, fetch.Request{URL: url, Line: 7, Extra: &fetch.Extra{Header: []fetch.Field{{Name: "Y-Key", Value: "secret"}}}})
	wantBody(t, page, "ok")
	want := []string{
		"7", "GET /a?b\nAccept-Encoding: gzip, deflate, br, zstd\nAccept: */*\nAuthorization: ***\nCookie: ***\nHost: " + strings.TrimPrefix(site.URL, "http://") +
			"\nUser-Agent: " + fetch.DefaultUserAgent + "\nX-Key: ***\nY-Key: ***",
		"7", "HTTP/1.1 200\nContent-Length: 2\nContent-Type: text/plain; charset=utf-8\nSet-Cookie: ***\nX-Color: red\\u009b1m\\u202e",
	}
	if diff := cmp.Diff(want, heads); diff != "" {
		t.Errorf("heads (-want +got):\n%s", diff)
	}
}

// OnHead writes to terminals: nothing that a server sends may steer one.
func TestHeadsHavePrintableCharactersOnly(t *testing.T) {
	for value, want := range map[string]string{
		"a\x9b31mz\xff":            `a\x9b31mz\xff`, // no UTF-8: the first would be CSI to some terminals
		"\xc2":                     `\xc2`,
		"red\u009b1m":              `red\u009b1m`, // C1
		"\u202e\u2066\u200f":       `\u202e\u2066\u200f`,
		"a\tb":                     `a\x09b`,
		"\u2028\U000e0001":         `\u2028\U000e0001`,
		"caf\u00e9 \uFFFD":         "caf\u00e9 \uFFFD",
		strings.Repeat("long", 99): strings.Repeat("long", 99),
	} {
		heads := make(chan string, 2)
		c := newClient(t, fetch.ClientOptions{OnHead: func(_ fetch.Request, head string) { heads <- head }})
		wantBody(t, get(t, c, answerRaw(t, []byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Odd: "+value+"\r\n\r\nok"))), "ok")
		<-heads // of the request
		if head := <-heads; !strings.HasSuffix(head, "\nX-Odd: "+want) && !strings.Contains(head, "\nX-Odd: "+want+"\n") {
			t.Errorf("X-Odd: %q is shown as %q, want %q", value, head, want)
		}
	}
}

func TestFieldsAreCheckedAsHTTPHasThem(t *testing.T) {
	for _, test := range []struct {
		field fetch.Field
		want  error
	}{
		{fetch.Field{Name: "X-1.a_b~!#$%&'*+^`|", Value: "\tany value, \x80 to \xff"}, nil},
		{fetch.Field{Name: "X"}, nil},
		{fetch.Field{}, fetch.ErrFieldName},
		{fetch.Field{Name: "X Y"}, fetch.ErrFieldName},
		{fetch.Field{Name: "X:"}, fetch.ErrFieldName},
		{fetch.Field{Name: "X\r\nY"}, fetch.ErrFieldName},
		{fetch.Field{Name: "\u00fc"}, fetch.ErrFieldName},
		{fetch.Field{Name: "X", Value: "secret\r\nY: 1"}, fetch.ErrFieldValue},
		{fetch.Field{Name: "X", Value: "secret\n"}, fetch.ErrFieldValue},
		{fetch.Field{Name: "X", Value: "secret\x00"}, fetch.ErrFieldValue},
		{fetch.Field{Name: "X", Value: "secret\x1b"}, fetch.ErrFieldValue},
		{fetch.Field{Name: "X", Value: "secret\x7f"}, fetch.ErrFieldValue},
	} {
		err := test.field.Check()
		if !errors.Is(err, test.want) || err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v, want %v", test.field, err, test.want)
		}
	}
}

func TestMethodsAreCheckedAsHTTPHasThem(t *testing.T) {
	for method, want := range map[string]bool{
		"GET": true, "HEAD": true, "POST": true, "PROPFIND": true, "get": true, "M-SEARCH": true,
		"": false, "GET /": false, "GET\r\n": false, "G\u00c9T": false, "CONNECT": false, "connect": false, "Connect": false,
	} {
		if err := fetch.CheckMethod(method); (err == nil) != want {
			t.Errorf("CheckMethod(%q): %v", method, err)
		}
	}
}

func TestNonsenseOptionsAreRefused(t *testing.T) {
	for _, test := range []struct {
		opts fetch.ClientOptions
		want string
	}{
		{fetch.ClientOptions{MaxSize: -1}, "new client: a limit is negative"},
		{fetch.ClientOptions{HTTP: 7}, "new client: no version of HTTP has the number 7"},
		{fetch.ClientOptions{UserAgent: "a\nb"}, `new client: header "User-Agent": a control character in its value`},
		{fetch.ClientOptions{Header: []fetch.Field{{Name: "a b", Value: "c"}}}, `new client: header "a b": not a field name`},
		{fetch.ClientOptions{Resolve: map[string]string{"a": "127.0.0.1"}}, `new client: resolve "a": want host:port`},
		{fetch.ClientOptions{Resolve: map[string]string{"a:80": "b"}}, `new client: resolve a:80: "b" is not an IP address`},
		{fetch.ClientOptions{Proxy: parse(t, "ftp://user:secret@a/")}, "new client: proxy: want http, https, socks5 or socks5h, and a host"},
		{fetch.ClientOptions{CACert: []byte("hello\n")}, "new client: CACert holds no certificate"},
	} {
		if _, err := fetch.NewClient(test.opts); err == nil || err.Error() != test.want {
			t.Errorf("NewClient: %v, want %s", err, test.want)
		}
	}
}

func TestVersionsHaveNames(t *testing.T) {
	for _, v := range []fetch.Version{fetch.Auto, fetch.HTTP1, fetch.HTTP2} {
		if got, err := fetch.ParseVersion(v.String()); err != nil || got != v {
			t.Errorf("ParseVersion(%q) = %v, %v", v, got, err)
		}
	}
	if _, err := fetch.ParseVersion("3"); err == nil || err.Error() != `"3" is not a version of HTTP: want auto, 1.1 or 2` {
		t.Errorf("ParseVersion(3): %v", err)
	}
}

// Whoever runs a server finds in his log what has asked, which robots.txt rules it would
// obey, and where to complain.
func TestTheUserAgentSaysWhoAsksAndWhereToComplain(t *testing.T) {
	if want := "trawl/" + fetch.Release + " (+" + fetch.Home + ")"; fetch.DefaultUserAgent != want {
		t.Errorf("the User-Agent is %q, want %q", fetch.DefaultUserAgent, want)
	}
	if home, err := url.Parse(fetch.Home); err != nil || home.Scheme != "https" || home.Host == "" {
		t.Errorf("%q (%v) is no place to complain", fetch.Home, err)
	}
}

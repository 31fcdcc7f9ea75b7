package fetch

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSecretsNeverCrossToAnotherOrigin(t *testing.T) {
	w := newWeb(t, nil)
	other := newWeb(t, func(*http.Request) string { return redirect(307, "http://a.example:"+w.port+"/back") })
	for name, away := range map[string]string{
		"host":                "http://b.example:PORT/away",
		"scheme":              "https://a.example:PORT/away",
		"port":                "http://127.0.0.1:OTHER/away",
		"its own credentials": "http://u:p@b.example:PORT/away",
	} {
		away = strings.NewReplacer("PORT", w.port, "OTHER", other.port).Replace(away)
		w.heads, other.heads = nil, nil
		w.answer = func(r *http.Request) string {
			switch r.URL.Path {
			case "/listed":
				return redirect(302, "/near")
			case "/near":
				return redirect(308, away)
			case "/away":
				return redirect(301, "http://a.example:"+w.port+"/back")
			}
			return arrived
		}
		opts := ClientOptions{Header: []Field{{"Authorization", "Bearer secret"}, {"Cookie", "secret=1"}, {"Host", "inner.example"}, {"Accept-Language", "de"}, {"X-Api-Key", "secret"}}}
		extra := &Extra{Header: []Field{{"Cookie", "secret=2"}, {"Proxy-Authorization", "secret"}, {"Accept", "text/html"}}}
		r, end := w.follow(t, opts, StageOptions{}, "http://user:secret@a.example:PORT/listed", extra)
		if end.Err != nil {
			t.Errorf("another %s: %v", name, end.Err)
			continue
		}
		listed := "http://user:secret@a.example:" + w.port
		if diff := cmp.Diff([]string{listed + "/listed", listed + "/near", away}, r.Redirects); diff != "" {
			t.Errorf("another %s: the chain (-want +got):\n%s", name, diff)
		}
		heads := append(slices.Clone(w.heads), other.heads...)
		if len(heads) != 4 {
			t.Errorf("another %s: %d requests, want 4: %q", name, len(heads), heads)
		}
		for _, head := range heads {
			got := watched(head, "Authorization", "Cookie", "Proxy-Authorization", "Accept", "Accept-Language")
			want := "\nAccept-Language: de\nAccept: text/html"
			near := strings.Contains(head, "/listed ") || strings.Contains(head, "/near ")
			if near {
				want = "\nAccept-Language: de\nAccept: text/html\nAuthorization: Bearer secret\nCookie: secret=2\nProxy-Authorization: secret"
			}
			if _, got, _ := strings.Cut(got, "\n"); "\n"+got != want {
				t.Errorf("another %s: sent %q, want %q", name, got, want)
			}
			if strings.Contains(head, "secret") != near || strings.Contains(head, "\r\nHost: inner.example") != near {
				t.Errorf("another %s: sent %q", name, head)
			}
		}
	}
}

func TestUserinfoIsForItsOriginOnly(t *testing.T) {
	w := newWeb(t, nil)
	for location, want := range map[string]string{
		"near":                               "Basic dTpw",
		"/near?x":                            "Basic dTpw",
		"http:near":                          "Basic dTpw",
		"http://a.example:PORT/near":         "Basic dTpw",
		"//a.example:PORT":                   "Basic dTpw",
		"http://v:q@a.example:PORT/near":     "Basic djpx",
		"//v@a.example:PORT/near":            "Basic djo=",
		"http://b.example:PORT/near":         "",
		"https://a.example:PORT/near":        "",
		"http://u:p@b.example:PORT/near":     "",
		"http://a.example@b.example:PORT/":   "",
		"http://b.example:PORT\\@a.example/": "",
	} {
		w.heads = nil
		w.answer = func(r *http.Request) string {
			if r.URL.Path == "/listed" {
				return redirect(302, strings.ReplaceAll(location, "PORT", w.port))
			}
			return arrived
		}
		_, end := w.follow(t, ClientOptions{}, StageOptions{}, "http://u:p@a.example:PORT/listed", nil)
		if end.Err != nil || len(w.heads) != 2 {
			t.Errorf("%s: %v, %q", location, end.Err, w.heads)
			continue
		}
		_, got, _ := strings.Cut(watched(w.heads[1], "Authorization"), "\nAuthorization: ")
		if got != want {
			t.Errorf("%s: authorization %q, want %q", location, got, want)
		}
	}
}

func TestRedirectChangesTheMethodAsRFC9110Has(t *testing.T) {
	w := newWeb(t, nil)
	for method, want := range map[string]string{ // of the hop after 301, 302, 303, 307 and 308
		"":       "GET GET GET GET GET",
		"HEAD":   "HEAD HEAD HEAD HEAD HEAD",
		"POST":   "GET GET GET POST POST",
		"PUT":    "PUT PUT GET PUT PUT",
		"DELETE": "DELETE DELETE GET DELETE DELETE",
	} {
		var got []string
		for _, status := range []int{301, 302, 303, 307, 308} {
			w.heads = nil
			w.answer = func(r *http.Request) string {
				if r.URL.Path == "/listed" {
					return redirect(status, "/then")
				}
				return arrived
			}
			_, end := w.follow(t, ClientOptions{}, StageOptions{Method: method}, "http://a.example:PORT/listed", nil)
			if end.Err != nil || len(w.heads) != 2 {
				t.Fatalf("%s after %d: %v, %q", method, status, end.Err, w.heads)
			}
			then, _, _ := strings.Cut(strings.TrimPrefix(w.heads[1], "http "), " ")
			got = append(got, then)
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("after redirects of a %s: %s, want %s", method, got, want)
		}
	}
}

// sentLine is all that a request line may be.
var sentLine = regexp.MustCompile(`^https? GET /[!-~]* HTTP/1\.1\r\n`)

func TestALocationGetsNoFurtherThanARequestLine(t *testing.T) {
	long := strings.Repeat("x", 70_000)
	w := newWeb(t, nil)
	for location, want := range map[string]string{ // what is asked for then, or the class of the failure
		"/a b":                            "/a%20b",
		"/a\tb":                           "/ab",
		"/%0d%0aX-Injected:%201":          "/%0d%0aX-Injected:%201",
		"/a\r\nX-Injected: 1":             "/a", // the server's own second field
		"/caf\xe9?\xff":                   "/caf%E9?%FF",
		"/\u00fc\u202e":                   "/%C3%BC%E2%80%AE",
		"rel?q#f":                         "/rel?q",
		"?q":                              "/listed?q",
		"..\\.\\%2E/x":                    "/x",
		"///a.example:PORT//x":            "//x",
		"http:x":                          "/x",
		"/" + long[:60_000]:               "/" + long[:60_000],
		"/" + long:                        string(BadRedirect),
		"/" + strings.Repeat("\xff", 3e4): string(BadRedirect), // too long when escaped
		"":                                string(HTTPStatus),
		"file:///etc/passwd":              string(BadRedirect),
		"gopher://a.example/_x":           string(BadRedirect),
		"dict://a.example/d:x":            string(BadRedirect),
		"javascript:alert(1)":             string(BadRedirect),
		"data:text/html,x":                string(BadRedirect),
		"view-source:http://a.example/":   string(BadRedirect),
		"http://a.example:99999/":         string(BadRedirect),
		"http://a.example:PORT:80/":       string(BadRedirect),
		"http://[::1/":                    string(BadRedirect),
		"http://a.example%0d%0aX:1/":      string(BadRedirect),
		"http://a.example%00.b.example/":  string(BadRedirect),
		"#f":                              string(TooManyRedirects),
	} {
		w.heads = nil
		w.answer = func(r *http.Request) string {
			if r.URL.RequestURI() == "/listed" {
				return redirect(302, strings.ReplaceAll(location, "PORT", w.port))
			}
			return arrived
		}
		_, end := w.follow(t, ClientOptions{}, StageOptions{}, "http://a.example:PORT/listed", nil)
		got := ""
		if end.Err != nil {
			got = string(end.Err.Class)
		} else if len(w.heads) == 2 {
			_, got, _ = strings.Cut(w.heads[1], " GET ")
			got, _, _ = strings.Cut(got, " ")
		}
		if got != want {
			t.Errorf("Location %.60q: %.60q, want %.60q (%v)", location, got, want, end.Err)
		}
		checkHeads(t, location, w)
	}
}

func TestABrokenLocationInjectsNothing(t *testing.T) {
	w := newWeb(t, nil)
	for _, location := range []string{
		"/a\rX-Injected: 1", "/a\r\r\nX: 1", "/a\x00b", "/a\x01b", "/a\x7f", "/a\x1b[31m", "\x0b/a", "/a\n X-Injected: 1", "/\xe2\x80\xa8X-Injected: 1",
		"http://a.example:PORT\r/a", "http://a.example:PORT\x00/a", "/" + strings.Repeat("a\r", 1000), strings.Repeat("/x", 1<<20),
	} {
		w.heads = nil
		w.answer = func(r *http.Request) string {
			if r.URL.Path == "/listed" {
				return redirect(302, strings.ReplaceAll(location, "PORT", w.port))
			}
			return arrived
		}
		_, end := w.follow(t, ClientOptions{}, StageOptions{}, "http://a.example:PORT/listed", nil)
		if end.Err != nil && (len(w.heads) != 1 || end.Err.Class != BadRedirect && end.Err.Class != Protocol && end.Err.Class != TooLarge) {
			t.Errorf("Location %.60q: %v after %d requests", location, end.Err, len(w.heads))
		}
		checkHeads(t, location, w)
	}
}

// checkHeads holds that nothing but a request was sent to the host it was for.
func checkHeads(t *testing.T, location string, w *web) {
	t.Helper()
	for _, head := range w.heads {
		if !sentLine.MatchString(head) || strings.Count(head, "\r\nHost: a.example:"+w.port+"\r\n") != 1 || strings.Contains(strings.ToLower(head), "\nx-injected") || strings.Contains(head, "\nX: ") {
			t.Errorf("Location %.60q: sent %.300q", location, head)
		}
	}
}

func TestARedirectThatGrowsEnds(t *testing.T) {
	w := newWeb(t, func(r *http.Request) string { return redirect(302, r.URL.Path+strings.Repeat("x", 10_000)) })
	r, end := w.follow(t, ClientOptions{}, StageOptions{MaxRedirects: 1000}, "http://a.example:PORT/", nil)
	if end.Err == nil || end.Err.Class != BadRedirect || end.Err.Detail != "redirect to a URL over 64 KiB" || len(r.Redirects) != 6 {
		t.Errorf("%v after %d redirects", end.Err, len(r.Redirects))
	}
	if len(w.heads) != 7 {
		t.Errorf("%d requests, want 7", len(w.heads))
	}
}

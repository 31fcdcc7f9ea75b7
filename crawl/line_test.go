package crawl

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"trawl/fetch"
)

func TestAJSONLineSaysMoreThanItsURL(t *testing.T) {
	for line, want := range map[string]fetch.Request{
		`{"url":"https://a.example/x y"}`: {
			Asked: "https://a.example/x%20y", URL: "https://a.example/x%20y", Host: "a.example"},
		`{ "id" : [1,{"url":"no"}], "url" : "https:\/\/a.example\/", "URL":"https://no.example/", "Timeout":"never" }`: {
			Asked: "https://a.example/", URL: "https://a.example/", Host: "a.example"},
		`{"url":"https://a.example/","headers":null,"timeout":null,"meta":null,"class":null}`: {
			Asked: "https://a.example/", URL: "https://a.example/", Host: "a.example"},
		`{"url":"https://a.example/","headers":{"X-B":"2","Accept":"a, b","x-b":"\u00e9"},"timeout":1.5,"meta": {"id" :77,"x":[ ]} }`: {
			Asked: "https://a.example/", URL: "https://a.example/", Host: "a.example",
			Extra: &fetch.Extra{
				Header:  []fetch.Field{{Name: "X-B", Value: "2"}, {Name: "Accept", Value: "a, b"}, {Name: "x-b", Value: "é"}},
				Timeout: 1500 * time.Millisecond,
				Meta:    json.RawMessage(`{"id" :77,"x":[ ]}`),
			}},
		`{"url":"https://no.example/","url":"https://a.example:81/","timeout":"2m"}`: {
			Asked: "https://a.example:81/", URL: "https://a.example:81/", Host: "a.example:81",
			Extra: &fetch.Extra{Timeout: 2 * time.Minute}},
	} {
		r, err := parseLine([]byte(line), false)
		if diff := cmp.Diff(want, r); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", line, err, diff)
		}
	}
}

func TestABrokenJSONLineIsABadURL(t *testing.T) {
	for line, want := range map[string]string{
		`{`:                              "not a JSON object",
		`{}`:                             `no "url" in the object`,
		`{"url":""}`:                     `no "url" in the object`,
		`{"url":null}`:                   `no "url" in the object`,
		`{"url":"https://a.example/"`:    "not a JSON object",
		`{"url":"https://a.example/"} x`: "not a JSON object",
		`{"url":"https://a.example/"}{}`: "not a JSON object",
		`{"url":"https://a.example/",}`:  "not a JSON object",
		`{'url':'https://a.example/'}`:   "not a JSON object",
		`{"url":["https://a.example/"]}`: `"url" is not a string`,
		`{"url":"https://a.example/","headers":[]}`:                        `"headers" is not an object`,
		`{"url":"https://a.example/","headers":{"A":1}}`:                   `"headers" has a value that is not a string`,
		`{"url":"https://a.example/","headers":{"A":"b\r\nC: d"}}`:         `"headers" has a name or value that HTTP does not allow`,
		`{"url":"https://a.example/","headers":{"A":"\u0000"}}`:            `"headers" has a name or value that HTTP does not allow`,
		`{"url":"https://a.example/","headers":{"A B":"c"}}`:               `"headers" has a name or value that HTTP does not allow`,
		`{"url":"https://a.example/","headers":{"":"c"}}`:                  `"headers" has a name or value that HTTP does not allow`,
		`{"url":"https://a.example/","timeout":"30x"}`:                     `"timeout" is not a duration`,
		`{"url":"https://a.example/","timeout":0}`:                         `"timeout" is not a duration`,
		`{"url":"https://a.example/","timeout":-1}`:                        `"timeout" is not a duration`,
		`{"url":"https://a.example/","timeout":true}`:                      `"timeout" is not a duration`,
		`{"url":"https://a.example/","meta":"x"}`:                          `"meta" is not an object`,
		"{\"url\":\"https://a.example/\",\"meta\":{\"x\":\"\xff\"}}":       "not valid UTF-8",
		`{"url":"https://a.example/","meta":` + strings.Repeat("[", 60000): "not a JSON object",
	} {
		r, err := parseLine([]byte(line), false)
		bad, ok := errors.AsType[*fetch.Error](err)
		if !ok || bad.Class != fetch.BadURL || bad.Detail != want {
			t.Errorf("%.99s: %v, want %q", line, err, want)
		}
		if asked := fetch.Printable(line); r.Asked != asked || r.URL != "" {
			t.Errorf("%.99s: asked %q, want the line", line, r.Asked)
		}
	}
}

func TestABadURLInAJSONLineIsShownByItself(t *testing.T) {
	for line, want := range map[string]string{
		`{"url":"htp:/example.com","meta":{"id":1}}`: "htp:/example.com",
		`{"url":"https://a.example/\u0000"}`:         `https://a.example/\x00`,
	} {
		r, err := parseLine([]byte(line), false)
		if err == nil || r.Asked != want {
			t.Errorf("%s: asked %q, %v, want %q", line, r.Asked, err, want)
		}
		if (r.Extra != nil) != strings.Contains(line, "meta") {
			t.Errorf("%s: extra %v", line, r.Extra)
		}
	}
}

func TestAnErrorsFileIsAListOfTheSameURLs(t *testing.T) {
	const text = `{"seq":902,"url":"https://slow.example.org/","status":0,"class":"timeout","error":"no answer within 10 s (waiting for headers)","retryable":true,"attempts":3,"time":"2026-11-22T09:25:11.310Z","source":"urls.txt:902","run":"20261122T092439Z-7f3a"}
{"seq":903,"url":"https://a.example/b\\c","status":404,"class":"http_status","error":"404","retryable":false,"attempts":1,"headers":{"Accept":"x"},"timeout":"1.5s","meta":{"id":9},"run":"r"}
{"seq":904,"url":"htp:/example.com","status":0,"class":"bad_url","error":"scheme htp is not http or https","run":"r"}
{"seq":905,"url":"https://a.example/\\x00","status":0,"class":"bad_url","error":"a control character in the URL","run":"r"}
{"seq":906,"url":"https://a.example/xxx…","status":0,"class":"bad_url","error":"longer than 64 KiB","run":"r"}
{"seq":907,"url":"https://mended.example/","status":0,"class":"bad_url","error":"not a URL","run":"r"}
`
	l := openList(t, ListOptions{}, strings.NewReader(text))
	var asked []string
	for {
		r, err := l.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			r.Asked += " is bad"
		}
		if r.Line == 2 && (r.Extra == nil || r.Extra.Timeout != 1500*time.Millisecond || len(r.Extra.Header) != 1 || string(r.Extra.Meta) != `{"id":9}`) {
			t.Errorf("line 2: %+v", r.Extra)
		}
		asked = append(asked, r.Asked)
	}
	same(t, asked,
		"https://slow.example.org/",
		`https://a.example/b\c`,
		"htp:/example.com is bad",
		`https://a.example/\x00 is bad`, // not the page /x00 of that host
		"https://a.example/xxx… is bad",
		"https://mended.example/")
}

// The grammar is that of ParseDuration: what --timeout refuses no line has either.
func TestATimeoutIsReadAsTheOption(t *testing.T) {
	for value, want := range map[string]time.Duration{
		`30`: 30 * time.Second, `0.25`: 250 * time.Millisecond, `"30"`: 30 * time.Second, `"500ms"`: 500 * time.Millisecond,
		`"1h7d"`: 169 * time.Hour, `"1d2d"`: 72 * time.Hour, `"36500d"`: 36500 * 24 * time.Hour,
		`1e3`: 0, `"1e3"`: 0, `"1_0"`: 0, `"0x1p4"`: 0, `"1\u03bcs"`: 0, `"36501d"`: 0, `"-1"`: 0, `"0"`: 0, `""`: 0,
	} {
		r, err := parseLine([]byte(`{"url":"https://a.example/","timeout":`+value+`}`), false)
		if want == 0 {
			if bad, ok := errors.AsType[*fetch.Error](err); !ok || bad.Detail != `"timeout" is not a duration` {
				t.Errorf("%s: %v, want no duration", value, err)
			}
			continue
		}
		if err != nil || r.Extra == nil || r.Extra.Timeout != want {
			t.Errorf("%s: %+v, %v, want %v", value, r.Extra, err, want)
		}
	}
}

func FuzzLine(f *testing.F) {
	for _, line := range []string{
		"https://a.example/", " https://A.example/b c\r\n", "# no", "\uFEFFhttps://a.example", "htp:/example.com\nhttps://b.example",
		`{"url":"https://a.example/","headers":{"A":"b"},"timeout":"1d","meta":{"x":[1]}}`, `{"url":1}`, "{", "\x1f\x8b\x08", "(\xb5/\xfd", "\x00\xff",
		`{"url":"http://a/\\x","class":"bad_url"}`,
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		l := openList(t, ListOptions{}, strings.NewReader(string(text)))
		for n := int64(1); ; n++ {
			r, err := l.Next()
			if err == io.EOF {
				return
			}
			if r.Index != n || r.File != Stdin || r.Line < n {
				t.Fatalf("%q: position %d at %s:%d, want %d", text, r.Index, r.File, r.Line, n)
			}
			if err == nil {
				checkRequest(t, r)
			} else if bad, ok := errors.AsType[*fetch.Error](err); !ok || bad.Class != fetch.BadURL || bad.Detail == "" || r.URL != "" {
				t.Fatalf("%q: %v of %+v", text, err, r)
			}
			if r.Asked == "" || !utf8.ValidString(r.Asked) || strings.ContainsFunc(r.Asked, func(c rune) bool { return !unicode.IsPrint(c) }) {
				t.Fatalf("%q: asked %q", text, r.Asked)
			}
			if err != nil && utf8.RuneCountInString(r.Asked) > 200 {
				t.Fatalf("%q: asked %q, which is too long", text, r.Asked)
			}
		}
	})
}

func checkRequest(t *testing.T, r fetch.Request) {
	t.Helper()
	if r.URL == "" || r.Host != fetch.HostOf(r.URL) || strings.ContainsFunc(r.Asked, func(c rune) bool { return c <= ' ' || c > '~' }) {
		t.Fatalf("%+v", r)
	}
	if r.Extra == nil {
		return
	}
	for _, h := range r.Extra.Header {
		if h.Name == "" || strings.ContainsAny(h.Name+h.Value, "\r\n\x00") {
			t.Fatalf("header %q", h)
		}
	}
	if r.Extra.Timeout < 0 || r.Extra.Meta != nil && !json.Valid(r.Extra.Meta) {
		t.Fatalf("%+v", r.Extra)
	}
}

// Time per byte must not grow with the line: compare /32KiB with /64KiB.
func BenchmarkHostileLine(b *testing.B) {
	for name, parts := range map[string][3]string{
		"fields":  {`{"url":"https://a.example/"`, `,"a":1`, `}`},
		"headers": {`{"url":"https://a.example/","headers":{"a":"b"`, `,"a":"b"`, `}}`},
		"arrays":  {`{"url":"https://a.example/","meta":`, `[`, ``},
		"objects": {`{"url":"https://a.example/","meta":{}`, `,"meta":{"a":{}}`, `}`},
		"escapes": {`{"url":"https://a.example/`, `\u202e`, `"}`},
		"text":    {`not a URL`, "\u202e", ``},
	} {
		for _, size := range []int{32 << 10, 64 << 10} {
			line := []byte(parts[0] + strings.Repeat(parts[1], (size-100)/len(parts[1])) + parts[2])
			b.Run(fmt.Sprintf("%s/%dKiB", name, size>>10), func(b *testing.B) {
				b.SetBytes(int64(len(line)))
				for b.Loop() {
					_, _ = parseLine(line, false)
				}
			})
		}
	}
}

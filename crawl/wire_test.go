package crawl

import (
	"encoding/json"
	"io/fs"
	"net/url"
	"reflect"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"trawl/fetch"
	"trawl/parse"
)

// whole has the test fail for a field that it leaves out: one that is new must travel
// too.
func whole(t *testing.T, v any) {
	t.Helper()
	for field, value := range reflect.ValueOf(v).Fields() {
		if field.IsExported() && value.IsZero() {
			t.Errorf("%T.%s is not tested", v, field.Name)
		}
	}
}

var (
	someTimes  = fetch.Timings{Start: time.Date(2026, 11, 22, 9, 24, 39, 121_000_001, time.UTC), Duration: 1, TTFB: 2, DNS: 3, Connect: 4, TLS: 5}
	someFields = []fetch.Field{{Name: "A", Value: "b\xff"}, {Name: "A", Value: ""}}
)

// someExchange has all that one may have, though not at once.
func someExchange() *fetch.Exchange {
	return &fetch.Exchange{
		URL: "http://a/", Start: someTimes.Start, IP: "::1", Truncated: "time", Chunked: true, Private: true,
		Request: "GET", Head: "HTTP", Body: []byte("body"), File: "exchange-1", Sizes: fetch.Sizes{Request: 3, Head: 4, Body: 5},
		AnswerSum: [32]byte{1, 2}, BodySum: [32]byte{31: 3}, Err: &fs.PathError{Op: "write", Path: "p", Err: syscall.ENOSPC},
	}
}

func TestAnExchangeTravels(t *testing.T) {
	for name, x := range map[string]*fetch.Exchange{
		"in memory": {Request: "GET", Head: "HTTP", Body: []byte("body"), Sizes: fetch.Sizes{Request: 3, Head: 4, Body: 4}},
		"no body":   {Request: "GET", Head: "HTTP", Sizes: fetch.Sizes{Request: 3, Head: 4}},
		"in a file": {File: "exchange-1", Sizes: fetch.Sizes{Request: 3, Head: 4, Body: 5 << 30}},
		"lost":      {Err: &fs.PathError{Op: "write", Path: "p", Err: syscall.ENOSPC}, Sizes: fetch.Sizes{Body: 5}},
	} {
		want := *x
		data, err := parsedCodec{}.Append(nil, Parsed{Answer: fetch.Answer{Exchange: x}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := parsedCodec{}.Decode(data)
		want.Start = want.Start.UTC()
		if diff := cmp.Diff(&want, got.Answer.Exchange, cmpopts.IgnoreUnexported(fetch.Exchange{})); diff != "" || err != nil {
			t.Errorf("%s: %v (-sent +received):\n%s", name, err, diff)
		}
	}
	for name, x := range map[string]*fetch.Exchange{
		"a body that is shorter": {Request: "GET", Sizes: fetch.Sizes{Request: 4}},
		"less than nothing":      {File: "f", Sizes: fetch.Sizes{Request: -1}},
		"a file and bytes":       {File: "f", Request: "GET", Sizes: fetch.Sizes{Request: 3}},
	} {
		data, err := parsedCodec{}.Append(nil, Parsed{Answer: fetch.Answer{Exchange: x}})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := (parsedCodec{}).Decode(data); err == nil {
			t.Errorf("%s: decoded as %+v", name, got.Answer.Exchange)
		}
	}
}

func TestWhatAWorkerMakesOfAPageTravelsWhole(t *testing.T) {
	fail := &fetch.Error{URL: "http://a/", Class: fetch.HTTPStatus, Detail: "http 404", Status: 404, Limit: time.Second}
	sent := Parsed{
		Answer: fetch.Answer{Status: 301, Location: "/caf\xe9", RetryAfter: time.Hour, ETag: `"a"`, LastModified: "Sun", NotModified: true, Quota: time.Minute, Robots: []byte("User-agent: *\r\n"), Unreached: true, Unheard: true, Err: fail, Exchange: someExchange(), Timings: someTimes},
		Record: parse.Record{
			Seq: 1, Index: 2, URL: "http://a/", FinalURL: "http://b/", Redirects: []string{"http://c/"}, Status: 200,
			HasSize: true, Size: 2, HasBody: true, Bytes: 3, WireBytes: 4, ContentType: "text/html", Title: "日本", Proto: "HTTP/1.1", IP: "::1",
			ETag: `"a"`, LastModified: "Sun", SHA256: "00", Fingerprint: [16]byte{15: 1}, Timings: someTimes, Attempts: 1, Tried: []int{500}, Waited: 5, Class: fetch.Timeout, Error: "e", Retryable: true,
			Limit: 6, Meta: json.RawMessage(`{"a":1}`), Data: json.RawMessage(`{"b":["\u0000"]}`), Skipped: "s", File: "f", Line: 7, ListSum: 9, Header: someFields, Timeout: 8,
			Exchanges: []*fetch.Exchange{{}}, Change: parse.New, Known: &fetch.Known{Bytes: 1}, Before: &fetch.Known{Bytes: 2},
		},
		Heads: []string{"GET / HTTP/1.1\nHost: a", "HTTP/1.1 200"},
	}
	whole(t, sent)
	whole(t, sent.Answer)
	whole(t, sent.Record)
	whole(t, someTimes)
	whole(t, *fail)
	want := sent
	want.Answer.Exchange = someExchange()
	whole(t, *want.Answer.Exchange)
	fill(&want.Record, &fetch.Request{}, fetch.Ending{}) // which sets it again, and so need not come
	if want.Record.Seq != 0 || want.Record.Title == "" {
		t.Errorf("fill leaves of a record: %+v", want.Record)
	}
	var codec parsedCodec
	for _, test := range []struct{ sent, want Parsed }{{sent, want}, {}} {
		data, err := codec.Append(nil, test.sent)
		if err != nil {
			t.Fatal(err)
		}
		got, err := codec.Decode(data)
		if diff := cmp.Diff(test.want, got, cmpopts.IgnoreUnexported(fetch.Exchange{})); diff != "" || err != nil {
			t.Errorf("%v (-sent +received):\n%s", err, diff)
		}
	}
}

func TestAWorkerHasTheRunsSetup(t *testing.T) {
	accept, err := fetch.ParseStatusSet("200-299,404")
	if err != nil {
		t.Fatal(err)
	}
	selector, err := parse.ParseSelector("links=a@href")
	if err != nil {
		t.Fatal(err)
	}
	opts := Options{
		Stage: fetch.StageOptions{Concurrency: 7},
		Client: fetch.ClientOptions{
			UserAgent: "me", Header: someFields, Proxy: &url.URL{Scheme: "http", User: url.UserPassword("u", "p@ss/ä"), Host: "proxy:3128"},
			ConnectTimeout: 1, MaxSize: 2, Accept: accept, Follow: true, HTTP: fetch.HTTP2, Insecure: true, CACert: []byte("PEM"),
			Resolve: map[string]string{"a:80": "127.0.0.1"}, NameServer: "127.0.0.1:53", DenyPrivate: true, Connections: 10, HostConnections: 4, BodyMemory: 5 << 20, Capture: fetch.NewSpool("spool", 0), OnHead: func(fetch.Request, string) {},
		},
		Parse:     parse.Options{Header: true, Title: true, Digest: true, Fingerprint: true, Select: []parse.Selector{selector}},
		Processes: &ProcessOptions{Processes: 2},
	}
	whole(t, opts.Client)
	whole(t, opts.Parse)
	mine := setupOf(opts)
	mine.Means = mine.Means.among(opts.Processes)
	data, err := setupCodec.Append(nil, mine)
	if err != nil {
		t.Fatal(err)
	}
	s, err := setupCodec.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if s.Means.Concurrency != 7 || !s.Heads {
		t.Errorf("%d jobs at once, heads %v; want 7 and heads", s.Means.Concurrency, s.Heads)
	}
	client, err := s.client()
	want := opts.Client
	want.OnHead, want.Connections = nil, 5 // shared out
	plain := cmp.Options{cmp.AllowUnexported(fetch.StatusSet{}), cmp.Comparer(func(a, b fetch.StatusSet) bool { return a.String() == b.String() }), cmp.AllowUnexported(url.Userinfo{}), cmp.Comparer(func(a, b *fetch.Spool) bool { return a.Dir() == b.Dir() })}
	if diff := cmp.Diff(want, client, plain); diff != "" || err != nil {
		t.Errorf("%v, the client's (-run +worker):\n%s", err, diff)
	}
	parser, err := s.parse()
	if diff := cmp.Diff(opts.Parse, parser, cmpopts.IgnoreFields(parse.Options{}, "Select")); diff != "" || err != nil {
		t.Errorf("%v, the parser's (-run +worker):\n%s", err, diff)
	}
	if len(parser.Select) != 1 || parser.Select[0].String() != selector.String() {
		t.Errorf("selectors %v, want %v", parser.Select, selector)
	}
}

// Bodies may take a quarter of what a worker may have.
func TestBodiesLeaveRoomInAWorker(t *testing.T) {
	for _, test := range []struct{ memory, bodies, want int64 }{
		{0, 0, fetch.DefaultBodyMemory}, {512 << 20, 0, 64 << 20}, {64 << 20, 0, 16 << 20}, {64 << 20, 1 << 20, 1 << 20}, {0, 1 << 30, 1 << 30},
	} {
		opts := Options{Client: fetch.ClientOptions{BodyMemory: test.bodies}, Processes: &ProcessOptions{Memory: test.memory}}
		if got := setupOf(opts).Means.among(opts.Processes).BodyMemory; got != test.want {
			t.Errorf("%d bytes a worker, %d of bodies: %d, want %d", test.memory, test.bodies, got, test.want)
		}
	}
}

func TestOnlyWhatGetPageNeedsGoesToAWorker(t *testing.T) {
	r := fetch.Request{
		Position: fetch.Position{Source: 1, Index: 2, Seq: 3}, Asked: "asked", URL: "http://a/", Host: "a", File: "f", Line: 3, Method: "HEAD",
		Timeout: 4, Foreign: true, Once: true, Fresh: true, Extra: &fetch.Extra{Header: someFields, Timeout: 5, Meta: json.RawMessage("{}")},
		Attempt: 6, Tried: []int{500}, Started: time.Now(), Spent: 7, Redirects: []string{"b"}, Waited: 8, ListSum: 9, Exchanges: []*fetch.Exchange{{}}, Robots: true,
		Known: &fetch.Known{URL: "http://a/", ETag: `"e"`, LastModified: "Sun", Bytes: 10},
	}
	elsewhere := fetch.Request{URL: "http://b/", Known: r.Known}
	whole(t, r)
	coordinator, worker := new(hopCodec), new(hopCodec)
	for i, test := range []struct{ sent, want fetch.Request }{
		{r, fetch.Request{
			URL: "http://a/", Method: "HEAD", Timeout: 4, Foreign: true, Once: true, Fresh: true, Spent: 7, Robots: true, Extra: &fetch.Extra{Header: someFields},
			Known: &fetch.Known{URL: "http://a/", ETag: `"e"`, LastModified: "Sun"},
		}},
		{elsewhere, fetch.Request{URL: "http://b/"}},
		{fetch.Request{URL: "http://b/"}, fetch.Request{URL: "http://b/"}},
	} {
		data, err := coordinator.Append([]byte("x"), test.sent)
		if err != nil {
			t.Fatal(err)
		}
		got, err := worker.Decode(data[1:])
		test.want.Index = int64(i + 1) // its own numbers
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
	if _, err := worker.Decode([]byte("none")); err == nil {
		t.Error("what is no request was taken for one")
	}
}

// What a worker that has run wild sends is a page or an error, never a panic, and
// costs no more memory than it has bytes.
func FuzzWhatAWorkerSends(f *testing.F) {
	var codec parsedCodec
	fail := &fetch.Error{URL: "http://a/", Class: fetch.DNS}
	for _, p := range []Parsed{{}, {Answer: fetch.Answer{Exchange: someExchange()}}, {Answer: fetch.Answer{Status: 200, Err: fail}, Heads: []string{"a"}, Record: parse.Record{Header: someFields, Data: json.RawMessage("{}")}}} {
		data, err := codec.Append(nil, p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(data[:len(data)/2])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := codec.Decode(data)
		if err != nil {
			return
		}
		again, err := codec.Append(nil, got)
		if err != nil {
			t.Fatal(err)
		}
		if got, err = codec.Decode(data); err != nil { // the other one was handed over
			t.Fatal(err)
		}
		twice, err := codec.Decode(again)
		if diff := cmp.Diff(got, twice, cmpopts.IgnoreUnexported(fetch.Exchange{})); diff != "" || err != nil {
			t.Errorf("%v (-once +twice):\n%s", err, diff)
		}
	})
}

// BenchmarkWire is what the way to a worker process and back costs in encoding.
func BenchmarkWire(b *testing.B) {
	var codec parsedCodec
	out := Parsed{
		Answer: fetch.Answer{Status: 200, Timings: someTimes},
		Record: parse.Record{Status: 200, HasSize: true, Size: 2, HasBody: true, Bytes: 3, WireBytes: 4, ContentType: "text/html; charset=utf-8", Title: "A page", Proto: "HTTP/1.1", IP: "127.0.0.1", SHA256: string(make([]byte, 64)), Timings: someTimes},
	}
	r := fetch.Request{URL: "http://example.com/a/page/of/usual/length", Timeout: 30 * time.Second}
	h := new(hopCodec)
	b.ReportAllocs()
	var data []byte
	for b.Loop() {
		data, _ = h.Append(data[:0], r)
		if _, err := h.Decode(data); err != nil {
			b.Fatal(err)
		}
		data, _ = codec.Append(data[:0], out)
		if _, err := codec.Decode(data); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(data)), "bytes")
}

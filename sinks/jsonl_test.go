package sinks

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"trawl/fetch"
	"trawl/parse"
)

const testRun = "20261122T092439Z-7f3a"

// golden is a record with most of its fields, and its line.
func golden() (rec parse.Record, line string) {
	return parse.Record{
			Seq: 2, URL: "https://example.com/old", FinalURL: "https://example.com/new", Status: 200,
			HasSize: true, Size: 20417, HasBody: true, Bytes: 20533, WireBytes: 5120,
			ContentType: "text/html", Title: "New", Proto: "HTTP/2.0", IP: "192.0.2.10",
			SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
			Timings: fetch.Timings{
				Start:    time.Date(2026, 11, 22, 10, 24, 39, 121_999_999, time.FixedZone("CET", 3600)),
				Duration: 233500 * time.Microsecond, TTFB: 180250 * time.Microsecond,
			},
			Attempts: 2, Waited: 1043 * time.Millisecond, Change: parse.Changed,
			Meta: json.RawMessage(`{"id":77}`), Data: json.RawMessage(`{"h1":["New"]}`),
		},
		`{"seq":2,"url":"https://example.com/old","final_url":"https://example.com/new","status":200,"size":20417,"bytes":20533,"wire_bytes":5120,"content_type":"text/html","title":"New","time":"2026-11-22T09:24:39.121Z","duration_ms":233.5,"ttfb_ms":180.25,"attempts":2,"waited_ms":1043,"proto":"HTTP/2.0","ip":"192.0.2.10","sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","change":"changed","meta":{"id":77},"data":{"h1":["New"]},"run":"20261122T092439Z-7f3a"}` + "\n"
}

func checkLine(t *testing.T, encode encoder, rec parse.Record, want string) {
	t.Helper()
	if got := string(encode(nil, &rec)); got != want {
		t.Errorf("line (-want +got):\n%s", cmp.Diff(want, got))
	}
}

func TestJSONLLines(t *testing.T) {
	encode := newJSONL(testRun)
	rec, want := golden()
	checkLine(t, encode, rec, want)

	checkLine(t, encode, parse.Record{Seq: 1, URL: "http://a/", Attempts: 1},
		`{"seq":1,"url":"http://a/","status":0,"attempts":1,"run":"`+testRun+`"}`+"\n")

	checkLine(t, encode, parse.Record{
		Seq: 3, URL: "http://b/", FinalURL: "http://b/3", Redirects: []string{"http://b/1", "http://b/2"},
		Status: 503, HasSize: true, Size: 7, HasBody: true, Attempts: 3, ETag: `W/"x"`, LastModified: "Sun, 22 Nov 2026 09:24:39 GMT",
		Timings: fetch.Timings{DNS: time.Millisecond, Connect: 2500 * time.Microsecond, TLS: 1500 * time.Nanosecond},
		Class:   fetch.HTTPStatus, Error: "http 503", Retryable: true, Header: []fetch.Field{{Name: "Cookie", Value: "secret"}},
	}, `{"seq":3,"url":"http://b/","final_url":"http://b/3","redirects":["http://b/1","http://b/2"],"status":503,"bytes":0,"wire_bytes":0,`+
		`"dns_ms":1,"connect_ms":2.5,"tls_ms":0.002,"attempts":3,"etag":"W/\"x\"","last_modified":"Sun, 22 Nov 2026 09:24:39 GMT",`+
		`"class":"http_status","error":"http 503","retryable":true,"run":"`+testRun+`"}`+"\n")
}

func TestJSONLStrings(t *testing.T) {
	for in, want := range map[string]string{
		"<a href='x'>&\u2028\u2029é\U0001F600": "\"<a href='x'>&\u2028\u2029é\U0001F600\"",
		"\"\\\n\r\t\x00\x1f\x7f":               `"\"\\\n\r\t\u0000\u001f` + "\x7f\"",
		"a\xffb\xed\xa0\x80\xc3":               "\"a\uFFFDb\uFFFD\uFFFD\uFFFD\uFFFD\"",
		"\uFFFD":                               "\"\uFFFD\"",
		"":                                     `""`,
	} {
		if got := string(appendString(nil, in)); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}

func TestJSONLMilliseconds(t *testing.T) {
	encode := newJSONLOf(testRun, []string{"waited_ms"})
	for in, want := range map[time.Duration]string{
		0: "", -time.Second: "", 499: "", 500: "0.001", time.Microsecond: "0.001", 120 * time.Microsecond: "0.12",
		100 * time.Millisecond: "100", time.Hour: "3600000", 1<<63 - 1: "9223372036854.776",
		10*time.Millisecond + 10*time.Microsecond: "10.01",
	} {
		if want != "" {
			want = `{"waited_ms":` + want + "}\n"
		} else {
			want = "{}\n"
		}
		if got := string(encode(nil, &parse.Record{Waited: in})); got != want {
			t.Errorf("%d ns: got %q, want %q", in, got, want)
		}
	}
}

func TestJSONLRawStaysOneLine(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "null": "", " null\n": "",
		`{"a" : null}`:       `{"a" : null}`,
		"{\n\t\"a\":\r\n1 }": `{"a":1}`,
		"{\"a\":\"\xff\"}":   "{\"a\":\"\uFFFD\"}",
		`"<&>"`:              `"<&>"`,
		"{\n":                `"{"`,
		"{}\n{}":             `"{}\n{}"`,
		`{"a":1}}`:           `"{\"a\":1}}"`,
	} {
		if want != "" {
			want = `,"x":` + want
		}
		if got := string(appendRaw(nil, "x", json.RawMessage(in))); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// decoded is the line as another program reads it.
type decoded struct {
	Seq          int64           `json:"seq"`
	URL          string          `json:"url"`
	FinalURL     string          `json:"final_url"`
	Redirects    []string        `json:"redirects"`
	Status       int             `json:"status"`
	Size         *int64          `json:"size"`
	Bytes        *int64          `json:"bytes"`
	WireBytes    *int64          `json:"wire_bytes"`
	ContentType  string          `json:"content_type"`
	Title        string          `json:"title"`
	Time         *time.Time      `json:"time"`
	DurationMS   float64         `json:"duration_ms"`
	TTFBMS       float64         `json:"ttfb_ms"`
	DNSMS        float64         `json:"dns_ms"`
	ConnectMS    float64         `json:"connect_ms"`
	TLSMS        float64         `json:"tls_ms"`
	Attempts     int             `json:"attempts"`
	WaitedMS     float64         `json:"waited_ms"`
	Proto        string          `json:"proto"`
	IP           string          `json:"ip"`
	ETag         string          `json:"etag"`
	LastModified string          `json:"last_modified"`
	SHA256       string          `json:"sha256"`
	Class        string          `json:"class"`
	Error        string          `json:"error"`
	Retryable    *bool           `json:"retryable"`
	Meta         json.RawMessage `json:"meta"`
	Data         json.RawMessage `json:"data"`
	Run          string          `json:"run"`
}

// wanted is what a reader must find of a record with these strings.
func wanted(rec parse.Record) decoded {
	utf := func(s string) string {
		return strings.Map(func(r rune) rune { return r }, s) // a byte that is no UTF-8 becomes U+FFFD
	}
	ms := func(d time.Duration) float64 {
		return float64(max(d.Round(time.Microsecond).Microseconds(), 0)) / 1000
	}
	d := decoded{
		Seq: rec.Seq, URL: utf(rec.URL), FinalURL: utf(rec.FinalURL), Status: rec.Status,
		ContentType: utf(rec.ContentType), Title: utf(rec.Title), Proto: utf(rec.Proto), IP: utf(rec.IP),
		ETag: utf(rec.ETag), LastModified: utf(rec.LastModified), SHA256: utf(rec.SHA256),
		DurationMS: ms(rec.Duration), TTFBMS: ms(rec.TTFB), DNSMS: ms(rec.DNS), ConnectMS: ms(rec.Connect), TLSMS: ms(rec.TLS),
		Attempts: rec.Attempts, WaitedMS: ms(rec.Waited), Class: utf(string(rec.Class)), Run: testRun,
	}
	for _, r := range rec.Redirects {
		d.Redirects = append(d.Redirects, utf(r))
	}
	if rec.Class == "" && rec.HasSize {
		d.Size = &rec.Size
	}
	if rec.HasBody {
		d.Bytes, d.WireBytes = &rec.Bytes, &rec.WireBytes
	}
	if !rec.Start.IsZero() {
		start := rec.Start.UTC().Truncate(time.Millisecond)
		d.Time = &start
	}
	if rec.Class != "" {
		d.Error, d.Retryable = utf(rec.Error), &rec.Retryable
		if rec.Error == "" {
			d.Error = d.Class
		}
	}
	return d
}

func FuzzJSONL(f *testing.F) {
	f.Add("https://example.com/", "title \u2028 <b>", "x\xff\x00\"\\", "a\nb", `{"id": 1}`, int64(7), int64(1_500_000), uint64(1795339533_123), byte(15))
	f.Add("", "", "", "", "null", int64(-1), int64(-1), uint64(0), byte(0))
	f.Add("\r\n", "\u0085", "\xed\xa0\x80", "\ufffd", "{\n}", int64(1)<<62, int64(1)<<62, uint64(1), byte(5))
	encode := newJSONL(testRun)
	f.Fuzz(func(t *testing.T, a, b, c, d, raw string, n, ns int64, unixMS uint64, flags byte) {
		ns %= 1 << 62 // Duration.Round, with which it is compared, ends before the largest
		rec := parse.Record{
			Seq: n, URL: a, FinalURL: b, Status: int(n), HasSize: flags&1 != 0, Size: n + 1, HasBody: flags&2 != 0, Bytes: n, WireBytes: n / 2,
			ContentType: c, Title: d, Proto: a, IP: b, ETag: c, LastModified: d, SHA256: a, Attempts: int(n), Waited: time.Duration(ns) / 7,
			Timings: fetch.Timings{Duration: time.Duration(ns), TTFB: time.Duration(ns / 2), DNS: time.Duration(ns / 3), Connect: time.Duration(ns % 5e9), TLS: 1},
			Meta:    json.RawMessage(raw),
		}
		if flags&4 != 0 {
			rec.Class, rec.Error, rec.Retryable = fetch.Class(c), b, flags&8 != 0
		} else {
			rec.Redirects, rec.Data = []string{a, b}, json.RawMessage(raw)
		}
		if unixMS != 0 {
			rec.Start = time.UnixMilli(int64(unixMS % 253402300799_999)) // the year 9999
		}
		line := encode(nil, &rec)
		checkJSONLine(t, line)
		var got decoded
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		checkRaw(t, raw, got.Meta)
		got.Meta, got.Data = nil, nil
		if diff := cmp.Diff(wanted(rec), got); diff != "" {
			t.Errorf("record and what is read (-want +got):\n%s\n%s", diff, line)
		}
	})
}

// checkJSONLine checks what holds for each line of JSON that is ever written.
func checkJSONLine(t *testing.T, line []byte) {
	t.Helper()
	if !json.Valid(line) || !utf8.Valid(line) {
		t.Fatalf("no JSON in UTF-8: %q", line)
	}
	if bytes.IndexByte(line, '\n') != len(line)-1 || bytes.IndexByte(line, '\r') >= 0 {
		t.Fatalf("not one line: %q", line)
	}
}

// checkRaw checks that JSON came through with its value.
func checkRaw(t *testing.T, raw string, got json.RawMessage) {
	t.Helper()
	var want, have any
	if json.Unmarshal([]byte(strings.ToValidUTF8(raw, "\uFFFD")), &want) != nil {
		want = strings.Trim(strings.ToValidUTF8(raw, "\uFFFD"), " \t\n\r")
	}
	if len(got) > 0 {
		if err := json.Unmarshal(got, &have); err != nil {
			t.Fatalf("%q: %v", got, err)
		}
	}
	if want == "" && have == nil {
		return // nothing but white space: no value
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("raw JSON %q became %q", raw, got)
	}
}

func TestEncodingDoesNotAllocate(t *testing.T) {
	rec, _ := golden()
	rec.Meta, rec.Data = nil, nil // checked by a scanner from a sync.Pool, which the race detector empties
	failure := rec
	failure.Class, failure.Error, failure.Timeout = fetch.Timeout, "no answer within 10 s", 0
	for name, encode := range map[string]encoder{"text": appendText, "jsonl": newJSONL(testRun), "csv": newCSV(testRun, nil), "errors": newErrorLine(testRun)} {
		buf := make([]byte, 0, 4096)
		if n := testing.AllocsPerRun(100, func() {
			buf = encode(buf[:0], &rec)
			buf = encode(buf, &failure)
		}); n != 0 {
			t.Errorf("%s: %v allocations a record, want none", name, n)
		}
	}
}

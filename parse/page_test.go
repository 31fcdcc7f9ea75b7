package parse

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"trawl/fetch"
)

func encoded(t testing.TB, enc encoding.Encoding, s string) []byte {
	t.Helper()
	b, err := enc.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatalf("encode %q: %v", s, err)
	}
	return b
}

// png is one red pixel.
var png, _ = hex.DecodeString("89504e470d0a1a0a0000000d49484452000000010000000108020000009077" +
	"53de0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082")

func TestSizeIsPythonsLenOfTheText(t *testing.T) {
	const japaneseText = "<title>日本語</title>これは漢字です。ｱｲｳ"
	utf16 := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	for _, test := range []struct {
		name, contentType string
		body              []byte
		want              int64 // what Python says of the same text
	}{
		{"UTF-8", "text/html; charset=utf-8", []byte(japaneseText), 29},
		{"UTF-8 with a mark", "text/html; charset=utf-8", []byte("\uFEFF" + japaneseText), 29},
		{"UTF-8 with capitals", "TEXT/HTML;CHARSET=UTF-8", []byte(japaneseText), 29},
		{"UTF-8 not declared", "text/html", []byte(japaneseText), 29},
		{"beyond the basic plane", "text/plain; charset=utf-8", []byte("a😀é"), 3},
		{"Latin-1", "text/html; charset=iso-8859-1", encoded(t, charmap.ISO8859_1, "déjà vu"), 7},
		{"Latin-1 not declared", "text/html", encoded(t, charmap.ISO8859_1, "Un été à la plage, très agréable et déjà passé"), 46},
		{"Shift_JIS", "text/html; charset=Shift_JIS", encoded(t, japanese.ShiftJIS, japaneseText), 29},
		{"Shift_JIS in a meta", "text/html", encoded(t, japanese.ShiftJIS, "<meta charset=shift_jis>"+japaneseText), 24 + 29},
		{"EUC-JP", "text/html; charset=euc-jp", encoded(t, japanese.EUCJP, japaneseText), 29},
		{"ISO-2022-JP", "text/html; charset=iso-2022-jp", encoded(t, japanese.ISO2022JP, "<p>日本語</p>"), 10},
		{"ISO-2022-JP not declared", "text/html", encoded(t, japanese.ISO2022JP, "<p>日本語</p>"), 10},
		{"UTF-16 with a mark", "text/html", encoded(t, utf16, "a😀é"), 3},
		{"UTF-16LE in the header", "text/html; charset=utf-16", encoded(t, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "a😀é"), 3},
		{"UTF-16BE in the header", "text/html; charset=utf-16be", encoded(t, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), "a😀é"), 3},
		{"GBK", "text/html; charset=gbk", encoded(t, simplifiedchinese.GBK, "中文网页"), 4},
		{"GB18030 said to be GBK", "text/html; charset=gb2312", encoded(t, simplifiedchinese.GB18030, "中㧯文"), 3},
		{"XML that declares itself", "application/xml", []byte("<?xml version='1.0' encoding='iso-8859-1'?>\xe9"), 44},
		{"an encoding of no text", "text/html; charset=iso-2022-kr", []byte("any bytes"), 1},
		{"an unknown charset", "text/html; charset=klingon", []byte("é"), 1},
		{"a PNG", "image/png", png, int64(len(png))},
		{"a PNG without a type", "", png, int64(len(png))},
		{"bytes", "application/octet-stream", []byte("é"), 2},
		{"text without a type", "", []byte("é"), 1},
		{"JSON", "application/problem+json", []byte(`"é"`), 3},
		{"an SVG", "image/svg+xml", []byte("<svg>é</svg>"), 12},
		{"a feed", "application/rss+xml", []byte("<rss>é</rss>"), 12},
		{"a form", "application/x-www-form-urlencoded", []byte("é"), 1},
		{"empty", "text/html", nil, 0},
		{"empty without a type", "", nil, 0},
		{"a mark only", "text/html", []byte("\xEF\xBB\xBF"), 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			rec, err := ParsePage(&fetch.Page{ContentType: test.contentType, Body: test.body, HasBody: true}, Options{})
			if err != nil || !rec.HasSize || rec.Size != test.want {
				t.Errorf("size %d (%t), %v; want %d", rec.Size, rec.HasSize, err, test.want)
			}
		})
	}
}

func TestRecordHasWhatThePageHas(t *testing.T) {
	body := "<!doctype html><title> A\n <b>&amp; \u001bB</title><h1>x</h1>"
	digest := sha256.Sum256([]byte(body))
	timings := fetch.Timings{Start: time.Unix(1, 0), Duration: 5, TTFB: 4, DNS: 3, Connect: 2, TLS: 1}
	page := &fetch.Page{
		Answer: fetch.Answer{Status: 200, Timings: timings, ETag: "\"a\x07b\"", LastModified: "Sun\u202e"}, URL: "https://example.com/",
		Proto: "HTTP/2.0", IP: "192.0.2.1", ContentType: "text/html; charset=\x1butf-8",
		WireBytes: 40, Body: []byte(body), HasBody: true,
	}
	got, err := ParsePage(page, Options{Header: true, Title: true, Digest: true, Select: []Selector{mustSelector(t, "h=h1")}})
	want := Record{
		Status: 200, HasSize: true, Size: int64(len(body)), HasBody: true, Bytes: int64(len(body)), WireBytes: 40,
		ContentType: "text/html; charset=utf-8", Title: "A <b>& B", Proto: "HTTP/2.0", IP: "192.0.2.1",
		ETag: `"ab"`, LastModified: "Sun", SHA256: hex.EncodeToString(digest[:]), Timings: timings,
		Data: json.RawMessage(`{"h":["x"]}`),
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v, record (-want +got):\n%s", err, diff)
	}
}

func TestOnlyWhatIsAskedForIsTaken(t *testing.T) {
	page := htmlPage("<title>T</title><h1>x</h1>")
	got, err := ParsePage(page, Options{})
	want := Record{HasSize: true, Size: 26, HasBody: true, Bytes: 26}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v, record (-want +got):\n%s", err, diff)
	}
}

func TestPageWithoutBodyHasNoSize(t *testing.T) {
	got, err := ParsePage(&fetch.Page{Answer: fetch.Answer{Status: 204}}, Options{Title: true, Digest: true})
	if diff := cmp.Diff(Record{Status: 204}, got); diff != "" || err != nil {
		t.Errorf("error %v, record (-want +got):\n%s", err, diff)
	}
}

func TestFailureHasClassAndProseAndNoSize(t *testing.T) {
	page := &fetch.Page{
		Answer: fetch.Answer{Status: 503, Timings: fetch.Timings{Duration: 7}}, IP: "192.0.2.1", Proto: "HTTP/1.1",
		ContentType: "text/plain", Body: []byte("busy"), HasBody: true, WireBytes: 4,
	}
	got := Answered(page)
	got.Fail(&fetch.Error{Class: fetch.HTTPStatus, Detail: "http 503\x1b[31m", Status: 503})
	want := Record{
		Status: 503, HasBody: true, Bytes: 4, WireBytes: 4, ContentType: "text/plain", IP: "192.0.2.1", Proto: "HTTP/1.1",
		Timings: fetch.Timings{Duration: 7}, Class: fetch.HTTPStatus, Error: "http 503[31m",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	timeout := &fetch.Error{Class: fetch.Timeout, Detail: "no answer within 10 s (connecting)", Limit: 10 * time.Second}
	got = Answered(&fetch.Page{})
	if got.Fail(timeout); got.Limit != timeout.Limit || got.Error != timeout.Detail {
		t.Errorf("a timeout: limit %s, error %q", got.Limit, got.Error)
	}
}

func TestRecordOfAPageThatCannotBeSearchedIsWholeButForItsFields(t *testing.T) {
	page := htmlPage("<title>T</title>" + strings.Repeat("<div>", 1000))
	rec, err := ParsePage(page, Options{Title: true, Select: []Selector{mustSelector(t, "h=h1")}})
	if !errors.Is(err, errDeep) {
		t.Errorf("error %v, want %v", err, errDeep)
	}
	if rec.Size != 5016 || rec.Bytes != 5016 || rec.Title != "" || rec.Data != nil {
		t.Errorf("record %+v", rec)
	}
}

func TestRecordKeepsNothingOfTheBody(t *testing.T) {
	page := htmlPage("<title>title</title><a href=/there>text</a>")
	rec, err := ParsePage(page, Options{Title: true, Select: []Selector{mustSelector(t, "a=a"), mustSelector(t, "l=a@href")}})
	if err != nil {
		t.Fatal(err)
	}
	copy(page.Body, bytes.Repeat([]byte("!"), len(page.Body)))
	if rec.Title != "title" || string(rec.Data) != `{"a":["text"],"l":["https://example.com/there"]}` {
		t.Errorf("title %q, data %s", rec.Title, rec.Data)
	}
}

func TestCountingAUTF8PageAllocatesNothing(t *testing.T) {
	page := utf8Page(80_000)
	for _, contentType := range []string{"text/html; charset=utf-8", "text/html; charset=UTF-8", "text/html"} {
		page.ContentType = contentType
		if n := testing.AllocsPerRun(10, func() { ParsePage(page, Options{}) }); n != 0 {
			t.Errorf("%q: %v allocations", contentType, n)
		}
	}
}

func TestCleanLeavesTextAndTakesControlCharacters(t *testing.T) {
	for _, test := range []struct{ s, want string }{
		{"", ""},
		{"plain, ünï, 日本語 😀", "plain, ünï, 日本語 😀"},
		{"a\tb\r\nc", "a b  c"},
		{"\x00\x1b[2J\x7f\u0080\u009bx", "[2Jx"},
		{"a\u2028b\u2029c\u0085d", "a b cd"},
		{"\u061ca\u200eb\u200fc\u200dd\u200ce", "abc\u200dd\u200ce"},
		{"\u202aa\u202bb\u202cc\u202dd\u202ee\u2066f\u2067g\u2068h\u2069", "abcdefgh"},
		{"a\xffb\xc3", "a\uFFFDb\uFFFD"},
		{"\xc2\x9b\xe2\x80\xae", ""},
	} {
		if got := Clean(test.s); got != test.want {
			t.Errorf("Clean(%q) = %q, want %q", test.s, got, test.want)
		}
	}
}

package parse

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/transform"

	"trawl/fetch"
)

// checkCount holds all that count promises of one string of bytes: that it is what
// decoding all of it gives.
func checkCount(t testing.TB, b []byte) {
	t.Helper()
	for name := range legacies {
		checkCountOf(t, mustCharset(name), b)
	}
	checkCountOf(t, utf8Charset, b)
	if _, valid := utf8Charset.count(b); valid != utf8.Valid(b) {
		t.Fatalf("% x: valid %t", b, valid)
	}
	for order, cs := range map[binary.ByteOrder]charset{binary.LittleEndian: utf16LE, binary.BigEndian: utf16BE} {
		units := make([]uint16, len(b)/2) // the odd byte has a test of its own
		for i := range units {
			units[i] = order.Uint16(b[2*i:])
		}
		got, _ := cs.count(b[:2*len(units)])
		if want := int64(len(utf16.Decode(units))); got != want {
			t.Fatalf("%s: %x: %d characters, want %d", cs.name, units, got, want)
		}
	}
}

func checkCountOf(t testing.TB, cs charset, b []byte) {
	t.Helper()
	text, _, err := transform.Bytes(decoderOf(cs), b)
	if err != nil || !utf8.Valid(text) {
		t.Fatalf("%s: % x: %q, %v", cs.name, b, text, err)
	}
	if got, _ := cs.count(b); got != int64(utf8.RuneCount(text)) {
		t.Fatalf("%s: % x: %d characters, %d when decoded", cs.name, b, got, utf8.RuneCount(text))
	}
}

func TestCountOfRandomBytesIsThatOfADecoder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	alphabets := [][]byte{
		nil, // any byte
		[]byte("ab\x80\xbf\xc2\xdf\xe0\xa0\xed\x9f\xf0\x90\xf4\x8f\xff"),
		[]byte("\xef\xbf\xbd\xbbab"),
		[]byte("\xd8\xdc\x00a\xdf\xdb"),
		[]byte("\x1b$B(J0\x8e\x8f\xa1\xfe"),
	}
	for range 10_000 {
		alphabet := alphabets[r.IntN(len(alphabets))]
		b := make([]byte, r.IntN(40))
		for i := range b {
			if b[i] = byte(r.Uint32()); alphabet != nil {
				b[i] = alphabet[r.IntN(len(alphabet))]
			}
		}
		checkCount(t, b)
	}
}

func FuzzCount(f *testing.F) {
	f.Add([]byte("a\xff日本語 text with ascii"))
	f.Add([]byte("\xf0\x9f\x98\x80\xf0\x9f\xed\xa0\x80"))
	f.Add([]byte("\x1b$B\x24\x22\x1b(B"))
	f.Add([]byte("\x81\x30\x81\x30\x84\x31\xa4\x37"))
	f.Fuzz(func(t *testing.T, b []byte) { checkCount(t, b) })
}

func FuzzCharset(f *testing.F) {
	f.Add("text/html", []byte("<meta charset=big5>"))
	f.Add("text/html;charset=x", []byte("<!-- --><meta http-equiv='content-type' content='a;charset=gbk'>"))
	f.Add("application/xml", []byte("<?xml encoding='euc-jp'?>"))
	f.Add("", []byte("\xfe\xff\x00<"))
	f.Add("text/html", []byte("<!--"+strings.Repeat(" ", prescanned)+"--><script></script><meta charset=gbk>\xe9"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		m := parseContentType(contentType)
		k := kindOf(m.essence, body)
		cs, mark := findCharset(body, k, m.charset)
		again, ok := charsetOf([]byte(cs.name))
		if !ok || again != cs || mark > len(body) {
			t.Fatalf("encoding %q, mark of %d bytes", cs.name, mark)
		}
		if n, _ := cs.count(body[mark:]); n < 0 || n > int64(2*len(body)+1) {
			t.Fatalf("%d characters in %d bytes of %s", n, len(body), cs.name)
		}
	})
}

func FuzzParsePage(f *testing.F) {
	f.Add("text/html", []byte(shop))
	f.Add("text/html; charset=shift_jis", []byte("<title>\x93\xfa\x96{\x1b</title><a href='\x00x'>"))
	f.Add("application/xml", []byte("<?xml version='1.0'?><a href='y'>\xff</a>"))
	f.Add("text/html", []byte("<svg><title><a href=//x></title></svg><title>&#x202e;&#27;\x9b</title>"))
	f.Add("text/html", []byte("<table><b><tr><i><td></b><template><a><div><a>"))
	opts := Options{Header: true, Title: true, Digest: true}
	for _, s := range []string{"all=*", "links=a@href", "i=[src]@src", "x=div > a:not(b a) ~ p, title", "n=:nth-child(2n+1)@id"} {
		opts.Select = append(opts.Select, mustSelector(f, s))
	}
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		page := &fetch.Page{URL: "https://example.com/a/b", ContentType: contentType, Body: body, HasBody: true, Answer: fetch.Answer{ETag: contentType}}
		rec, err := ParsePage(page, opts)
		if err != nil && !errors.Is(err, errDeep) && !errors.Is(err, errData) {
			t.Fatalf("error %v", err)
		}
		for _, s := range []string{rec.Title, rec.ContentType, rec.ETag} {
			checkClean(t, s)
		}
		if len(rec.Title) > maxTitle || rec.Size < 0 || rec.Bytes != int64(len(body)) {
			t.Fatalf("record %+v", rec)
		}
		if rec.Data == nil {
			return
		}
		var data map[string][]string
		if err := json.Unmarshal(rec.Data, &data); err != nil || len(data) == 0 || !utf8.Valid(rec.Data) {
			t.Fatalf("data %q: %v", rec.Data, err)
		}
		for _, values := range data {
			for _, s := range values {
				checkClean(t, s)
			}
		}
	})
}

func checkClean(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) || strings.ContainsFunc(s, isControl) {
		t.Fatalf("a server's control characters: %q", s)
	}
}

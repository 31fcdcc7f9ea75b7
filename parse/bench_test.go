package parse

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"trawl/fetch"
)

// utf8Page is an article with its markup, a fifth of it not ASCII.
func utf8Page(size int) *fetch.Page {
	var b strings.Builder
	b.WriteString("<!doctype html><html><head><meta charset=utf-8><title>Größe – an article</title></head><body>\n")
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, `<div class="row"><h2 id="s%d">Überschrift %d</h2><p>Straßenbahn für <b>alle</b>: `, i, i)
		fmt.Fprintf(&b, `<a href="/artikel/%d?ref=start">Grüße aus Köln</a> – „kurz“ 日本語の文章。</p></div>`+"\n", i)
	}
	b.WriteString("</body></html>\n")
	page := htmlPage(b.String())
	page.ContentType = "text/html; charset=utf-8"
	return page
}

func BenchmarkCount(b *testing.B) {
	page := utf8Page(80_000).Body
	gbk, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(strings.Repeat("<p>中文网页的内容</p>", 4_000)))
	if err != nil {
		b.Fatal(err)
	}
	for _, bench := range []struct {
		charset string
		text    []byte
	}{
		{"utf-8", page},
		{"utf-8", []byte(strings.Repeat("ascii text, ", 6_667))},
		{"utf-8", append([]byte{0xFF}, page...)},
		{"gbk", gbk},
		{"utf-16le", page},
		{"windows-1252", page},
	} {
		cs := mustCharset(bench.charset)
		b.Run(fmt.Sprintf("charset=%s/start=%.4q", bench.charset, bench.text), func(b *testing.B) {
			b.SetBytes(int64(len(bench.text)))
			b.ReportAllocs()
			for b.Loop() {
				cs.count(bench.text)
			}
		})
	}
}

func BenchmarkParsePage(b *testing.B) {
	links, err := ParseSelector("links=div a@href")
	if err != nil {
		b.Fatal(err)
	}
	for _, bench := range []struct {
		name string
		opts Options
	}{
		{"size", Options{}},
		{"title", Options{Title: true}},
		{"digest", Options{Digest: true}},
		{"select", Options{Title: true, Select: []Selector{links}}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			page := utf8Page(80_000)
			b.SetBytes(int64(len(page.Body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ParsePage(page, bench.opts); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

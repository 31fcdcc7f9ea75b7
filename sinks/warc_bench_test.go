//go:build unix

package sinks

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"trawl/fetch"
	"trawl/parse"
)

// benchPages are answers as the web has them: text that compresses to about a quarter.
func benchPages(n, size int) []*fetch.Exchange {
	words := make([]string, 2000)
	for i := range words {
		b := make([]byte, 3+rand.IntN(8))
		for j := range b {
			b[j] = 'a' + byte(rand.IntN(26))
		}
		words[i] = string(b)
	}
	pages := make([]*fetch.Exchange, n)
	for i := range pages {
		var b strings.Builder
		for b.Len() < size {
			fmt.Fprintf(&b, "<p class=text>%s %s ", words[rand.IntN(len(words))], words[rand.IntN(len(words))])
		}
		pages[i] = exchanged(fmt.Sprintf("http://a/%d", i), b.String())
	}
	return pages
}

// BenchmarkWARC is an archive of pages of 30 kB in commits of 100, against the same bytes
// compressed, a gzip member for each answer and each request, written and synced as often.
//
//	go test -run '^$' -bench WARC -benchtime 9x ./sinks
func BenchmarkWARC(b *testing.B) {
	const batch, commits, size = 100, 5, 30_000
	pages := benchPages(batch, size)
	contest(b, batch*commits,
		func() { benchWARC(b, pages, commits) },
		func() { benchBareWARC(b, pages, commits) })
}

func benchWARC(b *testing.B, pages []*fetch.Exchange, commits int) {
	w, err := openWARC(system, warcOptions(b.TempDir()), nil)
	if err != nil {
		b.Fatal(err)
	}
	recs := make([]parse.Record, len(pages))
	copies := make([]fetch.Exchange, len(pages))
	for range commits {
		for i, x := range pages {
			copies[i] = *x
			recs[i].Exchanges = append(recs[i].Exchanges[:0], &copies[i])
		}
		if _, err := commitWARC(w, recs...); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.close(); err != nil {
		b.Fatal(err)
	}
}

func benchBareWARC(b *testing.B, pages []*fetch.Exchange, commits int) {
	f, err := os.Create(filepath.Join(b.TempDir(), "bare.gz"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	z := gzip.NewWriter(f)
	member := func(parts ...string) {
		z.Reset(f)
		for _, part := range parts {
			io.WriteString(z, part)
		}
		if err := z.Close(); err != nil {
			b.Fatal(err)
		}
	}
	for range commits {
		for _, x := range pages {
			member(x.Head, string(x.Body))
			member(x.Request)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
}

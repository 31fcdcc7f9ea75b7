package sinks

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"trawl/fetch"
	"trawl/parse"
)

// benchRecord is the n-th record of a run over many hosts: most are pages, some
// failures.
func benchRecord(n int) parse.Record {
	sum := sha256.Sum256(fmt.Append(nil, n))
	took := time.Duration(1000+n*7919%400_000) * time.Microsecond
	rec := parse.Record{
		Seq: int64(n), URL: fmt.Sprintf("https://www%d.example.com/articles/%d/%x.html", n%997, n%31, sum[:6]), Status: 200,
		HasSize: true, Size: int64(n*6151%90_000 + 300), HasBody: true, Bytes: int64(n*6151%90_000 + 411), WireBytes: int64(n * 6151 % 30_000),
		ContentType: "text/html; charset=utf-8", Title: fmt.Sprintf("Article %d — “all of it”, at last", n),
		Timings: fetch.Timings{
			Start:    time.UnixMilli(1795339533_123 + int64(n)*13),
			Duration: took, TTFB: took * 3 / 4, DNS: took / 9, Connect: took / 8, TLS: took / 7,
		},
		Attempts: 1, Waited: took / 3, Proto: "HTTP/1.1", IP: fmt.Sprintf("192.0.2.%d", n%251),
		ETag: fmt.Sprintf(`W/"%x"`, sum[6:12]), LastModified: "Sun, 22 Nov 2026 09:24:39 GMT", SHA256: hex.EncodeToString(sum[:]),
	}
	if n%20 == 0 {
		rec.Class, rec.Error, rec.Retryable, rec.Attempts = fetch.Timeout, "no answer within 10 s (waiting for headers)", true, 3
	}
	if n%4 == 0 {
		rec.Meta = json.RawMessage(fmt.Sprintf(`{"id":%d,"tags":["a","b"]}`, n))
	}
	return rec
}

// benchLines are the first n records as JSONL.
func benchLines(n int) (lines []byte) {
	encode := newJSONL(testRun)
	for i := range n {
		rec := benchRecord(i + 1)
		lines = encode(lines, &rec)
	}
	return lines
}

// batchesOf decodes lines into batches of the size that makeParquet has.
func batchesOf(tb testing.TB, lines []byte) (batches []*rowBatch) {
	tb.Helper()
	l := lineReader{r: bytes.NewReader(lines)}
	for end := error(nil); end == nil; {
		batch := newRowBatch()
		end = batch.fill(&l)
		if err := batch.decode(l.lines); err != nil {
			tb.Fatal(err)
		}
		l.lines += int64(batch.rows)
		batches = append(batches, batch)
	}
	return batches
}

package sinks

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"trawl/fetch"
	"trawl/parse"
	"trawl/sinks/warctest"
)

// answered is an exchange of another day, with another status.
func answered(url string, day, status int, body string) *fetch.Exchange {
	x := exchanged(url, body)
	x.Start = warcStart.AddDate(0, 0, day)
	x.Head = fmt.Sprintf("HTTP/1.1 %d %s\r\nETag: \"%d\"\r\n\r\n", status, http.StatusText(status), day)
	x.Sizes.Head = int64(len(x.Head))
	x.AnswerSum = sha256Of(x.Head + body)
	return x
}

func sha256Of(s string) [32]byte { return sha256.Sum256([]byte(s)) }

// knownOf is what is known of an answer that was archived.
func knownOf(x *fetch.Exchange) *fetch.Known {
	return &fetch.Known{URL: x.URL, Payload: x.BodySum, Time: x.Start.Truncate(time.Microsecond)}
}

// told is what an archive says in one line a record, but for requests.
func told(t *testing.T, records []warctest.Record) (lines []string) {
	t.Helper()
	for i, r := range records {
		if r.Type == "request" {
			if answer := records[i-1]; r.Fields["WARC-Concurrent-To"] != answer.Fields["WARC-Record-ID"] {
				t.Errorf("the request behind the %s of %s is not its own", answer.Type, answer.Fields["WARC-Target-URI"])
			}
			continue
		}
		var line strings.Builder
		line.WriteString(r.Type + " " + r.Fields["WARC-Target-URI"] + " " + r.Fields["WARC-Date"])
		for _, name := range []string{"WARC-Profile", "WARC-Refers-To-Target-URI", "WARC-Refers-To-Date", "WARC-Truncated"} {
			if value, ok := r.Fields[name]; ok {
				line.WriteString(" " + name + "=" + value[strings.LastIndexByte(value, '/')+1:])
			}
		}
		lines = append(lines, line.String()+" | "+strings.ReplaceAll(r.Block, "\r\n", "/"))
	}
	return lines
}

// An archive of several days has each page once, and says of each later visit what the
// server has answered.
func TestAnUnchangedPageIsARevisit(t *testing.T) {
	dir := t.TempDir()
	w := warcIn(t, dir, system, nil)
	first, other := answered("http://a/page", 0, 200, "text"), answered("http://a/zip", 0, 200, "zip 1")
	chunked := answered("http://a/chunked", 0, 200, "4\r\ntext\r\n0\r\n\r\n")
	chunked.Chunked, chunked.BodySum = true, sha256Of("text")
	page, zip, parts := knownOf(first), knownOf(other), knownOf(chunked)
	page.URL = "http://***@a/page#part" // the list's: exchanges have no user
	nowhere := *page
	nowhere.Payload = [32]byte{}
	unchanged := func(status int, before *fetch.Known, x ...*fetch.Exchange) parse.Record {
		return parse.Record{Status: status, Skipped: parse.Unchanged, Before: before, Exchanges: x, Data: []byte(`{"h":"x"}`)}
	}
	again := answered("http://a/chunked", 5, 200, "2\r\nte\r\n2\r\nxt\r\n0\r\n\r\n")
	again.Chunked, again.BodySum = true, sha256Of("text")
	for _, rec := range []parse.Record{
		{Status: 200, Change: parse.New, Exchanges: []*fetch.Exchange{first}},
		{Status: 200, Change: parse.New, Exchanges: []*fetch.Exchange{other}},
		{Status: 200, Change: parse.New, Exchanges: []*fetch.Exchange{chunked}},
		unchanged(304, page, answered("http://a/page", 1, 304, "")),
		unchanged(200, page, answered("http://a/old", 2, 301, ""), answered("http://a/page", 2, 503, "busy"), answered("http://a/page", 2, 200, "text")),
		unchanged(200, zip, answered("http://a/zip", 3, 200, "zip 2")), // of the same text
		unchanged(304, &nowhere, answered("http://a/page", 4, 304, "")),
		unchanged(200, &nowhere, answered("http://a/page", 4, 200, "text")),
		unchanged(200, parts, again),
		unchanged(200, page, answered("http://a/old", 5, 301, ""), answered("http://a/moved", 5, 200, "text")),
		{Status: 200, Change: parse.Changed, Before: page, Exchanges: []*fetch.Exchange{answered("http://a/page", 6, 200, "text")}, Data: []byte(`{"h":"x"}`)},
	} {
		if _, err := commitWARC(w, rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	records, _ := archive(t, dir)
	at := func(day int) string { return warcTime(warcStart.AddDate(0, 0, day)) }
	want := []string{
		"response http://a/page " + at(0) + ` | HTTP/1.1 200 OK/ETag: "0"//text`,
		"response http://a/zip " + at(0) + ` | HTTP/1.1 200 OK/ETag: "0"//zip 1`,
		"response http://a/chunked " + at(0) + ` | HTTP/1.1 200 OK/ETag: "0"//4/text/0//`,
		"revisit http://a/page " + at(1) + " WARC-Profile=server-not-modified WARC-Refers-To-Target-URI=page WARC-Refers-To-Date=" + at(0) + ` | HTTP/1.1 304 Not Modified/ETag: "1"//`,
		"response http://a/old " + at(2) + ` | HTTP/1.1 301 Moved Permanently/ETag: "2"//`,
		"response http://a/page " + at(2) + ` | HTTP/1.1 503 Service Unavailable/ETag: "2"//busy`,
		"revisit http://a/page " + at(2) + " WARC-Profile=identical-payload-digest WARC-Refers-To-Target-URI=page WARC-Refers-To-Date=" + at(0) + ` WARC-Truncated=length | HTTP/1.1 200 OK/ETag: "2"//`,
		"response http://a/zip " + at(3) + ` | HTTP/1.1 200 OK/ETag: "3"//zip 2`,
		"revisit http://a/page " + at(4) + ` WARC-Profile=server-not-modified | HTTP/1.1 304 Not Modified/ETag: "4"//`,
		"response http://a/page " + at(4) + ` | HTTP/1.1 200 OK/ETag: "4"//text`,
		"revisit http://a/chunked " + at(5) + " WARC-Profile=identical-payload-digest WARC-Refers-To-Target-URI=chunked WARC-Refers-To-Date=" + at(0) + ` WARC-Truncated=length | HTTP/1.1 200 OK/ETag: "5"//`,
		"response http://a/old " + at(5) + ` | HTTP/1.1 301 Moved Permanently/ETag: "5"//`,
		"response http://a/moved " + at(5) + ` | HTTP/1.1 200 OK/ETag: "5"//text`,
		"response http://a/page " + at(6) + ` | HTTP/1.1 200 OK/ETag: "6"//text`,
		"metadata http://a/page " + at(6) + ` | {"h":"x"}`,
	}
	if diff := cmp.Diff(want, told(t, records)); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

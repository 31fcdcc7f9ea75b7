package crawl

import (
	"bytes"
	"strings"
	"testing"

	"trawl/fetch"
	"trawl/parse"
)

// A list's name may have any bytes, and prose is cut where a kind of failures has enough
// of it.
func TestFiguresOfAnyTextAreRestored(t *testing.T) {
	rec := failed(1, fetch.Callback, "parse_page: "+strings.Repeat("é", maxFailureDetail))
	rec.File = "caf\xe9.txt"
	frame := NewStats().figures([]parse.Record{rec}, true)
	again := NewStats()
	if err := again.restore([][]byte{frame}); err != nil {
		t.Fatal(err)
	}
	if sum := again.Snapshot(); sum.Failed != 1 || len(sum.Failures) != 1 || sum.Failures[0].FirstSource != "caf\xe9.txt:11" {
		t.Errorf("%+v", sum.Failures)
	}
}

func TestFiguresHoldNoSecrets(t *testing.T) {
	s := NewStats()
	bad := failed(1, fetch.DNS, "no such host")
	bad.URL = "https://me:s3cret@gone.example/"
	object := failed(2, fetch.BadURL, "not a JSON object")
	object.URL = `{"url":"https://a.example/","headers":{"Authorization":"s3cret"`
	s.Add(bad, object)
	if data := s.figures([]parse.Record{bad}, true); bytes.Contains(data, []byte("s3cret")) {
		t.Errorf("the figures hold a secret: %q", data)
	}
}

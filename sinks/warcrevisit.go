package sinks

import (
	"net/http"
	"strings"

	"trawl/fetch"
	"trawl/parse"
)

// The profiles of revisit records (ISO 28500:2017, §6.7.2 and §6.7.3).
const (
	sameDigest  = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
	notModified = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
)

// revisit is why an answer need not be archived again. Without a profile there is no
// reason.
type revisit struct {
	profile string
	first   *fetch.Known // what is known of the record that has the payload
}

// revisits says whether x, an exchange of rec, is one: the last one of a page that is
// unchanged. If it was sent in other bytes than before, as another gzip for one, or came
// from elsewhere, it is an answer as any.
func revisits(rec *parse.Record, x *fetch.Exchange) revisit {
	last := x == rec.Exchanges[len(rec.Exchanges)-1]
	switch {
	case rec.Skipped != parse.Unchanged || rec.Before == nil || !last:
		return revisit{}
	case rec.Status == http.StatusNotModified:
		return revisit{notModified, rec.Before}
	case x.BodySum == rec.Before.Payload && x.BodySum != [32]byte{} && x.URL == targetOf(rec.Before.URL):
		return revisit{sameDigest, rec.Before}
	}
	return revisit{}
}

// revisit writes the head of an answer, and where its payload is: in a response record of
// an earlier run, unless there was none.
func (w *warc) revisit(x *fetch.Exchange, wire fetch.Wire, again revisit) (id string, err error) {
	sum, err := w.sum(wire.Head)
	if err != nil {
		return "", err
	}
	id = w.begins("revisit")
	w.exchanged(x)
	w.field("WARC-Profile", again.profile)
	if again.first.Payload != [32]byte{} {
		w.field("WARC-Refers-To-Target-URI", targetOf(again.first.URL))
		w.field("WARC-Refers-To-Date", warcTime(again.first.Time))
	}
	w.digest("WARC-Block-Digest", sum)
	if again.profile == sameDigest {
		w.digest("WARC-Payload-Digest", x.BodySum)
		w.field("WARC-Truncated", "length") // the body is left out
	}
	w.field("Content-Type", "application/http;msgtype=response")
	return id, w.record(x.Sizes.Head, wire.Head)
}

// targetOf is a URL without secrets as exchanges have it: with no sign of its user, and no
// fragment.
func targetOf(url string) string {
	url, _, _ = strings.Cut(url, "#")
	return strings.Replace(url, "://***@", "://", 1)
}

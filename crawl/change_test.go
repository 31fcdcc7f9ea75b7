package crawl

import (
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"trawl/fetch"
	"trawl/parse"
)

func TestWhatHasBecomeOfAPage(t *testing.T) {
	const url = "http://a/"
	moment := time.Date(2026, 11, 22, 9, 24, 39, 121_000, time.UTC)
	earlier := moment.Add(-24 * time.Hour)
	sum := func(body string) [32]byte { return sha256.Sum256([]byte(body)) }
	fingerprint := func(body string) [16]byte { return [16]byte([]byte(body + "................")[:16]) }
	page := func(change func(*parse.Record)) parse.Record {
		rec := parse.Record{Status: 200, HasBody: true, Bytes: 4, ETag: `"a"`, LastModified: "Sun", Fingerprint: fingerprint("body")}
		change(&rec)
		return rec
	}
	is := func(change func(*fetch.Known)) *fetch.Known {
		k := fetch.Known{URL: url, ETag: `"a"`, LastModified: "Sun", Fingerprint: fingerprint("body"), Bytes: 4, Time: moment}
		change(&k)
		return &k
	}
	was := func(change func(*fetch.Known)) *fetch.Known {
		return is(func(k *fetch.Known) { k.Time = earlier; change(k) })
	}
	same, asItWas := func(*parse.Record) {}, func(*fetch.Known) {}
	failed := func(class fetch.Class, status int) parse.Record {
		return parse.Record{Status: status, Class: class}
	}
	gone := &fetch.Known{URL: url, Time: earlier, Gone: true}
	for name, test := range map[string]struct {
		record parse.Record
		before *fetch.Known
		method string
		answer fetch.Answer

		change, skipped string
		known           *fetch.Known
	}{
		"a page that nobody knew": {record: page(same), change: parse.New, known: is(asItWas)},
		"the same body":           {record: page(same), before: was(asItWas), skipped: parse.Unchanged},
		"another body": {
			record: page(same), before: was(func(k *fetch.Known) { k.Fingerprint = fingerprint("other") }),
			change: parse.Changed, known: is(asItWas),
		},
		"another body with the same tag": {
			record: page(func(rec *parse.Record) { rec.Fingerprint = [16]byte{15: 1} }), before: was(asItWas),
			change: parse.Changed, known: is(func(k *fetch.Known) { k.Fingerprint = [16]byte{15: 1} }),
		},
		"the same body with another tag": {
			record: page(func(rec *parse.Record) { rec.ETag = `"b"` }), before: was(asItWas),
			skipped: parse.Unchanged, known: was(func(k *fetch.Known) { k.ETag = `"b"` }),
		},
		"the same body from elsewhere": {
			record: page(same), before: was(func(k *fetch.Known) { k.URL = "http://b/" }), skipped: parse.Unchanged, known: is(asItWas),
		},
		"a body that has no fingerprint": {
			record: page(func(rec *parse.Record) { rec.Fingerprint = [16]byte{} }), before: was(func(k *fetch.Known) { k.Fingerprint = [16]byte{} }),
			change: parse.Changed, known: is(func(k *fetch.Known) { k.Fingerprint = [16]byte{} }),
		},
		"not modified": {
			record: parse.Record{Status: 304}, answer: fetch.Answer{NotModified: true}, before: was(asItWas), skipped: parse.Unchanged,
		},
		"not modified, with a new tag": {
			record: parse.Record{Status: 304, ETag: `W/"c"`}, answer: fetch.Answer{NotModified: true}, before: was(asItWas),
			skipped: parse.Unchanged, known: was(func(k *fetch.Known) { k.ETag = `W/"c"` }),
		},
		"gone":                      {record: failed(fetch.HTTPStatus, 404), before: was(asItWas), change: parse.Gone, known: gone},
		"gone for ever":             {record: failed(fetch.HTTPStatus, 410), before: was(asItWas), change: parse.Gone, known: gone},
		"still gone":                {record: failed(fetch.HTTPStatus, 404), before: gone},
		"never there":               {record: failed(fetch.HTTPStatus, 404)},
		"back":                      {record: page(same), before: gone, change: parse.New, known: is(asItWas)},
		"another failure":           {record: failed(fetch.HTTPStatus, 500), before: was(asItWas)},
		"no answer":                 {record: failed(fetch.Timeout, 0), before: was(asItWas)},
		"a 404 that cannot be read": {record: failed(fetch.Callback, 404), before: was(asItWas)},
		"a head with its tag":       {record: page(same), before: was(asItWas), method: "HEAD", skipped: parse.Unchanged},
		"a head with another date": {
			record: page(func(rec *parse.Record) { rec.LastModified = "Mon" }), before: was(asItWas), method: "HEAD",
			change: parse.Changed, known: is(func(k *fetch.Known) { k.LastModified = "Mon" }),
		},
		"a head that says nothing": {
			record: page(func(rec *parse.Record) { rec.ETag, rec.LastModified = "", "" }), before: was(func(k *fetch.Known) { k.ETag, k.LastModified = "", "" }), method: "HEAD",
			change: parse.Changed, known: is(func(k *fetch.Known) { k.ETag, k.LastModified = "", "" }),
		},
		"validators that cannot be sent back": {
			record: page(func(rec *parse.Record) { rec.ETag, rec.LastModified = "\"\u00e9\"", strings.Repeat("9", 65) }),
			change: parse.New, known: is(func(k *fetch.Known) { k.ETag, k.LastModified = "", "" }),
		},
		"a tag that is too long": {
			record: page(func(rec *parse.Record) { rec.ETag = `"` + strings.Repeat("a", 1023) + `"` }),
			change: parse.New, known: is(func(k *fetch.Known) { k.ETag = "" }),
		},
		"the first capture": {
			record: page(same), answer: fetch.Answer{Exchange: &fetch.Exchange{Start: moment, BodySum: sum("packed")}},
			change: parse.New, known: is(func(k *fetch.Known) { k.Payload = sum("packed") }),
		},
		"captured again, as it was": {
			record: page(same), answer: fetch.Answer{Exchange: &fetch.Exchange{Start: moment, BodySum: sum("packed")}},
			before: was(func(k *fetch.Known) { k.Payload = sum("packed") }), skipped: parse.Unchanged,
		},
		"captured again, packed in another way": {
			record: page(same), answer: fetch.Answer{Exchange: &fetch.Exchange{Start: moment, BodySum: sum("PACKED")}},
			before: was(func(k *fetch.Known) { k.Payload = sum("packed") }), skipped: parse.Unchanged,
			known: is(func(k *fetch.Known) { k.Payload = sum("PACKED") }),
		},
	} {
		t.Run(name, func(t *testing.T) {
			test.answer.Start, test.answer.ETag, test.answer.LastModified = moment, test.record.ETag, test.record.LastModified
			rec := test.record
			compare(&rec, &fetch.Request{URL: url, Method: test.method, Known: test.before}, &test.answer)
			if rec.Change != test.change || rec.Skipped != test.skipped {
				t.Errorf("change %q, skipped %q; want %q, %q", rec.Change, rec.Skipped, test.change, test.skipped)
			}
			if diff := cmp.Diff(test.known, rec.Known); diff != "" {
				t.Errorf("what is known now (-want +got):\n%s", diff)
			}
		})
	}
}

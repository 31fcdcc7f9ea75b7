package crawl

import (
	"errors"
	"fmt"

	"trawl/fetch"
	"trawl/parse"
)

// Parsed is what a worker makes of a page: what is left of it when its body is gone. It is
// small, plain data, but for what is captured, which goes to an archive.
type Parsed struct {
	Answer fetch.Answer
	Record parse.Record
	Heads  []string // what [fetch.ClientOptions].OnHead is to be told
}

// parsedCodec takes it to the coordinator.
type parsedCodec struct{}

func (parsedCodec) Append(dst []byte, p Parsed) ([]byte, error) {
	w := wire{data: dst}
	p.travel(&w)
	if p.Answer.Exchange != nil {
		p.Answer.Exchange.HandOver()
	}
	return w.data, nil
}

func (parsedCodec) Decode(data []byte) (p Parsed, _ error) {
	w := wire{data: data, reading: true}
	p.travel(&w)
	if err := w.end(); err != nil {
		return Parsed{}, fmt.Errorf("parsed page: %w", err)
	}
	return p, nil
}

// wholeCodec takes it to another machine: what is captured comes with its bytes.
type wholeCodec struct {
	spool *fetch.Spool // of a worker that captures
}

func (c wholeCodec) Append(dst []byte, p Parsed) ([]byte, error) {
	if p.Answer.Exchange != nil {
		p.Answer.Exchange.Load(c.spool)
	}
	return parsedCodec{}.Append(dst, p)
}

func (wholeCodec) Decode(data []byte) (Parsed, error) {
	p, err := parsedCodec{}.Decode(data)
	if x := p.Answer.Exchange; x != nil && x.File != "" {
		return Parsed{}, errors.New("parsed page: it names a file of another machine")
	}
	return p, err
}

func (p *Parsed) travel(w *wire) {
	answer(w, &p.Answer)
	record(w, &p.Record)
	wireList(w, &p.Heads, wireText)
}

func answer(w *wire, a *fetch.Answer) {
	wireNumber(w, &a.Status)
	wireText(w, &a.Location)
	wireNumber(w, &a.RetryAfter)
	wireFlag(w, &a.NotModified)
	wireText(w, &a.ETag)
	wireText(w, &a.LastModified)
	wireNumber(w, &a.Quota)
	wireRaw(w, &a.Robots)
	wireFlag(w, &a.Unreached)
	wireFlag(w, &a.Unheard)
	failed := a.Err != nil
	if wireFlag(w, &failed); failed {
		failure(w, &a.Err)
	}
	captured := a.Exchange != nil
	if wireFlag(w, &captured); captured {
		exchange(w, &a.Exchange)
	}
	timings(w, &a.Timings)
}

func failure(w *wire, err **fetch.Error) {
	if w.reading {
		*err = new(fetch.Error)
	}
	e := *err
	wireText(w, &e.URL)
	wireText(w, &e.Class)
	wireText(w, &e.Detail)
	wireNumber(w, &e.Status)
	wireNumber(w, &e.Limit)
}

func timings(w *wire, t *fetch.Timings) {
	wireTime(w, &t.Start)
	wireNumber(w, &t.Duration)
	wireNumber(w, &t.TTFB)
	wireNumber(w, &t.DNS)
	wireNumber(w, &t.Connect)
	wireNumber(w, &t.TLS)
}

// What fill sets does not travel.
func record(w *wire, r *parse.Record) {
	wireText(w, &r.FinalURL)
	wireList(w, &r.Redirects, wireText)
	wireNumber(w, &r.Status)

	wireFlag(w, &r.HasSize)
	wireNumber(w, &r.Size)
	wireFlag(w, &r.HasBody)
	wireNumber(w, &r.Bytes)
	wireNumber(w, &r.WireBytes)

	wireText(w, &r.ContentType)
	wireText(w, &r.Title)
	wireText(w, &r.Proto)
	wireText(w, &r.IP)
	wireText(w, &r.ETag)
	wireText(w, &r.LastModified)
	wireText(w, &r.SHA256)
	wirePrint(w, &r.Fingerprint)
	timings(w, &r.Timings)

	wireText(w, &r.Class)
	wireText(w, &r.Error)
	wireNumber(w, &r.Limit)

	wireText(w, &r.Skipped)
	wireRaw(w, &r.Meta)
	wireRaw(w, &r.Data)

	wireList(w, &r.Header, wireField)
	wireNumber(w, &r.Timeout)
}

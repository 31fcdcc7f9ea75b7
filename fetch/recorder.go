package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"os"
	"strings"
)

// A recorder takes an exchange down while it takes place. A body is not copied for it,
// unless chunks have to be taken off it: it is what was read. One over 1 MiB ends in a file.
type recorder struct {
	ctx      context.Context // the hop's: a wait for memory ends with it
	x        *Exchange
	spool    *Spool
	loan     loan // what the hop's bodies have of the client's memory
	answered bool // there is an answer to be kept
	finished bool // the exchange is its page's

	wire   *body     // the body as it was transferred; nil is empty
	shared bool      // it is the page's, too
	file   *os.File  // has request, head and body instead, of a body that is chunked
	sum    hash.Hash // of head and body, of a body that is chunked
	size   int64     // bytes of that
}

func (c *Client) newRecorder(r Request) *recorder {
	url, _, _ := strings.Cut(r.URL, "#")
	if start := strings.Index(url, "://") + len("://"); start >= len("://") {
		url = url[:start] + url[start+userinfoLen(url[start:]):]
	}
	given := len(c.opts.Header) > 0 || r.Extra != nil && len(r.Extra.Header) > 0 || len(url) < len(r.URL)
	return &recorder{
		x:     &Exchange{URL: url, Private: given},
		spool: c.opts.Capture,
		loan:  loan{from: c.memory},
	}
}

// sent takes down a request; one that is sent again replaces it.
func (r *recorder) sent(request []byte, ip string) {
	r.x.Request, r.x.IP = string(withoutProxySecret(request)), ip
}

// withoutProxySecret is a request without the field that is meant for a proxy alone.
func withoutProxySecret(request []byte) []byte {
	const name = "\r\nproxy-authorization:"
	kept := request
	for {
		start := bytes.Index(bytes.ToLower(kept), []byte(name))
		if start < 0 {
			return kept
		}
		end := start + 2 + bytes.Index(kept[start+2:], []byte("\r\n"))
		kept = append(bytes.Clone(kept[:start]), kept[end:]...)
	}
}

// begin takes down the head of the answer.
func (r *recorder) begin(head string, chunked bool) {
	r.x.Head, r.x.Chunked = head, chunked
	r.answered = true
	if chunked {
		r.sum = sha256.New()
		io.WriteString(r.sum, head)
	}
}

// forget lets go of an answer that is not the site's.
func (r *recorder) forget() { r.answered = false }

// tap takes down the next bytes of a body that is chunked. Its error is that of the
// hop's end.
func (r *recorder) tap(p []byte) error {
	r.sum.Write(p)
	r.size += int64(len(p))
	if r.x.Err != nil { // it will be said when the exchange is opened
		return nil
	}
	if r.wire == nil {
		r.wire = &body{loan: &r.loan}
	}
	if r.file == nil && r.size > maxCaptured {
		r.spill()
	}
	if r.file != nil {
		_, err := r.file.Write(p)
		r.x.Err = err
		return nil
	}
	if need := int64(len(r.wire.bytes) + len(p)); need > int64(r.wire.room()) {
		if err := r.wire.grow(r.ctx, max(need, min(2*need, maxCaptured))); err != nil {
			return err
		}
	}
	r.wire.bytes = append(r.wire.bytes, p...)
	return nil
}

// spill moves what has come of a chunked body to a file.
func (r *recorder) spill() {
	f, err := r.spool.create()
	if err != nil {
		r.x.Err = err
		return
	}
	r.file = f
	_, err = io.WriteString(f, r.x.Request+r.x.Head)
	if err == nil {
		_, err = f.Write(r.wire.bytes)
	}
	r.x.Err = err
	r.wire.drop()
}

// read takes down a body, its chunks undone. If it had none it is what was transferred,
// and b is the recorder's from now on.
func (r *recorder) read(b *body) {
	if r.x.Chunked {
		r.x.BodySum = sha256.Sum256(b.bytes)
		return
	}
	r.wire = b
	b.kept = true
}

// ended says how far the body was read: to its end, if err is io.EOF, else up to an
// error or a limit. rest is what came beyond that and was not read.
func (r *recorder) ended(err error, rest []byte) {
	if err == io.EOF {
		return
	}
	if r.x.Chunked && err != nil && len(rest) > 0 {
		_ = r.tap(rest)
	}
	e, ours := errors.AsType[*Error](err)
	switch {
	case r.ctx.Err() != nil:
		r.x.Truncated = "time"
	case err == nil || ours && e.Class == TooLarge:
		r.x.Truncated = "length"
	case ours && e.Class == Protocol:
		r.x.Truncated = "unspecified"
	default:
		r.x.Truncated = "disconnect"
	}
}

// finish gives the exchange to its page, which owns it until its release.
func (r *recorder) finish(page *Page) {
	if !r.answered {
		r.discard()
		return
	}
	r.finished = true
	x := r.x
	x.Start = page.Start
	if r.wire != nil {
		x.Body = r.wire.bytes
		r.size = max(r.size, int64(len(x.Body)))
	}
	x.Sizes = Sizes{int64(len(x.Request)), int64(len(x.Head)), r.size}
	x.sum(r.sum)
	r.settle()
	page.Exchange = x
	end := page.release
	page.release = func() {
		if end != nil {
			end()
		}
		x.Keep(r.spool)
		r.loan.end()
	}
}

func (x *Exchange) sum(chunked hash.Hash) {
	if chunked != nil {
		chunked.Sum(x.AnswerSum[:0])
		return
	}
	sum := sha256.New()
	io.WriteString(sum, x.Head)
	sum.Write(x.Body)
	sum.Sum(x.AnswerSum[:0])
	x.BodySum = sha256.Sum256(x.Body)
}

// settle decides where the bytes are.
func (r *recorder) settle() {
	x := r.x
	x.spool = r.spool
	switch {
	case r.file != nil:
		x.inFile(r.file, x.Err)
	case len(x.Body) > maxCaptured:
		x.toFile()
		r.wire.kept = false // it is the page's alone
		if !r.shared {
			r.wire.drop()
		}
	case r.wire != nil:
		x.room, r.wire.store = r.wire.store, nil
	}
}

// discard lets go of everything. After finish it does nothing.
func (r *recorder) discard() {
	if r.finished {
		return
	}
	r.finished = true
	r.x.spool = r.spool
	if r.file != nil {
		r.x.inFile(r.file, nil)
	}
	if r.wire != nil {
		r.wire.kept = false
		r.wire.recycle()
	}
	r.x.Release()
	r.loan.end()
}

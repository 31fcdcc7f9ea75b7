package parse

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"

	"github.com/zeebo/xxh3"
	"golang.org/x/text/encoding/unicode"

	"trawl/fetch"
)

// Options says what is wanted of a page beside its size. The zero value is the
// size only, which is by far the cheapest: no allocation for a page in UTF-8.
type Options struct {
	Header bool // media type, validators, protocol, peer's address
	Title  bool // of HTML
	Digest bool // SHA-256 of the body

	// Fingerprint is of the body: XXH3 in 128 bits, which tells two pages apart at a
	// hundredth of the cost. It is no guard against a server that wants two of its pages to
	// have the same; such a server can as well say that nothing has changed.
	Fingerprint bool

	Select []Selector // fields of HTML and XML; a tree is built only for them
}

// ParsePage makes the page's part of a record: status, timings, the body's sizes,
// if it was read, and what opts asks for. Who the page
// belongs to (Seq, URL, Attempts and the like) is filled in by the caller. Nothing
// of page.Body is kept.
//
// The error is that opts.Select cannot be met: the page is nested too deeply, or
// would take too much time or memory. It is prose without the page's URL. The
// record is then whole but for Title and Data.
//
// It may be called by many goroutines. As many pages as there are processors are
// searched at once, beside one that is large or slow; the others wait. That one may
// take as much memory as [runtime/debug.SetMemoryLimit] leaves, and no more than 192 MiB.
func ParsePage(page *fetch.Page, opts Options) (Record, error) {
	rec := begin(page, opts.Header)
	if !page.HasBody {
		return rec, nil
	}
	if opts.Digest {
		sum := sha256.Sum256(page.Body)
		rec.SHA256 = hex.EncodeToString(sum[:])
	}
	if opts.Fingerprint {
		rec.Fingerprint = xxh3.Hash128(page.Body).Bytes()
	}
	m := parseContentType(page.ContentType)
	k := kindOf(m.essence, page.Body)
	rec.HasSize = true
	if k == opaque {
		rec.Size = int64(len(page.Body))
		return rec, nil
	}
	cs, mark := findCharset(page.Body, k, m.charset)
	body := page.Body[mark:]
	var isUTF8 bool
	rec.Size, isUTF8 = cs.count(body)
	opts.Title = opts.Title && k == markup
	if k == text || !opts.Title && len(opts.Select) == 0 {
		return rec, nil
	}
	var err error
	rec.Title, rec.Data, err = take(cs.reader(body, isUTF8), len(body), page.URL, opts)
	return rec, err
}

// Answered makes the page's part of a record of an answer that is no page: what
// is known of it. A body that was read has its bytes in the record, but no size.
// [Record.Fail] says what is wrong with it. It must be called before the page is released.
func Answered(page *fetch.Page) Record { return begin(page, true) }

// begin makes what each record has of a page.
func begin(page *fetch.Page, header bool) Record {
	rec := Record{Status: page.Status, Timings: page.Timings}
	if page.HasBody {
		rec.HasBody = true
		rec.Bytes = int64(len(page.Body))
		rec.WireBytes = page.WireBytes
	}
	if header {
		rec.ContentType = Clean(page.ContentType)
		rec.Proto = page.Proto
		rec.IP = page.IP
		rec.ETag = Clean(page.ETag)
		rec.LastModified = Clean(page.LastModified)
	}
	return rec
}

// take gets title and fields from a text of about size bytes: from its first tags
// if the title is all that is wanted, else from a tree.
func take(text io.Reader, size int, url string, opts Options) (title string, data json.RawMessage, err error) {
	if len(opts.Select) == 0 {
		return titleOf(text), nil, nil
	}
	b := enter(size)
	defer b.leave()
	doc, x, err := buildTree(text, b)
	if err != nil {
		return "", nil, err
	}
	data, err = selectAll(doc, x, opts.Select, url, b)
	if err == nil && opts.Title {
		title = documentTitle(doc)
	}
	return title, data, err
}

// reader gives the text as well-formed UTF-8, which isUTF8 says that it is already.
func (cs charset) reader(body []byte, isUTF8 bool) io.Reader {
	switch {
	case isUTF8:
		return bytes.NewReader(body)
	case cs.enc != nil:
		return cs.enc.NewDecoder().Reader(bytes.NewReader(body))
	}
	return unicode.UTF8.NewDecoder().Reader(bytes.NewReader(body))
}

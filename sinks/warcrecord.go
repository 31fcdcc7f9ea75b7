package sinks

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"
	"strconv"

	"github.com/google/uuid"

	"trawl/fetch"
	"trawl/parse"
)

// Each record is a gzip member: a head, an empty line, the block and two line ends (ISO
// 28500:2017, §4, annex D).

// response writes an answer as it was received. Its payload is the body without its
// transfer coding (§6.3.2), of which readers' checks think differently; so a digest
// of it is only there where there is no such coding, and the block's is always.
func (w *warc) response(x *fetch.Exchange, wire fetch.Wire) (id string, err error) {
	id = w.begins("response")
	w.exchanged(x)
	w.digest("WARC-Block-Digest", x.AnswerSum)
	if !x.Chunked {
		w.digest("WARC-Payload-Digest", x.BodySum)
	}
	if x.Truncated != "" {
		w.field("WARC-Truncated", x.Truncated)
	}
	w.field("Content-Type", "application/http;msgtype=response")
	return id, w.record(x.Sizes.Head+x.Sizes.Body, wire.Head, wire.Body)
}

func (w *warc) request(x *fetch.Exchange, wire fetch.Wire, answer string) error {
	sum, err := w.sum(wire.Request)
	if err != nil {
		return err
	}
	w.begins("request")
	w.exchanged(x)
	w.field("WARC-Concurrent-To", answer)
	w.digest("WARC-Block-Digest", sum)
	w.field("Content-Type", "application/http;msgtype=request")
	return w.record(x.Sizes.Request, wire.Request)
}

// exchanged adds the fields that an answer and its request have in common.
func (w *warc) exchanged(x *fetch.Exchange) {
	w.field("WARC-Date", warcTime(x.Start))
	w.field("WARC-Target-URI", x.URL)
	if x.IP != "" {
		w.field("WARC-IP-Address", x.IP)
	}
}

// metadata writes what was selected from the page of a response.
func (w *warc) metadata(rec *parse.Record, response string) error {
	page := rec.Exchanges[len(rec.Exchanges)-1]
	w.begins("metadata")
	w.field("WARC-Date", warcTime(page.Start))
	w.field("WARC-Target-URI", page.URL)
	w.field("WARC-Refers-To", response)
	w.field("WARC-Concurrent-To", response)
	w.digest("WARC-Block-Digest", sha256.Sum256(rec.Data))
	w.field("Content-Type", "application/json")
	return w.record(int64(len(rec.Data)), bytes.NewReader(rec.Data))
}

// info writes the record that each file begins with.
func (w *warc) info() error {
	var block bytes.Buffer
	for _, f := range [][2]string{
		{"software", "trawl/" + w.about.Version},
		{"format", "WARC File Format 1.1"},
		{"conformsTo", "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"},
		{"isPartOf", w.run},
		{"command", w.about.Command},
	} {
		if f[1] != "" {
			fmt.Fprintf(&block, "%s: %s\r\n", f[0], parse.Clean(f[1]))
		}
	}
	w.begins("warcinfo")
	w.field("WARC-Date", warcTime(w.about.Started))
	w.field("WARC-Filename", filepath.Base(w.path()))
	w.digest("WARC-Block-Digest", sha256.Sum256(block.Bytes()))
	w.field("Content-Type", "application/warc-fields")
	return w.record(int64(block.Len()), &block)
}

// begins begins the head of a record, which has an id from here on.
func (w *warc) begins(kind string) (id string) {
	id = "<urn:uuid:" + uuid.NewString() + ">"
	w.buf = append(w.buf[:0], "WARC/1.1\r\n"...)
	w.field("WARC-Type", kind)
	w.field("WARC-Record-ID", id)
	return id
}

func (w *warc) field(name, value string) {
	w.buf = append(w.buf, name...)
	w.buf = append(w.buf, ": "...)
	w.buf = append(w.buf, value...)
	w.buf = append(w.buf, "\r\n"...)
}

func (w *warc) digest(name string, sum [32]byte) {
	w.field(name, "sha256:"+hex.EncodeToString(sum[:]))
}

// sum is that of a block that is still to be written.
func (w *warc) sum(block *io.SectionReader) (sum [32]byte, err error) {
	hash := sha256.New()
	if _, err := io.CopyBuffer(hash, block, w.via); err != nil {
		return sum, err
	}
	_, err = block.Seek(0, io.SeekStart)
	return [32]byte(hash.Sum(nil)), err
}

// record ends the head and writes it and the block, whose parts have n bytes in all.
func (w *warc) record(n int64, block ...io.Reader) error {
	w.field("Content-Length", strconv.FormatInt(n, 10))
	w.buf = append(w.buf, "\r\n"...)
	w.zip.Reset(w.out)
	if _, err := w.zip.Write(w.buf); err != nil {
		return err
	}
	copied := int64(0)
	for _, part := range block {
		got, err := io.CopyBuffer(w.zip, part, w.via)
		if err != nil {
			return err
		}
		copied += got
	}
	if copied != n {
		return wrap("read", "spool", fmt.Errorf("%d of %d bytes are there", copied, n))
	}
	if _, err := w.zip.Write([]byte("\r\n\r\n")); err != nil {
		return err
	}
	return w.zip.Close()
}

package fetch

import (
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/net/http2/hpack"
)

const http2Head = 256 << 10 // bytes of an answer's heads, the 1xx ones included; as many of its trailers

// http2TableSize is how much a server's HPACK encoder may have us remember: the
// initial value of the setting, which we leave alone (RFC 9113 §6.5.2).
const http2TableSize = 4096

// An http2Block is a field block while it comes: a HEADERS frame and what
// CONTINUATION frames follow it (RFC 9113 §4.3). There is one for a connection,
// used for each block in turn.
type http2Block struct {
	decoder *hpack.Decoder
	frame   []byte // what has come of a fragment whose frame is not complete

	id      uint32       // of its stream; 0 is that no block is coming
	stream  *http2Stream // nil: nobody waits for it
	last    bool         // END_STREAM
	trailer bool

	coded    int // bytes of its fragments
	list     uint32
	pseudo   bool // it has a pseudo-header field
	regular  bool // and others
	status   string
	fields   []Field
	fault    string
	tooLarge bool
}

func newHTTP2Block() *http2Block {
	b := &http2Block{}
	b.decoder = hpack.NewDecoder(http2TableSize, b.take)
	b.decoder.SetMaxStringLength(http2Head)
	return b
}

func (b *http2Block) begin(id uint32, st *http2Stream, last bool) {
	*b = http2Block{decoder: b.decoder, frame: b.frame[:0], id: id, stream: st, last: last}
	if st != nil {
		b.trailer = st.headed
		if !b.trailer {
			b.list = st.listSize
		}
	}
	b.decoder.SetEmitEnabled(st != nil)
}

// write takes a part of a frame's fragment; whole is that it is the rest of it.
// A fragment is decoded in one piece, for what the decoder cannot finish it
// copies each time.
func (b *http2Block) write(p []byte, whole bool) error {
	b.coded += len(p)
	b.tooLarge = b.tooLarge || b.coded > http2Head
	if b.tooLarge {
		return nil
	}
	if !whole || len(b.frame) > 0 {
		b.frame = append(b.frame, p...)
		p = b.frame
	}
	if !whole {
		return nil
	}
	b.frame = b.frame[:0]
	_, err := b.decoder.Write(p)
	return err
}

// take gets each field from the decoder.
func (b *http2Block) take(f hpack.HeaderField) {
	b.list += f.Size()
	switch {
	case b.list > http2Head:
		b.tooLarge = true
	case f.IsPseudo():
		if f.Name != ":status" || b.pseudo || b.regular {
			b.fault = "invalid pseudo-header field"
		}
		b.pseudo, b.status = true, f.Value
	case !httpguts.ValidHeaderFieldName(f.Name) || strings.ToLower(f.Name) != f.Name:
		b.fault = "invalid field name"
	case !httpguts.ValidHeaderFieldValue(f.Value):
		b.fault = "invalid field value"
	case slices.Contains(http2Banned, f.Name):
		b.fault = "connection-specific field"
	default:
		b.regular = true
		b.fields = append(b.fields, Field{f.Name, strings.Trim(f.Value, " \t")})
	}
	if b.tooLarge || b.fault != "" {
		b.decoder.SetEmitEnabled(false)
	}
}

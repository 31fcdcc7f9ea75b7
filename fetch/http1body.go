package fetch

import (
	"bytes"
	"io"
)

const (
	maxChunkLine  = 4 << 10 // bytes of a chunk's size and its extensions
	maxChunkExtra = 1 << 20 // bytes that chunks may add to a body in all
)

// An http1Body reads the body of the answer that a connection is at. It reads not
// a byte more of the connection than belongs to the body, but for what is in the
// buffer.
type http1Body struct {
	conn    *http1Conn // nil is closed
	framing framing
	left    int64     // bytes until its end, or that of this chunk; -1 is unknown
	begun   bool      // chunked: a chunk has been there, whose CRLF is next
	extra   int64     // bytes that are not the body's own
	err     error     // sticky; io.EOF is the end
	record  *recorder // nil: nobody wants what was transferred
}

// begin gets ready for the body of an answer to q (RFC 9112 §6.3).
func (b *http1Body) begin(c *http1Conn, q question, h head) {
	*b = http1Body{conn: c, framing: h.framing, record: q.record}
	b.framing.keep = b.framing.keep && h.status != 101
	switch {
	case q.method == "HEAD", h.status == 204, h.status == 304, h.framing.length == 0:
		b.err = io.EOF
	case !h.framing.chunked:
		b.left = h.framing.length
	}
}

// Read ends with io.EOF if the body is whole. Any other error is an *Error, or
// one for answerError.
func (b *http1Body) Read(p []byte) (n int, err error) {
	if b.err == nil && b.left == 0 {
		b.err = b.next()
	}
	if b.err != nil {
		return 0, b.err
	}
	if b.left > 0 {
		p = p[:min(int64(len(p)), b.left)]
	}
	n, err = b.conn.read(p)
	if err == nil {
		err = b.tap(p[:n])
	}
	switch {
	case b.left < 0: // io.EOF is the end
		b.err = err
	case err != nil:
		b.err = unexpected(err)
	default:
		b.left -= int64(n)
		if b.left == 0 && !b.framing.chunked {
			b.err = io.EOF
		}
	}
	return n, b.err
}

// tap has the recorder, if there is one, take down bytes that a chunked body was
// transferred as. Of any other body they are the body.
func (b *http1Body) tap(p []byte) error {
	if b.record == nil || !b.framing.chunked {
		return nil
	}
	return b.record.tap(p)
}

// unexpected makes the end of a connection one that should not be.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// next is called before the first chunk and at the end of each.
func (b *http1Body) next() error {
	if b.begun {
		if err := b.endChunk(); err != nil {
			return err
		}
	}
	b.begun = true
	line, err := b.line(maxChunkLine, "chunk size")
	if err != nil {
		return err
	}
	size, ok := parseChunkSize(line)
	switch {
	case !ok:
		return malformed("chunk size")
	case size == 0:
		return b.trailer()
	}
	b.left = size
	return nil
}

func (b *http1Body) endChunk() error {
	_, err := b.line(len("\r\n"), "chunk longer than its size")
	return err
}

// trailer reads what follows the last chunk; nobody needs its fields (RFC 9112
// §7.1.2).
func (b *http1Body) trailer() error {
	for room := maxHead; ; {
		line, err := b.line(room, "trailer")
		switch {
		case err != nil:
			return err
		case len(line) == 0:
			return io.EOF
		case bytes.IndexByte(line, ':') <= 0 && line[0] != ' ' && line[0] != '\t':
			return malformed("trailer")
		}
		room -= len(line)
	}
}

// line reads a line of at most limit bytes, which must end with CRLF, and gives it
// without. It is valid until the next read. what names it in errors.
func (b *http1Body) line(limit int, what string) ([]byte, error) {
	line, err := b.conn.readLine(limit)
	if err == errLineLength {
		return nil, malformed(what)
	}
	if err != nil {
		return nil, unexpected(err)
	}
	if err := b.tap(line); err != nil {
		return nil, err
	}
	if b.extra += int64(len(line)); b.extra > maxChunkExtra {
		return nil, &Error{Class: TooLarge, Detail: "the chunks of the body add over 1 MiB to it"}
	}
	line, ok := bytes.CutSuffix(line, []byte("\r\n"))
	if !ok || bytes.IndexByte(line, '\r') >= 0 {
		return nil, malformed(what)
	}
	return line, nil
}

// parseChunkSize reads the size before the extensions, of which there is none
// that matters (RFC 9112 §7.1.1).
func parseChunkSize(line []byte) (size int64, ok bool) {
	digits, _, _ := bytes.Cut(line, []byte(";"))
	digits = bytes.TrimRight(digits, " \t")
	if len(digits) == 0 || len(digits) > 16 || len(digits) == 16 && digits[0] > '7' {
		return 0, false
	}
	for _, c := range digits {
		switch {
		case isDigit(c):
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		size = size<<4 | int64(c)
	}
	return size, true
}

// Close ends the exchange: the connection is kept if the body was read to its end
// and the server has not said more than that.
func (b *http1Body) Close() error {
	if c := b.conn; c != nil {
		b.conn = nil
		if b.record != nil {
			b.record.ended(b.err, c.bytes[c.next:])
		}
		c.ended(b.err == io.EOF && b.framing.keep && b.left >= 0)
	}
	return nil
}

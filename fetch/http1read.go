package fetch

import (
	"bytes"
	"errors"
	"sync"
	"time"
)

const (
	maxHead      = 256 << 10 // bytes of an answer's head, those of 1xx answers before it included
	bufferSize   = 4 << 10   // bytes that a connection reads at once while it looks for lines
	bufferPooled = 16 << 10  // and up to which a buffer that has grown is used again
)

// A buffer is what an exchange needs of memory: the request, then the head of the
// answer and what has been read beyond it.
type buffer struct {
	bytes  []byte
	next   int // up to which bytes have been taken
	fields []Field
}

var buffers = sync.Pool{New: func() any { return &buffer{bytes: make([]byte, 0, bufferSize)} }}

// free lets the buffer be used by another exchange.
func (b *buffer) free() {
	if cap(b.bytes) <= bufferPooled {
		clear(b.fields)
		buffers.Put(b)
	}
}

// readHead reads up to the next empty line. What it gives is a copy.
func (c *http1Conn) readHead(room int) (string, error) {
	for seen := 0; ; {
		unread := c.bytes[c.next:]
		if n := headLen(unread, seen); n > 0 {
			c.next += n
			if n > room {
				return "", malformed("a head over 256 KiB")
			}
			return string(unread[:n]), nil
		}
		seen = len(unread)
		switch {
		case seen >= len(statusBegin) && string(unread[:len(statusBegin)]) != statusBegin:
			return "", malformed("status line") // of what may never end
		case seen >= room:
			return "", malformed("a head over 256 KiB")
		}
		if err := c.fill(); err != nil {
			if seen > 0 {
				err = unexpected(err)
			}
			return "", err
		}
		if c.first.IsZero() {
			c.first = time.Now()
		}
	}
}

// headLen is the length of the head that b begins with, 0 if its end is not there
// yet. The first seen bytes have been looked at before.
func headLen(b []byte, seen int) int {
	text := b[max(0, seen-2):]
	from := len(b) - len(text)
	for {
		n := bytes.IndexByte(text, '\n')
		if n < 0 {
			return 0
		}
		text = text[n+1:]
		from += n + 1
		switch {
		case len(text) > 0 && text[0] == '\n':
			return from + 1
		case len(text) > 1 && text[0] == '\r' && text[1] == '\n':
			return from + 2
		}
	}
}

// fill reads more into the buffer, behind what has not been taken.
func (c *http1Conn) fill() error {
	if c.next > 0 {
		c.bytes = c.bytes[:copy(c.bytes, c.bytes[c.next:])]
		c.next = 0
	}
	if len(c.bytes) == cap(c.bytes) {
		grown := make([]byte, len(c.bytes), 2*cap(c.bytes))
		copy(grown, c.bytes)
		c.bytes = grown
	}
	n, err := c.Conn.Read(c.bytes[len(c.bytes):cap(c.bytes)])
	c.bytes = c.bytes[:len(c.bytes)+n]
	if n > 0 {
		return nil // an error comes again
	}
	return err
}

// read is for bytes of a body: those in the buffer, then those of the connection,
// which do not go through it.
func (c *http1Conn) read(p []byte) (int, error) {
	if unread := c.bytes[c.next:]; len(unread) > 0 {
		n := copy(p, unread)
		c.next += n
		return n, nil
	}
	n, err := c.Conn.Read(p)
	if n > 0 {
		return n, nil
	}
	return 0, err
}

var errLineLength = errors.New("line too long")

// readLine reads a line of at most limit bytes with its end. It is valid until the
// next read. A longer one is errLineLength.
func (c *http1Conn) readLine(limit int) ([]byte, error) {
	for {
		unread := c.bytes[c.next:]
		n := bytes.IndexByte(unread[:min(len(unread), limit)], '\n')
		switch {
		case n >= 0:
			c.next += n + 1
			return unread[:n+1], nil
		case len(unread) >= limit:
			return nil, errLineLength
		}
		if err := c.fill(); err != nil {
			return nil, err
		}
	}
}

package crawl

import (
	"bytes"
	"errors"
	"io"
	"time"
)

const maxLine = 64 << 10 // bytes, without the line ending

var errLong = errors.New("a line over 64 KiB")

// lines splits a list into lines. Of a line that is too long it returns the
// beginning, with errLong, and drops the rest.
type lines struct {
	src    feed
	number int64 // of the line that next returned last, from 1

	buf      []byte
	pos, end int   // the part of buf that is not used yet
	seen     int   // up to here there is no line ending
	dropping bool  // what comes is the rest of a line that is too long
	err      error // why there is no more input
}

func newLines(src feed) *lines {
	return &lines{src: src, buf: make([]byte, maxLine+len("\r\n"))}
}

// next returns the next line without its ending, outer blanks and a byte order
// mark; it is valid until the next call. A last line without an ending counts if
// the input ends there, but not if it breaks off. The error is errLong together
// with a line, or else the feed's: errNotYet, errClosed, io.EOF, or why the input
// broke off.
func (l *lines) next(until <-chan time.Time) ([]byte, error) {
	for {
		if i := bytes.IndexByte(l.buf[l.seen:l.end], '\n'); i >= 0 {
			text := l.buf[l.pos : l.seen+i]
			l.pos = l.seen + i + 1
			l.seen = l.pos
			if !l.dropping {
				return l.take(text)
			}
			l.dropping = false
			continue
		}
		l.seen = l.end
		if l.err != nil {
			return l.last()
		}
		if l.full() {
			text := l.buf[:l.end]
			l.pos, l.dropping = l.end, true
			return l.take(text)
		}
		n, err := l.src.fill(l.buf[l.end:], until)
		l.end += n
		if err == errNotYet || err == errClosed {
			return nil, err
		}
		l.err = err
	}
}

// full makes room in the buffer, and reports whether there is still none.
func (l *lines) full() bool {
	if l.dropping {
		l.pos, l.end = 0, 0
	} else if l.pos > 0 {
		l.end = copy(l.buf, l.buf[l.pos:l.end])
		l.pos = 0
	}
	l.seen = l.end
	return l.end == len(l.buf)
}

func (l *lines) last() ([]byte, error) {
	if l.err != io.EOF || l.dropping || l.pos == l.end {
		return nil, l.err
	}
	text := l.buf[l.pos:l.end]
	l.pos = l.end
	return l.take(text)
}

func (l *lines) take(text []byte) ([]byte, error) {
	l.number++
	if l.number == 1 {
		text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	}
	if n := len(text); n > 0 && text[n-1] == '\r' {
		text = text[:n-1]
	}
	if len(text) > maxLine {
		return trimBlanks(text), errLong
	}
	return trimBlanks(text), nil
}

func trimBlanks(text []byte) []byte {
	for len(text) > 0 && (text[0] == ' ' || text[0] == '\t') {
		text = text[1:]
	}
	for n := len(text); n > 0 && (text[n-1] == ' ' || text[n-1] == '\t' || text[n-1] == '\r'); n-- {
		text = text[:n-1]
	}
	return text
}

// hasURL is false for blank lines and comments.
func hasURL(text []byte, long bool) bool {
	return long || len(text) > 0 && text[0] != '#'
}

package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	noFiles = "too many open files"
	noPort  = "no local port left"
)

// An errno that a connection attempt or an exchange can end with, and how it
// reads. The texts of the operating system differ from one to the next.
var errnos = []struct {
	errno  syscall.Errno
	class  Class
	detail string
}{
	{syscall.ECONNREFUSED, Connect, "connection refused"},
	{syscall.ENETUNREACH, Connect, "network unreachable"},
	{syscall.EHOSTUNREACH, Connect, "no route to host"},
	{syscall.EADDRNOTAVAIL, Connect, noPort},
	{syscall.EMFILE, Connect, noFiles},
	{syscall.ENFILE, Connect, noFiles},
	{syscall.ETIMEDOUT, Timeout, "connection timed out"},
	{syscall.ECONNRESET, Reset, "connection reset"},
	{syscall.ECONNABORTED, Reset, "connection reset"},
	{syscall.EPIPE, Reset, "connection reset"},
}

// errnoError is nil if err has no errno. One that is not in the table is of
// class other.
func errnoError(err error, other Class) *Error {
	errno, ok := errors.AsType[syscall.Errno](err)
	if !ok {
		return nil
	}
	for _, known := range errnos {
		if errno == known.errno {
			return &Error{Class: known.class, Detail: known.detail}
		}
	}
	return &Error{Class: other, Detail: errno.Error()}
}

// answerError says why there is no answer, or no body of it (reading).
func answerError(err error, reading bool) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		own := *e // others may have waited for the same connection
		return &own
	}
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		if reading {
			return &Error{Class: Truncated, Detail: "the body ended early"}
		}
		return &Error{Class: Reset, Detail: "connection closed before the answer"}
	}
	if e := errnoError(err, Reset); e != nil {
		return e
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && strings.HasSuffix(op.Op, " error") { // crypto/tls: "remote error", "local error"
		return &Error{Class: TLS, Detail: "TLS failed: " + gist(op.Err)}
	}
	return malformed(gist(err))
}

// unreached reports whether the host of an exchange that has failed with e could not be
// connected to. A lack of files or ports is not its fault, nor is a name server's trouble,
// in one moment of which many requests may fail.
func (e *Error) unreached(resp response) bool {
	switch e.Class {
	case DNS:
		return e.Detail == noSuchHost
	case Connect:
		return !strings.HasSuffix(e.Detail, noFiles) && e.Detail != noPort
	case TLS:
		return resp.status == 0
	case Timeout, Reset: // in the handshake
		return resp.phase == connecting
	}
	return false
}

// gist is the innermost text of err up to where it quotes what was received:
// equal failures read alike, and nothing of a server's comes through.
func gist(err error) string {
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	text := err.Error()
	for _, prefix := range []string{"net/http: ", "http: ", "http2: ", "tls: ", "x509: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	if end := strings.IndexAny(text, `":;([`); end > 0 {
		text = text[:end]
	}
	return escaped(strings.TrimSpace(text))
}

// failure is err, with which an exchange or its body has ended, as the hop's:
// if ctx was over, that is why.
func failure(ctx context.Context, r Request, p phase, err error) *Error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return noAnswer(r.Timeout+r.Spent, string(p))
	}
	return answerError(err, p == reading)
}

// noAnswer is the failure of an attempt that took longer than it may.
func noAnswer(limit time.Duration, during string) *Error {
	return &Error{Class: Timeout, Detail: fmt.Sprintf("no answer within %s (%s)", span(limit), during), Limit: limit}
}

// span is d as people write it: "10 s", "1.5 s", "50 ms".
func span(d time.Duration) string {
	if d < time.Second {
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	}
	return strconv.FormatFloat(d.Round(time.Millisecond).Seconds(), 'f', -1, 64) + " s"
}

// size is a number of bytes as people write it, without rounding it.
func size(n int64) string {
	for _, unit := range []struct {
		bytes int64
		name  string
	}{{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1e9, "GB"}, {1e6, "MB"}, {1 << 10, "KiB"}, {1e3, "kB"}} {
		if n >= unit.bytes && n%unit.bytes == 0 {
			return strconv.FormatInt(n/unit.bytes, 10) + " " + unit.name
		}
	}
	return strconv.FormatInt(n, 10) + " bytes"
}

package fetch

import (
	"context"
	"io"
	"time"
)

// An exchanger asks once: it sends a question and gives the head of the answer,
// and the body as it comes. It follows no redirect, keeps no cookie and undoes
// no content encoding, but it keeps connections. It is used by many goroutines at
// once.
type exchanger interface {
	// exchange ends with ctx, and so does reading the body, which the caller
	// closes. With an error the response has what was known until then, and no
	// body. An error that is an *Error has its class; others are judged by
	// answerError.
	exchange(ctx context.Context, q question) (response, error)

	// close closes the connections that are idle.
	close()
}

// A question is a request as it is sent.
type question struct {
	target
	method string
	host   string  // the Host field
	header []Field // without Host; names may repeat; shared, never changed
}

// A response is the head of an answer, and how it came about.
type response struct {
	status int
	proto  string  // "HTTP/1.1", "HTTP/2.0"
	header []Field // names may repeat
	length int64   // of the body as announced; -1 is unknown
	body   io.ReadCloser

	phase     phase     // how far it came
	firstByte time.Time // when the answer began; zero is not
	peer      peer
}

// A peer is what a connection is to, and what making it took.
type peer struct {
	ip                string        // without port
	dns, connect, tls time.Duration // 0 for a kept connection
}

// A phase is where an exchange is.
type phase string

const (
	connecting phase = "connecting"
	waiting    phase = "waiting for headers"
	reading    phase = "reading the body"
)

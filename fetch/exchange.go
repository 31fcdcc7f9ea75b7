package fetch

import (
	"io"
	"time"
)

// A question is a request as it is sent.
type question struct {
	target
	method string
	host   string    // the Host field
	header []Field   // without Host; names may repeat; shared, never changed
	once   bool      // it is not sent again
	fresh  bool      // over a new connection
	record *recorder // takes the exchange down, in HTTP/1.1; nil: nobody wants it

	conditional bool // it has the validators of what is known
}

// A response is the head of an answer, and how it came about.
type response struct {
	status int
	proto  string        // "HTTP/1.1", "HTTP/2.0"
	header []Field       // names may repeat; valid until body is closed, the strings for ever
	length int64         // of the body as announced; -1 is unknown
	body   io.ReadCloser // ends with the exchange's context; nil after an error

	phase     phase     // how far it came
	unheard   bool      // not at all: it may be asked again, if it was asked once
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

// malformed is the error of what is not HTTP.
func malformed(what string) *Error {
	return &Error{Class: Protocol, Detail: "malformed answer (" + what + ")"}
}

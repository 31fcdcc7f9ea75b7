package fetch

import (
	"fmt"
	"strings"
)

// connectionEnded reports whether err is one of net/http's ways to say that the
// connection is gone which has no type, only a text.
func connectionEnded(err error) bool {
	text := gist(err)
	for _, known := range []string{
		"server closed idle connection", // before the request was written
		"unexpected EOF reading trailer",
		"GOAWAY",                 // HTTP/2: the server ends the connection
		"client connection lost", // HTTP/2: no answer to a ping
		"client conn ",           // HTTP/2: closed, not usable, could not be established
	} {
		if strings.Contains(text, known) {
			return true
		}
	}
	return false
}

// answeredUnasked reports whether err is net/http's for a connection on which
// the server spoke first.
func answeredUnasked(err error) bool { return strings.HasPrefix(gist(err), "readLoopPeekFailLocked") }

// streamError has the shape of net/http's error for the end of an HTTP/2
// stream, which errors.As takes it for.
type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (e streamError) Error() string { return e.explain().Detail }

// The names of HTTP/2's error codes, from 0 (RFC 9113 §7).
var streamCodes = []string{
	"NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED", "FRAME_SIZE_ERROR",
	"REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
}

func (e streamError) explain() *Error {
	name := fmt.Sprintf("code %d", e.Code)
	if int(e.Code) < len(streamCodes) {
		name = streamCodes[e.Code]
	}
	if name == "PROTOCOL_ERROR" {
		return &Error{Class: Protocol, Detail: "malformed answer (HTTP/2 " + name + ")"}
	}
	return &Error{Class: Reset, Detail: "stream reset (HTTP/2 " + name + ")"}
}

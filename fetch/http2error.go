package fetch

import (
	"fmt"

	"golang.org/x/net/http2"
)

// http2Malformed is the failure of an answer that breaks the rules.
func http2Malformed(how string) *Error {
	return &Error{Class: Protocol, Detail: "malformed answer (HTTP/2: " + how + ")"}
}

// http2Violation is the failure of a connection or a stream that is ended by us
// because a rule is broken.
func http2Violation(code http2.ErrCode) *Error {
	return &Error{Class: Protocol, Detail: "malformed answer (HTTP/2 " + http2CodeName(code) + ")"}
}

// http2Reset is the failure of a stream that the server ends. If it does so because
// it thinks that we break a rule, it will the next time, too.
func http2Reset(code http2.ErrCode) *Error {
	class := Reset
	if code == http2.ErrCodeProtocol {
		class = Protocol
	}
	return &Error{Class: class, Detail: "stream reset (HTTP/2 " + http2CodeName(code) + ")"}
}

// http2GoAway is the failure of a request that came too late.
func http2GoAway(code http2.ErrCode) *Error {
	return &Error{Class: Reset, Detail: "the server ends the connection (HTTP/2 " + http2CodeName(code) + ")"}
}

// http2Lost is the failure of an answer that shared its connection with e's.
func http2Lost(e *Error) *Error {
	return &Error{Class: Reset, Detail: "connection ended (" + e.Detail + ")"}
}

func http2CodeName(code http2.ErrCode) string {
	if code <= http2.ErrCodeHTTP11Required {
		return code.String()
	}
	return fmt.Sprintf("code %d", uint32(code))
}

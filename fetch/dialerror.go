package fetch

import (
	"errors"
	"net"
)

// dialError says why there is no TCP connection.
func dialError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok { // the guard's
		return e
	}
	if e := errnoError(err, Connect); e != nil {
		return e
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return &Error{Class: Timeout, Detail: "connection timed out"} // one address of several had its share of the time
	}
	return &Error{Class: Connect, Detail: "cannot connect (" + gist(err) + ")"}
}

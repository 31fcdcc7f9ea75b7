package fetch

import (
	"strconv"
	"strings"
)

// framing says where the body of an answer ends, and what becomes of the
// connection (RFC 9112 §6.3, §9.3).
type framing struct {
	chunked bool
	length  int64 // of a body that is not chunked; -1 is up to the connection's end
	keep    bool  // the connection may be used again after the body
}

// framingOf reads the fields that frame a body. A Transfer-Encoding overrides a
// Content-Length, but the connection is not used again then; in an answer of
// HTTP/1.0 it is an error (RFC 9112 §6.1, §6.3).
func framingOf(fields []Field, minor int) (framing, *Error) {
	f := framing{length: -1}
	var lengths, closes, stays bool
	for i := range fields {
		name, value := fields[i].Name, fields[i].Value
		switch len(name) { // which tells most fields apart from these
		case len("Content-Length"):
			if strings.EqualFold(name, "Content-Length") {
				if err := f.addLength(value, lengths); err != nil {
					return f, err
				}
				lengths = true
			}
		case len("Transfer-Encoding"):
			if strings.EqualFold(name, "Transfer-Encoding") {
				if err := f.addCoding(value); err != nil {
					return f, err
				}
			}
		case len("Connection"):
			if strings.EqualFold(name, "Connection") {
				closes = closes || hasMember(value, "close")
				stays = stays || hasMember(value, "keep-alive")
			}
		}
	}
	f.keep = (minor > 0 || stays) && !closes && !(f.chunked && lengths)
	if !f.chunked {
		return f, nil
	}
	if minor == 0 {
		return f, malformed("Transfer-Encoding in HTTP/1.0")
	}
	f.length = -1
	return f, nil
}

// addLength reads a Content-Length, which may be there more than once, and be a
// list, if all are the same (RFC 9110 §8.6).
func (f *framing) addLength(value string, again bool) *Error {
	for member := range strings.SplitSeq(value, ",") {
		member = trimBlanks(member)
		n, err := strconv.ParseInt(member, 10, 64)
		switch {
		case !isNumber(member) || err != nil:
			return malformed("Content-Length is not a number")
		case again && n != f.length:
			return malformed("conflicting Content-Lengths")
		}
		f.length, again = n, true
	}
	return nil
}

// addCoding reads a Transfer-Encoding. Nothing but chunked was asked for;
// identity is what old servers say for none.
func (f *framing) addCoding(value string) *Error {
	switch {
	case strings.EqualFold(value, "identity"):
		return nil
	case f.chunked || !strings.EqualFold(value, "chunked"):
		return malformed("unknown transfer encoding")
	}
	f.chunked = true
	return nil
}

func hasMember(list, name string) bool {
	for member := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(trimBlanks(member), name) {
			return true
		}
	}
	return false
}

// isFraming reports whether a field of this name says where the body ends.
func isFraming(name string) bool {
	return strings.EqualFold(name, "Content-Length") || strings.EqualFold(name, "Transfer-Encoding")
}

package fetch

import (
	"strconv"
	"time"

	"golang.org/x/net/http2"
)

// An http2Stream is what the screen knows of one request's stream. All but the
// first two are guarded by the screen's mu.
type http2Stream struct {
	head   bool   // the request is a HEAD
	cancel func() // ends the exchange

	id     uint32 // 0: the request has not been sent
	unsent bool   // nor wholly
	headed bool   // the head of the answer has come, not only 1xx,
	ended  bool   // and its end
	err    error  // its fault: the answer ends with it; the first one counts

	released bool // the exchange is over

	firstByte time.Time
	listSize  uint32 // of the heads up to now, as RFC 9113 §6.5.2 counts
	status    int
	header    []Field
	length    int64 // as announced; -1 is unknown
	got       int64 // bytes of the body
}

// begin is called when the answer begins, or one of several.
func (st *http2Stream) begin() {
	if st.firstByte.IsZero() {
		st.firstByte = time.Now()
	}
}

// fail ends the exchange with e.
func (st *http2Stream) fail(e *Error) {
	st.blame(e)
	st.cancel()
}

// blame is fail where the library ends the exchange.
func (st *http2Stream) blame(err error) {
	if st.err == nil {
		st.err = err
	}
}

// bodiless reports whether the answer has no body whatever its fields say, RFC
// 9110 §6.4.1.
func (st *http2Stream) bodiless() bool {
	return st.head || st.status == 204 || st.status == 304
}

// data is told of n bytes of the body before they pass, and reports whether they
// may.
func (st *http2Stream) data(n int64) bool {
	st.got += n
	switch {
	case st.err != nil: // the exchange is over
	case !st.headed:
		st.fail(http2Malformed("DATA before the head"))
	case st.bodiless() && n > 0:
		st.fail(http2Malformed("a body where none may be"))
	case st.length >= 0 && st.got > st.length && !st.bodiless():
		st.fail(http2Malformed("a body longer than its content-length"))
	default:
		return true
	}
	return false
}

// end is the server's END_STREAM.
func (st *http2Stream) end() {
	st.ended = true
	switch {
	case st.bodiless():
	case st.length > st.got:
		st.blame(&Error{Class: Truncated, Detail: "the body ended early"})
	case st.length < 0 && st.got == 0:
		st.length = 0
	}
}

// reset is the server's RST_STREAM.
func (st *http2Stream) reset(code http2.ErrCode) {
	switch {
	case st.ended: // it only says that it wants no more of the request
	case code == http2.ErrCodeRefusedStream && !st.headed:
		st.blame(unprocessed(http2Reset(code)))
	default:
		st.blame(http2Reset(code))
	}
}

// answer takes the head of an answer, and reports whether it is the final one.
func (st *http2Stream) answer(b *http2Block) (final bool) {
	st.listSize = b.list
	status, err := strconv.Atoi(b.status)
	switch {
	case b.fault != "":
		st.fail(http2Malformed(b.fault))
	case err != nil || len(b.status) != 3 || status < 100:
		st.fail(http2Malformed("no valid status"))
	case status == 101:
		st.fail(http2Malformed("status 101")) // RFC 9113 §8.6
	case status < 200 && b.last:
		st.fail(http2Malformed("the end after a 1xx answer"))
	case status < 200:
	default:
		st.headed, st.status, st.header = true, status, b.fields
		st.announce()
		if !st.head && st.bodiless() {
			st.length = 0
		}
	}
	return st.headed
}

// announce takes the length of the body from its fields, which may repeat it.
func (st *http2Stream) announce() {
	for _, f := range st.header {
		if f.Name != "content-length" {
			continue
		}
		n, err := strconv.ParseUint(f.Value, 10, 63)
		switch {
		case err != nil:
			st.fail(http2Malformed("bad content-length"))
		case st.length >= 0 && st.length != int64(n):
			st.fail(http2Malformed("conflicting content-lengths"))
		}
		st.length = int64(n)
	}
}

package fetch

import (
	"encoding/binary"

	"golang.org/x/net/http2"
)

const (
	http2HeadSize = 9       // of every frame, RFC 9113 §4.1
	http2MaxFrame = 1 << 14 // bytes after it; we allow no more than everybody has to
)

// An http2Frame is a frame while it comes.
type http2Frame struct {
	kind   http2.FrameType
	flags  http2.Flags
	id     uint32 // of its stream
	size   int    // bytes after the head,
	left   int    // and those of them that have not come
	margin int    // bytes before the fragment of a HEADERS frame that have not come
	pad    int    // bytes at the end of a DATA or HEADERS frame that mean nothing
	drop   bool   // it is left out

	args [8]byte // the first bytes of a RST_STREAM or GOAWAY frame,
	got  int     // as many of them as have come
}

// http2HeadLen is the length of the frame head that p begins with, with the byte
// that says how much padding there is; 0 is that it has not come whole.
func http2HeadLen(p []byte) int {
	if len(p) < http2HeadSize {
		return 0
	}
	n := http2HeadSize
	if f := parseHTTP2Frame(p[:n]); f.isPadded() && f.size > 0 {
		n++
	}
	if len(p) < n {
		return 0
	}
	return n
}

func parseHTTP2Frame(h []byte) http2Frame {
	f := http2Frame{
		size:  int(h[0])<<16 | int(h[1])<<8 | int(h[2]),
		kind:  http2.FrameType(h[3]),
		flags: http2.Flags(h[4]),
		id:    binary.BigEndian.Uint32(h[5:]) &^ (1 << 31),
	}
	f.left = f.size
	if f.kind == http2.FrameHeaders && f.flags.Has(http2.FlagHeadersPriority) {
		f.margin = 5
	}
	if len(h) > http2HeadSize {
		f.pad = int(h[http2HeadSize])
		f.left--
	}
	return f
}

func (f *http2Frame) isPadded() bool {
	return (f.kind == http2.FrameData || f.kind == http2.FrameHeaders) && f.flags.Has(http2.FlagDataPadded)
}

// content is the bytes to come that mean something.
func (f *http2Frame) content() int { return f.left - f.margin - f.pad }

// endsStream is for DATA and HEADERS, endsBlock for HEADERS and CONTINUATION.
func (f *http2Frame) endsStream() bool { return f.flags.Has(http2.FlagDataEndStream) }
func (f *http2Frame) endsBlock() bool  { return f.flags.Has(http2.FlagHeadersEndHeaders) }

// fits reports whether the frame has a size that frames of its type may have.
func (f *http2Frame) fits() bool {
	switch f.kind {
	case http2.FrameData, http2.FrameHeaders:
		if f.isPadded() && f.size == 0 || f.content() < 0 {
			return false
		}
	case http2.FrameRSTStream, http2.FrameWindowUpdate:
		return f.size == 4
	case http2.FrameSettings:
		return f.size%6 == 0 && (f.size == 0 || !f.flags.Has(http2.FlagSettingsAck)) && f.size <= http2MaxFrame
	case http2.FramePing:
		return f.size == 8
	case http2.FrameGoAway:
		return f.size >= 8 && f.size <= http2MaxFrame
	}
	return f.size <= http2MaxFrame
}

// standsOn reports whether a frame of its type may be sent on its stream, last
// being the one that was opened last.
func (f *http2Frame) standsOn(last uint32) bool {
	opened := f.id%2 == 1 && f.id <= last
	switch f.kind {
	case http2.FrameSettings, http2.FramePing, http2.FrameGoAway:
		return f.id == 0
	case http2.FrameWindowUpdate:
		return f.id == 0 || opened
	case http2.FrameData, http2.FrameHeaders, http2.FrameRSTStream, http2.FrameContinuation:
		return opened
	}
	return true
}

func (f *http2Frame) name() string {
	if f.kind > http2.FrameContinuation {
		return "unknown"
	}
	return f.kind.String()
}

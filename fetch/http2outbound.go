package fetch

import "golang.org/x/net/http2"

// http2Outbound takes apart what the library sends, to learn which streams are
// opened.
type http2Outbound struct {
	left    int // bytes after the frame head that have not been sent; at first the preface
	kind    http2.FrameType
	ends    bool // END_HEADERS
	held    [http2HeadSize]byte
	kept    int
	opening *http2Stream // whose header block is being sent
}

// pass is called with what will be sent. It gives the stream of which at least a
// part of the header block is in it. It is called with the screen's mu held.
func (out *http2Outbound) pass(s *http2Screen, p []byte) (opened *http2Stream) {
	opened = out.opening
	for len(p) > 0 {
		n := min(out.left, len(p))
		if n > 0 {
			out.left -= n
		} else {
			n = copy(out.held[out.kept:], p)
			if out.kept += n; out.kept < http2HeadSize {
				return opened
			}
			f := parseHTTP2Frame(out.held[:])
			out.kept, out.left, out.kind, out.ends = 0, f.size, f.kind, f.endsBlock()
			if f.kind == http2.FrameHeaders {
				out.opening = s.opening(f.id)
				opened = out.opening
			}
		}
		if p = p[n:]; out.left == 0 && out.ends && (out.kind == http2.FrameHeaders || out.kind == http2.FrameContinuation) {
			out.opening = nil
		}
	}
	return opened
}

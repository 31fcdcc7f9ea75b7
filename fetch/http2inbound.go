package fetch

import (
	"encoding/binary"

	"golang.org/x/net/http2"
)

const (
	http2Flood   = 1000 // frames in a row that bring no answer nearer
	http2Nowhere = 2    // a stream that there never is: even ones are a server's, and it may open none
)

// http2Inbound takes apart what a server sends. Its state is that between two
// reads, wherever they part the frames.
type http2Inbound struct {
	screen *http2Screen
	block  *http2Block
	frame  http2Frame // that is passing
	err    error      // comes when all that was before it has been handed on

	greeted bool                    // the SETTINGS have come that must be first
	held    [http2HeadSize + 1]byte // of a frame head that has not come whole
	kept    int                     // bytes of held

	small   [64]byte // for readers that have hardly room for a frame head
	pending []byte   // of small
}

func (in *http2Inbound) read(p []byte) (int, error) {
	if len(p) >= len(in.small) {
		return in.fill(p)
	}
	if len(in.pending) == 0 {
		n, err := in.fill(in.small[:])
		if err != nil {
			return 0, err
		}
		in.pending = in.small[:n]
	}
	n := copy(p, in.pending)
	in.pending = in.pending[n:]
	return n, nil
}

// fill reads until there is something to hand on.
func (in *http2Inbound) fill(p []byte) (int, error) {
	for in.err == nil {
		kept := copy(p, in.held[:in.kept])
		in.kept = 0
		n, err := in.screen.Conn.Read(p[kept:])
		in.err = err
		if n = in.pass(p[:kept+n]); n > 0 {
			return n, nil
		}
	}
	return 0, in.err
}

// pass looks at p and gives how many bytes of it may be handed on, which it
// moves to its beginning.
func (in *http2Inbound) pass(p []byte) (passed int) {
	in.screen.mu.Lock()
	defer in.screen.mu.Unlock()
	for at := 0; at < len(p); {
		n, err := in.step(p[at:])
		switch {
		case err != nil:
			in.err = err
			return passed
		case n == 0:
			in.kept = copy(in.held[:], p[at:])
			return passed
		case !in.frame.drop:
			if passed < at {
				copy(p[passed:], p[at:at+n])
			}
			passed += n
		}
		at += n
	}
	return passed
}

// step takes what there is of the frame that is passing, or the head of the next
// one, and gives its length; 0 is that a head has not come whole.
func (in *http2Inbound) step(p []byte) (n int, err error) {
	if n = min(in.frame.left, len(p)); n > 0 {
		err = in.content(p[:n])
		in.frame.left -= n
	} else if n = http2HeadLen(p); n > 0 {
		err = in.head(p[:n])
	}
	if n > 0 && in.frame.left == 0 && err == nil {
		err = in.complete()
	}
	return n, err
}

// head begins a frame. It may change where h says that it goes.
func (in *http2Inbound) head(h []byte) error {
	in.frame = parseHTTP2Frame(h)
	if err := in.check(); err != nil {
		return err
	}
	switch f := &in.frame; f.kind {
	case http2.FrameData:
		wanted, err := in.data()
		if !wanted {
			binary.BigEndian.PutUint32(h[5:], http2Nowhere)
		}
		return err
	case http2.FrameHeaders:
		return in.headers()
	case http2.FramePushPromise:
		return in.fatal(http2Malformed("server push"))
	case http2.FramePriority:
		f.drop = true
	default:
		f.drop = f.kind > http2.FrameContinuation
	}
	return in.count(in.frame.name() + " frames")
}

// check refuses a frame that may not stand here.
func (in *http2Inbound) check() error {
	f, block := &in.frame, in.block.id
	greeting := f.kind == http2.FrameSettings && !f.flags.Has(http2.FlagSettingsAck)
	switch {
	case !in.greeted && !greeting:
		return in.fatal(&Error{Class: Protocol, Detail: "the server does not speak HTTP/2"})
	case block != 0 && (f.kind != http2.FrameContinuation || f.id != block):
		return in.screen.fatal(block, http2Malformed(f.name()+" frame within a header block"))
	case block == 0 && f.kind == http2.FrameContinuation, !f.standsOn(in.screen.last):
		return in.fatal(http2Malformed(f.name() + " frame out of place"))
	case !f.fits():
		return in.fatal(http2Violation(http2.ErrCodeFrameSize))
	}
	in.greeted = true
	return nil
}

// data reports whether an answer takes a DATA frame.
func (in *http2Inbound) data() (wanted bool, err error) {
	f, s := &in.frame, in.screen
	st := s.streams[f.id]
	switch {
	case f.content() > 0 && st != nil:
		s.idle = 0
	case f.content() == 0 && !f.endsStream():
		err = in.count("empty DATA frames")
	}
	switch {
	case err != nil:
	case st == nil:
		if s.stray -= int64(f.size); s.stray < 0 {
			err = in.fatal(http2Malformed("DATA after the end"))
		}
	case st.ended:
		err = in.fatal(http2Malformed("DATA after the end"))
	default:
		wanted = st.data(int64(f.content()))
		if wanted && f.endsStream() {
			st.end()
		}
	}
	return wanted, err
}

func (in *http2Inbound) headers() error {
	f := &in.frame
	st := in.screen.streams[f.id]
	switch {
	case st == nil:
	case st.ended:
		return in.fatal(http2Malformed("HEADERS after the end"))
	case st.headed && !f.endsStream():
		return in.fatal(http2Malformed("trailers before the end"))
	default:
		st.begin()
	}
	in.block.begin(f.id, st, f.endsStream())
	return nil
}

// content takes some of what a frame has after its head.
func (in *http2Inbound) content(p []byte) (err error) {
	switch f := &in.frame; f.kind {
	case http2.FrameHeaders, http2.FrameContinuation:
		n := min(f.margin, len(p))
		left := f.content()
		f.margin -= n
		if p = p[n:min(n+max(left, 0), len(p))]; len(p) > 0 {
			return in.fragment(p, len(p) == left)
		}
	case http2.FrameRSTStream, http2.FrameGoAway:
		f.got += copy(f.args[f.got:], p)
	}
	return nil
}

func (in *http2Inbound) fragment(p []byte, whole bool) error {
	err := in.block.write(p, whole)
	switch {
	case in.block.tooLarge:
		return in.fatal(http2Malformed("header list over " + size(http2Head)))
	case err != nil:
		return in.fatal(http2Violation(http2.ErrCodeCompression))
	}
	return nil
}

// complete is called when a frame has come whole, before its last byte is handed
// on.
func (in *http2Inbound) complete() error {
	switch f, s := &in.frame, in.screen; f.kind {
	case http2.FrameHeaders, http2.FrameContinuation:
		return in.blockPart()
	case http2.FrameRSTStream:
		s.reset(f.id, http2.ErrCode(binary.BigEndian.Uint32(f.args[:])))
	case http2.FrameGoAway:
		last := binary.BigEndian.Uint32(f.args[:]) &^ (1 << 31)
		s.goAway(last, http2.ErrCode(binary.BigEndian.Uint32(f.args[4:])))
	}
	return nil
}

// blockPart is called when a part of a field block has come.
func (in *http2Inbound) blockPart() error {
	b := in.block
	if !in.frame.endsBlock() {
		if b.fault != "" { // of what follows nobody keeps account
			return in.fatal(http2Malformed(b.fault))
		}
		return nil
	}
	b.id = 0
	st := b.stream
	switch {
	case b.decoder.Close() != nil:
		return in.fatal(http2Violation(http2.ErrCodeCompression))
	case st == nil || st.err != nil: // the exchange is over
		return in.count("HEADERS frames")
	case b.trailer && b.pseudo:
		return in.fatal(http2Malformed("pseudo-header field in trailers"))
	case b.trailer && b.fault != "":
		st.fail(http2Malformed(b.fault))
	case b.trailer:
		st.end()
	default:
		return in.answer(st)
	}
	return nil
}

// answer is called when the head of an answer has come.
func (in *http2Inbound) answer(st *http2Stream) error {
	if !st.answer(in.block) {
		return in.count("1xx answers")
	}
	in.screen.idle = 0
	if in.block.last {
		st.end()
	}
	return nil
}

// count is called for what brings no answer nearer.
func (in *http2Inbound) count(what string) error {
	in.screen.idle++
	if in.screen.idle > http2Flood {
		return in.fatal(&Error{Class: Protocol, Detail: "flood of " + what + " (HTTP/2)"})
	}
	return nil
}

func (in *http2Inbound) fatal(e *Error) error { return in.screen.fatal(in.frame.id, e) }

package pool

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
)

// frameReader takes the frames out of a stream. It is one goroutine's.
type frameReader struct {
	r     io.Reader
	buf   []byte // what has been read
	taken int    // of buf
	err   error  // of r, for when buf is used up
}

func newFrameReader(r io.Reader) *frameReader { return &frameReader{r: r} }

// next returns the next frame, whose payload is good until the call after. The error
// is io.EOF only between frames, and io.ErrUnexpectedEOF within one; a *frameError is
// one that nobody has sent. After an error there is no next frame. The memory that it
// takes grows with the bytes that have come, not with those that a head promises.
func (r *frameReader) next() (frame, error) {
	head, err := r.peek(frameHead)
	if err != nil {
		return frame{}, err
	}
	length := binary.LittleEndian.Uint32(head)
	sum := binary.LittleEndian.Uint32(head[4:])
	if length < 2 || length > maxFrame {
		return frame{}, r.fail(&frameError{fmt.Sprintf("length %d", length)})
	}
	whole, err := r.peek(frameHead + int(length))
	if err != nil {
		return frame{}, err
	}
	body := whole[frameHead:]
	if crc32.Checksum(body, castagnoli) != sum {
		return frame{}, r.fail(&frameError{"checksum"})
	}
	f, err := parseFrame(body)
	if err != nil {
		return frame{}, r.fail(err)
	}
	r.taken += len(whole)
	return f, nil
}

// fail makes err the end: what follows a bad frame means nothing.
func (r *frameReader) fail(err error) error {
	r.buf, r.taken, r.err = nil, 0, err
	return err
}

// peek waits for n bytes, and does not take them.
func (r *frameReader) peek(n int) ([]byte, error) {
	for len(r.buf)-r.taken < n {
		if r.err == io.EOF && len(r.buf) > r.taken {
			return nil, r.fail(io.ErrUnexpectedEOF)
		}
		if r.err != nil {
			return nil, r.err
		}
		r.fill(n)
	}
	return r.buf[r.taken : r.taken+n], nil
}

// fill reads what there is, into the room behind what is not taken: that is moved to
// the front first, and where it fills the buffer, the buffer doubles.
func (r *frameReader) fill(n int) {
	rest := r.buf[r.taken:]
	switch {
	case cap(r.buf) == 0, cap(r.buf) > keptBuffer && n <= frameBuffer:
		r.buf = append(make([]byte, 0, frameBuffer), rest...)
	case len(rest) == cap(r.buf):
		r.buf = append(make([]byte, 0, min(n, 2*cap(r.buf))), rest...)
	case r.taken > 0:
		r.buf = append(r.buf[:0], rest...)
	}
	r.taken = 0
	for range 100 {
		var m int
		m, r.err = r.r.Read(r.buf[len(r.buf):cap(r.buf)])
		r.buf = r.buf[:len(r.buf)+m]
		if m > 0 || r.err != nil {
			return
		}
	}
	r.err = io.ErrNoProgress
}

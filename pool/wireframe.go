package pool

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"
	"time"
)

// frameKind is what a frame says.
type frameKind byte

const (
	frameHello   frameKind = iota + 1 // parentHello, workerHello
	frameCall                         // limit (see appendLimit), argument
	frameCancel                       // nothing
	frameResult                       // value
	frameFailure                      // error, as AppendError has it
	frameKinds                        // the first that is none
)

const (
	wireVersion = 1 // changes with anything here

	frameHead   = 8        // length and checksum
	maxFrame    = 64 << 20 // longest that is sent, or read, without the head
	frameBuffer = 64 << 10 // as much as a pipe holds
	keptBuffer  = 1 << 20  // a buffer that had to grow beyond it is not used again
)

// errFrameTooLarge is the error of what would need a frame longer than maxFrame.
var errFrameTooLarge = errors.New("more than 64 MiB")

// errNotAppended is a codec that breaks its contract.
var errNotAppended = errors.New("codec has not appended to what it was given")

// frameError is a frame that no worker and no parent sends.
type frameError struct{ reason string }

func (e *frameError) Error() string { return "bad frame: " + e.reason }

// frame is what goes between parent and worker, each way over a pipe of its own:
//
//	length    4 bytes, little endian: of what follows the checksum
//	checksum  4 bytes, little endian: CRC-32C of what follows it
//	kind      1 byte
//	id        uvarint: of the call; the hello has 0
//	payload
//
// Each side's first frame is its hello. Then the parent sends calls and cancels, and
// the worker one answer to each call: a result or a failure. A cancel is answered by
// what the call comes to, and is ignored if that has gone already.
type frame struct {
	kind    frameKind
	id      uint64
	payload []byte
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendFrame appends a frame whose payload fill appends; nil is none. If there is an
// error, dst is as it was.
func appendFrame(dst []byte, kind frameKind, id uint64, fill func([]byte) ([]byte, error)) ([]byte, error) {
	begin := len(dst)
	b := append(dst, make([]byte, frameHead)...)
	b = append(b, byte(kind))
	b = binary.AppendUvarint(b, id)
	if fill != nil {
		var err error
		if b, err = filled(b, begin, fill); err != nil {
			return dst, err
		}
	}
	body := b[begin+frameHead:]
	if len(body) > maxFrame {
		return dst, errFrameTooLarge
	}
	binary.LittleEndian.PutUint32(b[begin:], uint32(len(body)))
	binary.LittleEndian.PutUint32(b[begin+4:], crc32.Checksum(body, castagnoli))
	return b, nil
}

// filled has fill append the payload to b, and makes sure that it has appended: it
// may be a codec that is not ours.
func filled(b []byte, begin int, fill func([]byte) ([]byte, error)) ([]byte, error) {
	var head [frameHead + 1 + binary.MaxVarintLen64]byte
	n := copy(head[:], b[begin:])
	b, err := fill(b)
	if err != nil {
		return nil, err
	}
	if len(b) < begin+n || !slices.Equal(b[begin:begin+n], head[:n]) {
		return nil, errNotAppended
	}
	return b, nil
}

// parseFrame is the frame whose body, which follows the checksum, is intact.
func parseFrame(body []byte) (frame, error) {
	kind := frameKind(body[0])
	if kind == 0 || kind >= frameKinds {
		return frame{}, &frameError{"kind"}
	}
	id, n := binary.Uvarint(body[1:])
	if n <= 0 {
		return frame{}, &frameError{"id"}
	}
	return frame{kind, id, body[1+n:]}, nil
}

// appendLimit begins the payload of a call: how long it may take; 0 is any time.
func appendLimit(dst []byte, limit time.Duration) []byte {
	return binary.AppendUvarint(dst, uint64(max(limit, 0)))
}

// cutLimit takes the payload of a call apart.
func cutLimit(payload []byte) (limit time.Duration, argument []byte, err error) {
	u, n := binary.Uvarint(payload)
	limit = time.Duration(u)
	if n <= 0 || limit < 0 {
		return 0, nil, &frameError{"limit"}
	}
	return limit, payload[n:], nil
}

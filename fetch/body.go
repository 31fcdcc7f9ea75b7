package fetch

import (
	"context"
	"errors"
	"io"
	"math/bits"
	"sync"
)

const (
	firstRoom   = 32 << 10  // bytes that a body of unknown length begins with
	trustedRoom = 256 << 10 // and the most that one of announced length begins with
)

// errTooLarge is what fill ends with at its limit.
var errTooLarge = errors.New("the body is over the limit")

// A body is bytes that are read into memory within a loan.
type body struct {
	loan  *loan
	bytes []byte  // what has been read
	store *[]byte // where bytes is; nil before the first
	kept  bool    // a recorder has it: neither recycle nor drop does anything
	probe [1]byte
}

// fill reads r to its end. The body may have limit bytes: one more, and the error
// is errTooLarge. hint is how many are expected, 0 if that is not known; it
// decides how much room is made at a time. An error of r comes back as it is, and
// so does that of ctx.
func (b *body) fill(ctx context.Context, r io.Reader, limit, hint int64) error {
	room := int64(firstRoom)
	if hint > 0 {
		room = min(hint, trustedRoom)
	}
	if err := b.grow(ctx, min(room, limit)); err != nil {
		return err
	}
	for ctx.Err() == nil {
		free := b.bytes[len(b.bytes):min(int64(cap(b.bytes)), limit)]
		full := len(free) == 0
		if full {
			free = b.probe[:] // does it end here?
		}
		n, err := r.Read(free)
		if n > 0 && full {
			if int64(len(b.bytes)) == limit {
				return errTooLarge
			}
			if err := b.grow(ctx, min(max(2*int64(len(b.bytes)), hint), limit)); err != nil {
				return err
			}
			b.bytes = append(b.bytes, b.probe[0])
		} else {
			b.bytes = b.bytes[:len(b.bytes)+n]
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// grow makes room for n bytes in all. The old room is given back only when its
// bytes have been copied, which the loan does not count.
func (b *body) grow(ctx context.Context, n int64) error {
	class, size := roomClass(n)
	if err := b.loan.take(ctx, size-int64(b.room())); err != nil {
		return err
	}
	store, ok := rooms[class].Get().(*[]byte)
	if !ok {
		fresh := make([]byte, size)
		store = &fresh
	}
	used := copy(*store, b.bytes)
	b.recycle()
	b.store, b.bytes = store, (*store)[:used]
	return nil
}

func (b *body) room() int {
	if b.store == nil {
		return 0
	}
	return len(*b.store)
}

// recycle lets the room be used by other bodies.
func (b *body) recycle() {
	if b.store == nil || b.kept {
		return
	}
	recycleRoom(b.store)
	b.store, b.bytes = nil, nil
}

func recycleRoom(store *[]byte) {
	class, _ := roomClass(int64(len(*store)))
	rooms[class].Put(store)
}

// drop gives the room and its part of the loan back.
func (b *body) drop() {
	if b.kept {
		return
	}
	b.loan.give(int64(b.room()))
	b.recycle()
}

// rooms are buffers that are free, by class.
var rooms [256]sync.Pool

// roomClass is the smallest class of rooms for n bytes, and its size. There are
// four to each doubling, from 4 KiB.
func roomClass(n int64) (class int, size int64) {
	const smallest = 4 << 10
	if n <= smallest {
		return 0, smallest
	}
	shift := bits.Len64(uint64(n-1)) - 3 // (n-1)>>shift is 4 to 7
	quarters := (n-1)>>shift + 1         // 5 to 8
	return (shift-10)*4 + int(quarters) - 4, quarters << shift
}

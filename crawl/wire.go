package crawl

import (
	"encoding/binary"
	"errors"
	"time"

	"trawl/fetch"
)

// wire carries values between this process and its workers, field by field: the
// function that lists a type's fields appends them to data, or, reading, takes them
// from its front. Every URL comes by here, so no names travel and nothing is looked up: a
// third of the bytes and a fifth of the time of CBOR.
type wire struct {
	data    []byte
	reading bool
	torn    bool // data has ended too early; what is read is zero from there on
}

var errTorn = errors.New("it is torn")

// end is the error of a reading that should have met the end of data.
func (w *wire) end() error {
	if w.torn || len(w.data) > 0 {
		return errTorn
	}
	return nil
}

// tear makes all that is still read zero.
func (w *wire) tear() { w.data, w.torn = nil, true }

func wireNumber[T ~int | ~int64](w *wire, v *T) {
	if !w.reading {
		w.data = binary.AppendVarint(w.data, int64(*v))
		return
	}
	n, size := binary.Varint(w.data)
	if size <= 0 {
		w.tear()
		return
	}
	w.data = w.data[size:]
	*v = T(n)
}

func wireFlag(w *wire, v *bool) {
	n := 0
	if *v {
		n = 1
	}
	wireNumber(w, &n)
	*v = n != 0
}

func wireText[T ~string](w *wire, v *T) {
	n := len(*v)
	wireNumber(w, &n)
	switch {
	case !w.reading:
		w.data = append(w.data, *v...)
	case n < 0 || n > len(w.data):
		w.tear()
	default:
		*v = T(w.data[:n])
		w.data = w.data[n:]
	}
}

// wireRaw carries nil for what is empty.
func wireRaw[T ~[]byte](w *wire, v *T) {
	s := string(*v)
	wireText(w, &s)
	if w.reading && s != "" {
		*v = T(s)
	}
}

// wireTime carries a time to the nanosecond, in UTC.
func wireTime(w *wire, v *time.Time) {
	seconds, rest := v.Unix(), v.Nanosecond()
	wireNumber(w, &seconds)
	wireNumber(w, &rest)
	if w.reading {
		*v = time.Unix(seconds, int64(rest)).UTC()
	}
}

const maxListed = 1 << 16

// wireList carries nil for what is empty. Each item takes a byte at least, so that
// a length alone costs nothing.
func wireList[T any](w *wire, v *[]T, item func(*wire, *T)) {
	n := len(*v)
	wireNumber(w, &n)
	if !w.reading {
		for i := range *v {
			item(w, &(*v)[i])
		}
		return
	}
	if n > maxListed {
		w.tear()
	}
	for i := 0; i < n && !w.torn; i++ {
		var one T
		item(w, &one)
		*v = append(*v, one)
	}
}

func wireField(w *wire, f *fetch.Field) {
	wireText(w, &f.Name)
	wireText(w, &f.Value)
}

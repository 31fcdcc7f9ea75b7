package pool

import (
	"bytes"
	"reflect"
	"sync"

	"github.com/fxamacker/cbor/v2"
)

// Codec turns values into bytes for another process, and back. It is used by
// many goroutines at once. A panic in it is the error of the call whose value it had.
type Codec[T any] interface {
	Append(dst []byte, v T) ([]byte, error) // appends v to dst
	Decode(data []byte) (T, error)          // keeps nothing of data
}

// CBOR is the codec that [Processes] and [Serve] use if they are given none: RFC
// 8949, by the rules that encoding/json has for fields and tags (`cbor:"name"`, or
// else `json:"name"`), without its losses: integers, floats, nil and empty slices
// and times to the nanosecond arrive as they were, a time in UTC. Strings may hold
// any bytes.
//
// Unexported fields do not travel, and a type that has no others, a channel or a
// function is refused. A field of a type other than any that is an interface can
// only be nil. In an any, integers arrive as int64, lists as []any, structs and
// maps as map[string]any.
//
// What is decoded may come from a process that has run wild: it may be nested 1,000
// levels deep and a list or map have 1,048,576 items, and a map no key twice. Beyond
// that is an error, as is a value that contains itself.
func CBOR[T any]() Codec[T] {
	return &cborCodec[T]{travels: travelOf[T]()}
}

// Decoding reads data to its end before it makes anything of it, so that a head that
// promises a million items must have come with a byte for each.
const (
	maxNesting = 1000
	maxItems   = 1 << 20
)

var (
	cborEncoding = must(cbor.EncOptions{
		// In its own zone a time would change, if that is not a whole number of minutes.
		Time:          cbor.TimeRFC3339NanoUTC,
		TimeTag:       cbor.EncTagRequired, // so that it is a time in an any, too
		TextMarshaler: cbor.TextMarshalerTextString,
	}.UserBufferEncMode())

	cborDecoding = must(cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		MaxNestedLevels:   maxNesting,
		MaxArrayElements:  maxItems,
		MaxMapPairs:       maxItems,
		IndefLength:       cbor.IndefLengthForbidden,
		IntDec:            cbor.IntDecConvertSignedOrFail,
		DefaultMapType:    reflect.TypeFor[map[string]any](),
		UTF8:              cbor.UTF8DecodeInvalid, // a Go string may hold any bytes
		FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
		TextUnmarshaler:   cbor.TextUnmarshalerTextString,
	}.DecMode())
)

func must[T any](mode T, err error) T {
	if err != nil {
		panic(err)
	}
	return mode
}

type cborCodec[T any] struct {
	travels travel
	desks   sync.Pool // of *desk[T]
}

// desk has a value and a buffer where the library wants pointers to them, so that a
// call need not allocate any.
type desk[T any] struct {
	value T
	buf   bytes.Buffer
}

func (c *cborCodec[T]) desk() *desk[T] {
	if d, ok := c.desks.Get().(*desk[T]); ok {
		return d
	}
	return new(desk[T])
}

func (c *cborCodec[T]) clear(d *desk[T]) {
	*d = desk[T]{}
	c.desks.Put(d)
}

func (c *cborCodec[T]) Append(dst []byte, v T) ([]byte, error) {
	d := c.desk()
	defer c.clear(d)
	d.value = v
	if err := c.travels.check(&d.value); err != nil {
		return dst, err
	}
	d.buf = *bytes.NewBuffer(dst)
	if err := cborEncoding.MarshalToBuffer(&d.value, &d.buf); err != nil {
		return dst, err
	}
	return d.buf.Bytes(), nil
}

func (c *cborCodec[T]) Decode(data []byte) (v T, err error) {
	if c.travels.refused != nil {
		return v, c.travels.refused
	}
	d := c.desk()
	defer c.clear(d)
	if err := cborDecoding.Unmarshal(data, &d.value); err != nil {
		return v, err
	}
	return d.value, nil
}

// asError is deferred: a panic becomes the error. (It is for code that is not ours;
// what ends the goroutine instead is seen by whoever has it.)
func asError(err *error) {
	if r := recover(); r != nil {
		*err = newPanicError(r)
	}
}

// appendValue is c.Append, whose panic is an error.
func appendValue[T any](c Codec[T], dst []byte, v T) (data []byte, err error) {
	defer asError(&err)
	return c.Append(dst, v)
}

// decodeValue is c.Decode, whose panic is an error.
func decodeValue[T any](c Codec[T], data []byte) (v T, err error) {
	defer asError(&err)
	return c.Decode(data)
}

// codecOr is c, or the codec of who has named none.
func codecOr[T any](c Codec[T]) Codec[T] {
	if c == nil {
		return CBOR[T]()
	}
	return c
}

package fetch

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
)

// maxCodings is how many content codings may be applied one on the other.
const maxCodings = 3

// A decoder undoes a content coding.
type decoder interface {
	io.Reader
	Reset(r *bufio.Reader) error
}

// unpackers are the codings that can be undone, and the unpackers that are free.
var unpackers = map[string]*sync.Pool{
	"gzip":    {New: func() any { return &unpacker{name: "gzip", decoder: new(gzipDecoder)} }},
	"deflate": {New: func() any { return &unpacker{name: "deflate", decoder: new(deflateDecoder)} }},
	"br":      {New: func() any { return &unpacker{name: "br", decoder: new(brotliDecoder)} }},
	"zstd":    {New: func() any { return &unpacker{name: "zstd", decoder: newZstdDecoder()} }},
}

// codings is what a body was packed with, in this order (RFC 9110 §8.4).
func (resp *response) codings() ([]string, *Error) {
	var names []string
	for _, name := range resp.list("Content-Encoding") {
		if name == "identity" {
			continue
		}
		if name == "x-gzip" {
			name = "gzip"
		}
		if unpackers[name] == nil {
			return nil, &Error{Class: Decode, Detail: fmt.Sprintf("unknown content encoding %q", cut(name, 20))}
		}
		names = append(names, name)
	}
	if len(names) > maxCodings {
		return nil, &Error{Class: Decode, Detail: "too many content encodings"}
	}
	return names, nil
}

func cut(s string, n int) string { return s[:min(n, len(s))] }

// unpack calls read with the bytes of packed, codings undone. What it reads ends
// with an *Error if the packed bytes are broken, and with io.ErrUnexpectedEOF if
// they end too early.
func unpack(ctx context.Context, packed []byte, codings []string, read func(io.Reader) error) error {
	var r io.Reader = bytes.NewReader(packed)
	for _, name := range slices.Backward(codings) {
		u := unpackers[name].Get().(*unpacker)
		defer unpackers[name].Put(u)
		u.reset(inTime{ctx, r})
		r = u
	}
	return read(r)
}

// An unpacker is a decoder that says of which coding an error is. It is kept
// and used again.
type unpacker struct {
	name    string
	in      bufio.Reader
	decoder decoder
	err     error // the first
}

func (u *unpacker) reset(r io.Reader) {
	u.in.Reset(r)
	u.err = u.explain(u.decoder.Reset(&u.in))
}

func (u *unpacker) Read(p []byte) (n int, err error) {
	if u.err == nil {
		n, err = u.decoder.Read(p)
		u.err = u.explain(err)
	}
	return n, u.err
}

func (u *unpacker) explain(err error) error {
	if _, ok := errors.AsType[*Error](err); ok || err == nil || err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	return &Error{Class: Decode, Detail: "broken " + u.name}
}

// inTime ends with ctx: a decoder may read for ever and give nothing.
type inTime struct {
	ctx context.Context
	io.Reader
}

func (r inTime) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

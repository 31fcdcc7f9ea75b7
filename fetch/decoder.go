package fetch

import (
	"bufio"
	"bytes"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// zstdWindow is the window that RFC 9659 requires a decoder to support; larger
// ones are refused.
const zstdWindow = 8 << 20

// gzipDecoder undoes one or more gzip members (RFC 1952 §2.2). It ignores what
// follows the last member, as browsers and gzip(1) do.
type gzipDecoder struct {
	in     *bufio.Reader
	member gzip.Reader
}

func (d *gzipDecoder) Reset(r *bufio.Reader) error {
	d.in = r
	return d.next()
}

func (d *gzipDecoder) next() error {
	err := d.member.Reset(d.in)
	d.member.Multistream(false)
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (d *gzipDecoder) Read(p []byte) (int, error) {
	for {
		n, err := d.member.Read(p)
		if n > 0 || err != io.EOF {
			return n, skipEOF(err)
		}
		if magic, _ := d.in.Peek(2); !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
			return 0, io.EOF
		}
		if err := d.next(); err != nil {
			return 0, err
		}
	}
}

// skipEOF: the end of a member is met again with the next read.
func skipEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// deflateDecoder undoes "deflate", which is zlib (RFC 9110 §8.4.1.2) but comes
// from some servers without zlib's header and checksum; browsers take both.
type deflateDecoder struct {
	io.Reader
	zlib io.ReadCloser // nil before the first
	raw  io.ReadCloser
}

func (d *deflateDecoder) Reset(r *bufio.Reader) error {
	header, err := r.Peek(2)
	if err != nil {
		return io.ErrUnexpectedEOF
	}
	const deflateMethod = 8
	if header[0]&0x0f == deflateMethod && (int(header[0])<<8|int(header[1]))%31 == 0 {
		return d.resetZlib(r)
	}
	if d.raw == nil {
		d.raw = flate.NewReader(r)
	}
	d.Reader = d.raw
	return d.raw.(flate.Resetter).Reset(r, nil)
}

func (d *deflateDecoder) resetZlib(r io.Reader) (err error) {
	if d.zlib == nil {
		d.zlib, err = zlib.NewReader(r)
	} else {
		err = d.zlib.(zlib.Resetter).Reset(r, nil)
	}
	d.Reader = d.zlib
	return err
}

// brotliDecoder undoes "br" (RFC 7932).
type brotliDecoder struct{ brotli.Reader }

func (d *brotliDecoder) Reset(r *bufio.Reader) error { return d.Reader.Reset(r) }

// zstdDecoder undoes "zstd" (RFC 8878).
type zstdDecoder struct{ *zstd.Decoder }

func newZstdDecoder() *zstdDecoder {
	d, err := zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(1), // which needs no goroutines, so that none has to be closed
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(zstdWindow))
	if err != nil {
		panic(err) // of wrong options only
	}
	return &zstdDecoder{d}
}

func (d *zstdDecoder) Reset(r *bufio.Reader) error { return d.Decoder.Reset(r) }

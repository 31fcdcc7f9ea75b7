package crawl

import (
	"bufio"
	"bytes"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxWindow is how much memory a zstd list may need: the default limit of the zstd
// command, too.
const maxWindow = 128 << 20

// unpack decompresses a list in gzip (RFC 1952) or zstd (RFC 8878), which its first
// bytes tell, whatever its name; anything else stays as it is. Several members or
// frames make one list.
func unpack(r io.Reader) (io.Reader, error) {
	br := bufio.NewReaderSize(r, chunkSize)
	// One byte at a time: a plain list may be slow to come.
	for n := 1; ; n++ {
		head, err := br.Peek(n)
		if err != nil || !isMagic(head) {
			return br, nil // whose Read returns the error again
		}
		switch {
		case bytes.Equal(head, gzipMagic):
			return gzip.NewReader(br)
		case len(head) == len(zstdMagic):
			return zstd.NewReader(br,
				zstd.WithDecoderConcurrency(1), // no goroutines
				zstd.WithDecoderLowmem(true),
				zstd.WithDecoderMaxMemory(maxWindow))
		}
	}
}

var (
	gzipMagic = []byte{0x1f, 0x8b, 8}
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}
	skipMagic = []byte{0x2a, 0x4d, 0x18} // of a skippable frame, after a byte from 0x50 to 0x5f
)

// isMagic reports whether head may be the beginning of an archive.
func isMagic(head []byte) bool {
	return bytes.HasPrefix(gzipMagic, head) || bytes.HasPrefix(zstdMagic, head) ||
		head[0]&0xf0 == 0x50 && bytes.HasPrefix(skipMagic, head[1:])
}

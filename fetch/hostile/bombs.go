package hostile

import (
	"bytes"
	"compress/flate"
	"io"
	"strings"

	"github.com/andybalholm/brotli"

	"trawl/fetch"
)

// bombs are small on the wire, and in memory as large as they are allowed to be.
func bombs() []design {
	return []design{
		{name: "a gzip bomb", want: tooLarge, answer: coded("gzip", gzipBomb())},
		{name: "a deflate bomb", want: tooLarge, answer: coded("deflate", "\x78\x9c"+deflateZeros())},
		{name: "a br bomb", want: tooLarge, answer: coded("br", brBomb())},
		{name: "a zstd bomb", want: tooLarge, answer: coded("zstd", zstdBomb())},
		{name: "a gzip bomb in gzip", want: tooLarge, answer: coded("gzip, gzip", often("gzip", gzipBomb(), 1))},
		{name: "a gzip bomb in gzip in gzip", want: tooLarge, answer: coded("gzip, gzip, gzip", often("gzip", gzipBomb(), 2))},
		{name: "a zstd bomb in gzip", want: tooLarge, answer: coded("zstd, gzip", often("gzip", zstdBomb(), 1))},
		{name: "a gzip bomb in gzip, called so in two headers", want: tooLarge, answer: coded("gzip\r\nContent-Encoding: gzip", often("gzip", gzipBomb(), 1))},
		{name: "a gzip bomb in chunks", want: tooLarge, answer: acts{say(ok + "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked("", gzipBomb()))}},
		{name: "a gzip bomb for a failure", want: busy, answer: acts{say("HTTP/1.1 404 Not Found\r\nContent-Encoding: gzip\r\n\r\n" + gzipBomb())}},

		{name: "members without end", want: tooLarge, answer: repeats("gzip", "", string(packed("gzip", []byte("hello"))))},
		{name: "empty members without end", want: unbounded, answer: repeats("gzip", "", string(packed("gzip", nil)))},
		{name: "empty blocks without end", want: unbounded, answer: repeats("deflate", "", "\x00\x00\x00\xff\xff")},
		{name: "frames to skip without end", want: unbounded, answer: repeats("zstd", "", "\x50\x2a\x4d\x18\x04\x00\x00\x00skip")},
		{name: "a name in gzip without end", want: unbounded, answer: repeats("gzip", "\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\x03", "name")},
		{name: "empty metablocks of br without end", want: unbounded, answer: repeats("br", "\x0c", "\x06")},
	}
}

// unbounded is for what comes to nothing, and never ends.
var unbounded = fails(fetch.TooLarge, fetch.Decode)

// repeats is an answer that repeats a packed text without end.
func repeats(coding, begin, text string) acts {
	return acts{say(ok + "Content-Encoding: " + coding + "\r\n\r\n" + begin), flood(text)}
}

// bombSize is what a bomb comes to, and bombPart what is made of it and then repeated.
const (
	bombSize = 256 << 20
	bombPart = 1 << 20
)

var bombZeros = make([]byte, bombPart)

func gzipBomb() string { return "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + deflateZeros() }

func zstdBomb() string { return strings.Repeat(string(packed("zstd", bombZeros)), bombSize/bombPart) }

// deflateZeros are blocks that each stand for themselves. They have no end, which would
// need a checksum.
func deflateZeros() string {
	var b bytes.Buffer
	w := must(flate.NewWriter(&b, flate.BestCompression))
	flushed(w)
	return strings.Repeat(b.String(), bombSize/bombPart)
}

// brBomb repeats its second part; the first begins with the size of the window.
func brBomb() string {
	var b bytes.Buffer
	w := brotli.NewWriter(&b)
	flushed(w)
	first := b.String()
	b.Reset()
	flushed(w)
	return first + strings.Repeat(b.String(), bombSize/bombPart)
}

// flushed writes a part.
func flushed(w interface {
	io.Writer
	Flush() error
}) {
	must(w.Write(bombZeros))
	must(0, w.Flush())
}

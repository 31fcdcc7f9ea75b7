package hostile

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"trawl/fetch"
)

var (
	undecodable = fails(fetch.Decode)
	nonsense    = fails(fetch.Decode, fetch.Truncated) // it may seem to be the beginning of something
)

// coded is an answer whose body has one content coding, whatever it is.
func coded(coding, body string) acts { return acts{say(codedHead(coding, body)), keep} }

func codedHead(coding, body string) string {
	return fmt.Sprintf("%sContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s", ok, coding, len(body), body)
}

// packings are the content codings that there are packers for.
var packings = []string{"gzip", "deflate", "br", "zstd"}

// codings are broken, or not what they say.
func codings() (all []design) {
	const hello = "hello, packed world"
	const size = int64(len(hello))
	in := func(coding string) string { return string(packed(coding, []byte(hello))) }
	for _, coding := range packings {
		whole := in(coding)
		all = append(all,
			design{name: "half of " + coding, want: nonsense, answer: coded(coding, whole[:len(whole)/2])},
			design{name: "all but a byte of " + coding, want: nonsense, answer: coded(coding, whole[:len(whole)-1])},
			design{name: "a byte of " + coding, want: nonsense, answer: coded(coding, whole[:1])},
			design{name: "nothing of " + coding, want: gives(0).or(fetch.Truncated, fetch.Decode), answer: coded(coding, "")},
			design{name: "plain, called " + coding, want: nonsense, answer: coded(coding, "<!doctype html>"+hello)},
			design{name: "junk after " + coding, want: gives(size).or(fetch.Decode), answer: coded(coding, whole+"junk")},
			design{name: "a lot of junk after " + coding, want: gives(size).or(fetch.Decode), answer: coded(coding, whole+strings.Repeat("junk", 20_000))},
			design{name: coding + " twice, called so in two headers", want: gives(size), answer: acts{say(ok + "Content-Encoding: " + coding + "\r\n" +
				strings.TrimPrefix(codedHead(coding, string(packed(coding, []byte(whole)))), ok)), keep}},
			design{name: coding + " once, called twice", want: nonsense, answer: coded(coding+", "+coding, whole)},
			design{name: coding + " in random", want: nonsense, answer: coded(coding, noise)},
		)
	}
	return append(all,
		design{name: "gzip with a wrong checksum", want: undecodable, answer: coded("gzip", flip(in("gzip"), -8))},
		design{name: "gzip with a wrong size", want: undecodable, answer: coded("gzip", flip(in("gzip"), -4))},
		design{name: "gzip with an unknown method", want: undecodable, answer: coded("gzip", flip(in("gzip"), 2))},
		design{name: "deflate with a wrong checksum", want: undecodable, answer: coded("deflate", flip(in("deflate"), -1))},
		design{name: "deflate that wants a dictionary", want: undecodable, answer: coded("deflate", "\x78\xbb\x12\x34\x56\x78"+in("deflate")[2:])},
		design{name: "deflate without zlib", want: gives(size), answer: coded("deflate", in("deflate")[2:len(in("deflate"))-4])},
		design{name: "zstd with a wrong checksum", want: undecodable, answer: coded("zstd", flip(in("zstd"), -1))},
		design{name: "zstd that wants a dictionary", want: undecodable, answer: coded("zstd", "\x28\xb5\x2f\xfd\x21\x07\x05\x29\x00\x00hello")},
		design{name: "zstd with a window of 3.75 TiB", want: undecodable, answer: coded("zstd", "\x28\xb5\x2f\xfd\x00\xff\x29\x00\x00hello")},
		design{name: "zstd with a window of 1 GiB", want: undecodable, answer: coded("zstd", "\x28\xb5\x2f\xfd\x00\xa0\x29\x00\x00hello")},
		design{name: "br with a large window", want: nonsense, answer: coded("br", "\x11\x1e\x0b\x02\x80hello\x03")},
		design{name: "a thousand codings", want: undecodable, answer: coded(strings.TrimSuffix(strings.Repeat("gzip, ", 1000), ", "), in("gzip"))},
		design{name: "a thousand codings in a thousand headers", want: undecodable, answer: acts{say(ok + strings.Repeat("Content-Encoding: br\r\n", 1000) + five), keep}},
		design{name: "ten codings, all true", want: gives(size).or(fetch.Decode), answer: coded(strings.TrimSuffix(strings.Repeat("gzip, ", 10), ", "), often("gzip", hello, 10))},
		design{name: "three codings, all true", want: gives(size), answer: coded("br, zstd, gzip", string(packed("gzip", packed("zstd", packed("br", []byte(hello))))))},
		design{name: "three codings in the wrong order", want: nonsense, answer: coded("gzip, zstd, br", string(packed("gzip", packed("zstd", packed("br", []byte(hello))))))},
		design{name: "an unknown coding", want: undecodable, answer: coded("snappy", hello)},
		design{name: "compress", want: undecodable, answer: coded("compress", hello)},
		design{name: "a charset for a coding", want: undecodable, answer: coded("utf-8", hello)},
		design{name: "gzip in quotes", want: undecodable, answer: coded(`"gzip"`, in("gzip"))},
		design{name: "gzip with a parameter", want: undecodable, answer: coded("gzip;q=1", in("gzip"))},
		design{name: "a coding of 100,000 letters", want: undecodable, answer: coded(strings.Repeat("x", 100_000), hello)},
		design{name: "commas for codings", want: gives(size), answer: coded(", ,gzip,,", in("gzip"))},
		design{name: "GZIP", want: gives(size), answer: coded("GZIP", in("gzip"))},
		design{name: "x-gzip", want: gives(size), answer: coded("x-gzip", in("gzip"))},
		design{name: "identity", want: gives(size), answer: coded("identity", hello)},
		design{name: "no coding, but gzip", want: gives(int64(len(in("gzip")))), answer: acts{say(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/gzip\r\nContent-Length: %d\r\n\r\n%s", len(in("gzip")), in("gzip"))), keep}},
		design{name: "empty members and then some", want: gives(size).or(fetch.Decode), answer: coded("gzip", strings.Repeat(string(packed("gzip", nil)), 10_000)+in("gzip"))},
		design{name: "empty frames and then some", want: gives(size).or(fetch.Decode), answer: coded("zstd", strings.Repeat("\x28\xb5\x2f\xfd\x20\x00\x01\x00\x00", 10_000)+in("zstd"))},
		design{name: "frames to skip and then some", want: gives(size).or(fetch.Decode), answer: coded("zstd", strings.Repeat("\x50\x2a\x4d\x18\x00\x00\x00\x00", 10_000)+in("zstd"))},
		design{name: "a frame to skip of 4 GiB", want: nonsense, answer: coded("zstd", "\x50\x2a\x4d\x18\xff\xff\xff\xff"+in("zstd"))},
		design{name: "a member and half of another", want: nonsense, answer: coded("gzip", in("gzip")+in("gzip")[:12])},
	)
}

// often is text packed again and again.
func often(coding, text string, times int) string {
	for range times {
		text = string(packed(coding, []byte(text)))
	}
	return text
}

// flip changes a byte, from the end if it is below 0.
func flip(text string, at int) string {
	b := []byte(text)
	if at < 0 {
		at += len(b)
	}
	b[at] ^= 0x55
	return string(b)
}

// noise is the same each time, and no packed text.
var noise = func() string {
	b := make([]byte, 1000)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return string(b)
}()

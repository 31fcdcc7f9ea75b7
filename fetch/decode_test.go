package fetch_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"trawl/fetch"
)

// packings packs as servers do.
var packings = map[string]func([]byte) []byte{
	"identity": func(b []byte) []byte { return b },
	"gzip":     func(b []byte) []byte { return packed(b, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }) },
	"deflate":  func(b []byte) []byte { return packed(b, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }) },
	"br": func(b []byte) []byte {
		return packed(b, func(w io.Writer) io.WriteCloser { return brotli.NewWriterLevel(w, brotli.BestSpeed) })
	},
	"zstd": func(b []byte) []byte {
		return packed(b, func(w io.Writer) io.WriteCloser { z, _ := zstd.NewWriter(w); return z })
	},
}

func packed(b []byte, packer func(io.Writer) io.WriteCloser) []byte {
	var out bytes.Buffer
	w := packer(&out)
	w.Write(b)
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func rawDeflate(b []byte) []byte {
	return packed(b, func(w io.Writer) io.WriteCloser { z, _ := flate.NewWriter(w, 9); return z })
}

// packedPage serves one body with this Content-Encoding.
func packedPage(t *testing.T, encoding string, body []byte) (url string) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", encoding)
		w.Header().Set("Content-Type", "text/plain")
		w.Write(body)
	}))
	t.Cleanup(site.Close)
	return site.URL
}

func text(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = 'a' + byte(r.IntN(8))
	}
	return b
}

func TestEveryOfferedCodingIsUndone(t *testing.T) {
	c := newClient(t, fetch.ClientOptions{})
	for _, n := range []int{1, 1000, 300_000} {
		content := text(n)
		for coding, pack := range packings {
			body := pack(content)
			page := get(t, c, packedPage(t, coding, body))
			wantBody(t, page, string(content))
			if page.WireBytes != int64(len(body)) {
				t.Errorf("%s: %d bytes on the wire, want %d", coding, page.WireBytes, len(body))
			}
		}
	}
}

func TestCodingsOnEachOtherAndTheirOtherNames(t *testing.T) {
	c := newClient(t, fetch.ClientOptions{})
	content := text(10_000)
	gz, br := packings["gzip"], packings["br"]
	for encoding, body := range map[string][]byte{
		"x-gzip":                 gz(content),
		"GZIP":                   gz(content),
		"deflate":                rawDeflate(content),
		"gzip, br":               br(gz(content)),
		"br, gzip":               gz(br(content)),
		"gzip, identity, gzip":   gz(gz(content)),
		"gzip,gzip ,  zstd":      packings["zstd"](gz(gz(content))),
		"identity":               content,
		", ,":                    content,
		"deflate, deflate":       rawDeflate(packings["deflate"](content)),
		"gzip, deflate, deflate": packings["deflate"](rawDeflate(gz(content))),
	} {
		t.Run(encoding, func(t *testing.T) { wantBody(t, get(t, c, packedPage(t, encoding, body)), string(content)) })
	}
}

func TestGzipMembersFollowEachOtherAndJunkIsIgnored(t *testing.T) {
	c := newClient(t, fetch.ClientOptions{})
	content := text(100_000)
	half := packings["gzip"](content[:50_000])
	both := append(half, packings["gzip"](content[50_000:])...)
	wantBody(t, get(t, c, packedPage(t, "gzip", both)), string(content))
	for _, junk := range []string{"\x00", "\x1f", "\x00\x00\x00", "</html>"} {
		wantBody(t, get(t, c, packedPage(t, "gzip", append(both[:len(both):len(both)], junk...))), string(content))
	}
}

func TestBrokenCodingsAreNoPages(t *testing.T) {
	c := newClient(t, fetch.ClientOptions{})
	content := text(10_000)
	broken := func(coding string) []byte {
		body := bytes.Clone(packings[coding](content))
		for i := len(body) / 2; i < len(body)/2+8; i++ {
			body[i] ^= 0xa5
		}
		return body
	}
	for _, test := range []struct {
		encoding string
		body     []byte
		want     string
	}{
		{"gzip", broken("gzip"), "broken gzip"},
		{"deflate", broken("deflate"), "broken deflate"},
		{"br", broken("br"), "broken br"},
		{"zstd", broken("zstd"), "broken zstd"},
		{"gzip", []byte("<html>plain text"), "broken gzip"},
		{"gzip, zstd", packings["zstd"]([]byte("not a gzip member")), "broken gzip"},
		{"compress", content, `unknown content encoding "compress"`},
		{"utf-8", content, `unknown content encoding "utf-8"`},
		{strings.Repeat("x", 1000), content, `unknown content encoding "xxxxxxxxxxxxxxxxxxxx"`},
		{"gzip, gzip, gzip, gzip", content, "too many content encodings"},
	} {
		page := get(t, c, packedPage(t, test.encoding, test.body))
		wantError(t, page, fetch.Decode, test.want)
		if page.Body != nil || page.HasBody {
			t.Errorf("%s: a body beside the error", test.encoding)
		}
	}
}

// A packed body may expand a thousandfold and more; the page may not.
func TestBombsStopAtTheLimit(t *testing.T) {
	c := newClient(t, fetch.ClientOptions{MaxSize: 1 << 16})
	zeros := make([]byte, 4<<20)
	for coding, pack := range packings {
		page := get(t, c, packedPage(t, coding, pack(zeros)))
		wantError(t, page, fetch.TooLarge, "the body is over 64 KiB")
		wantBody(t, get(t, c, packedPage(t, coding, pack(zeros[:1<<16]))), string(zeros[:1<<16]))
	}
	double := packings["gzip"](packings["gzip"](zeros))
	wantError(t, get(t, c, packedPage(t, "gzip, gzip", double)), fetch.TooLarge, "the body is over 64 KiB")
}

func TestPackedBodyLargerThanThePageIsRead(t *testing.T) {
	c := newClient(t, fetch.ClientOptions{MaxSize: 10_000})
	r := rand.New(rand.NewPCG(3, 4))
	noise := make([]byte, 10_000)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	wantBody(t, get(t, c, packedPage(t, "gzip", packings["gzip"](noise))), string(noise))
	endless := packedPage(t, "gzip", append(packings["gzip"](noise[:10]), make([]byte, 2<<20)...)) // junk on the wire
	wantError(t, get(t, c, endless), fetch.TooLarge, "the body is over 10 kB")
}

// The answer, whole, as it goes over the wire, in each framing and coding.
func framed(coding, framing string, content []byte) []byte {
	body := packings[coding](content)
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: %s\r\n", coding)
	switch framing {
	case "length":
		fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	case "chunked":
		half := len(body) / 2
		fmt.Fprintf(&b, "Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n%x;ext=1\r\n%s\r\n0\r\nX-Trailer: 1\r\n\r\n", half, body[:half], len(body)-half, body[half:])
	case "close":
		fmt.Fprintf(&b, "\r\n%s", body)
	}
	return b.Bytes()
}

func TestAnswerCutAnywhereIsNeverAPage(t *testing.T) {
	c := newClient(t, fetch.ClientOptions{})
	content := text(80)
	for coding := range packings {
		for _, framing := range []string{"length", "chunked", "close"} {
			if coding == "identity" && framing == "close" {
				continue // where nothing says how long the body is, its end is where it ends
			}
			t.Run(coding+" "+framing, func(t *testing.T) {
				t.Parallel()
				whole := framed(coding, framing, content)
				wantBody(t, get(t, c, answerRaw(t, whole)), string(content))
				for end := range whole {
					page := get(t, c, answerRaw(t, whole[:end]))
					empty := framing == "close" && bytes.HasSuffix(whole[:end], []byte("\r\n\r\n"))
					switch {
					case page.Err == nil && empty && len(page.Body) == 0:
						// a packed body of no bytes is an empty page
					case page.Err == nil:
						t.Errorf("cut after %d of %d bytes: a page %q", end, len(whole), page.Body)
					case page.Err.Class != fetch.Truncated && page.Err.Class != fetch.Reset && page.Err.Class != fetch.Protocol:
						t.Errorf("cut after %d of %d bytes: %s (%s)", end, len(whole), page.Err.Class, page.Err.Detail)
					}
				}
			})
		}
	}
}

// A decoder that gives nothing asks for more without end.
func TestEmptyMembersInMembersEndWithTheAttempt(t *testing.T) {
	empty := packings["gzip"](nil)
	member := packings["gzip"](bytes.Repeat(empty, 1<<20/len(empty)))
	body := bytes.Repeat(member, 4<<20/len(member))
	head := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\nContent-Length: %d\r\n\r\n", len(body))
	c := newClient(t, fetch.ClientOptions{})
	page := ask(t, c, fetch.Request{URL: answerRaw(t, append([]byte(head), body...)), Timeout: 500 * time.Millisecond})
	wantError(t, page, fetch.Timeout, "no answer within 500 ms (reading the body)")
	if page.Duration > 1500*time.Millisecond {
		t.Errorf("took %v", page.Duration)
	}
}

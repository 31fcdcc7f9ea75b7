package hostile

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// The hosts without a fault. Nothing is listed of the one that redirects lead to.
const (
	goodHost   = "good pages"
	goodSecure = "good pages over TLS"
	goodHTTP2  = "good pages over HTTP/2"
	elsewhere  = "another host"
)

var hosts = []design{
	{name: goodHost, kind: None, good: everyKind},
	{name: elsewhere, kind: None, foreign: true, answer: acts{say(ok + five), keep}},
	{name: goodSecure, kind: None, good: everyKind, secure: true},
	{name: goodHTTP2, kind: None, good: everyKind2, streams: func(*stream) {}},
}

// The kinds of good pages: those of every fault's host, of HTTP/1.1, and of HTTP/2.
var (
	usualKinds = []string{"length", "chunked", "gzip"}
	everyKind  = []string{
		"length", "chunked", "closed", "gzip", "deflate", "br", "zstd", "old", "hinted", "moved", "latin1", "utf16",
		"nothing", "trailed", "gzipped twice", "byte by byte", "of cookies",
	}
	everyKind2 = []string{"length", "gzip", "br", "moved", "latin1", "nothing", "trailed", "hinted"}
)

// copies is how many pages of each kind a host has.
const copies = 2

// neighbours are the good pages on the fault's host.
func (f *Fault) neighbours() (pages []Page) {
	for i := range copies {
		for _, kind := range f.design.good {
			path := fmt.Sprintf("/good/%s/%d", strings.ReplaceAll(kind, " ", "-"), i)
			final := strings.Replace(path, "moved", "length", 1)
			text := f.text(final)
			page := Page{URL: f.origin() + path, Size: int64(utf8.RuneCountInString(text)), Title: f.origin() + final}
			if kind == "nothing" {
				page.Size, page.Title = 0, ""
			}
			pages = append(pages, page)
		}
	}
	return pages
}

// text is a page whose title says where it belongs.
func (f *Fault) text(path string) string {
	return fmt.Sprintf("<!doctype html><meta charset=utf-8><title>%s%s</title>\n%s", f.origin(), path, strings.Repeat("<p>déjà vu</p>\n", 20+len(path)))
}

// A page, as it is sent: the fields of its head beside its length, and its body.
type sent struct {
	status int
	fields [][2]string
	body   []byte
}

// page is the good page at the path; nil if there is none.
func (f *Fault) page(path string) (kind string, s *sent) {
	parts := strings.Split(path, "/")
	if len(parts) < 3 || parts[1] != "good" {
		return "", nil
	}
	s = &sent{status: 200, fields: [][2]string{{"content-type", "text/html; charset=utf-8"}}}
	text := f.text(path)
	s.body = []byte(text)
	switch kind = parts[2]; kind {
	case "gzip", "deflate", "br", "zstd":
		s.pack(kind)
	case "gzipped-twice":
		s.body = packed("gzip", s.body)
		s.pack("gzip")
		s.fields[1][1] = "gzip, gzip"
	case "moved":
		s.status, s.body = 302, []byte("moved")
		s.fields = [][2]string{{"location", strings.Replace(path, "moved", "length", 1)}}
	case "latin1":
		latin, err := charmap.ISO8859_1.NewEncoder().String(text)
		s.body = []byte(must(latin, err))
		s.fields[0][1] = "text/html; charset=ISO-8859-1"
	case "utf16":
		wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(text)
		s.body = []byte(must(wide, err))
	case "nothing":
		s.status, s.body, s.fields = 204, nil, nil
	case "of-cookies":
		for range 40 {
			s.fields = append(s.fields, [2]string{"set-cookie", "name=" + strings.Repeat("x", 4000)})
		}
	}
	return kind, s
}

func (s *sent) pack(coding string) {
	s.body = packed(coding, s.body)
	s.fields = append(s.fields, [2]string{"content-encoding", coding})
}

// good answers a request for a good page, and is false if it is another.
func (c *conn) good() bool {
	kind, s := c.fault.page(c.request.URL.Path)
	if s == nil {
		return false
	}
	c.keep = kind != "closed" && kind != "old"
	if kind == "hinted" {
		io.WriteString(c, "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n")
	}
	var head strings.Builder
	version := "HTTP/1.1"
	if kind == "old" {
		version = "HTTP/1.0"
	}
	fmt.Fprintf(&head, "%s %d Whatever\r\n", version, s.status)
	for _, f := range s.fields {
		fmt.Fprintf(&head, "%s: %s\r\n", f[0], f[1])
	}
	switch kind {
	case "closed":
		head.WriteString("Connection: close\r\n\r\n" + string(s.body))
	case "old":
		head.WriteString("\r\n" + string(s.body))
	case "nothing":
		head.WriteString("\r\n")
	case "chunked", "trailed", "byte-by-byte":
		head.WriteString("Transfer-Encoding: chunked\r\n\r\n" + chunked(kind, string(s.body)))
	default:
		fmt.Fprintf(&head, "Content-Length: %d\r\n\r\n%s", len(s.body), s.body)
	}
	_, err := io.WriteString(c, head.String())
	c.keep = c.keep && err == nil
	return true
}

func chunked(kind, text string) string {
	switch kind {
	case "trailed":
		return fmt.Sprintf("%x;name=value;other=\"a;b\"\r\n%s\r\n0\r\nETag: \"late\"\r\n\r\n", len(text), text)
	case "byte-by-byte":
		var b strings.Builder
		for _, c := range []byte(text) {
			fmt.Fprintf(&b, "1\r\n%s\r\n", []byte{c})
		}
		return b.String() + "0\r\n\r\n"
	}
	half := len(text) / 2
	return fmt.Sprintf("%x\r\n%s\r\n%X\r\n%s\r\n0\r\n\r\n", half, text[:half], len(text)-half, text[half:])
}

// packed is text in a content coding.
func packed(coding string, text []byte) []byte {
	var b bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "deflate":
		w = zlib.NewWriter(&b)
	case "br":
		w = brotli.NewWriter(&b)
	case "zstd":
		z, err := zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
		w = must(z, err)
	}
	_, err := w.Write(text)
	must(b.Len(), err)
	must(b.Len(), w.Close())
	return b.Bytes()
}

// must is for what fails in no case.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

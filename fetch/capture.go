package fetch

import (
	"cmp"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Exchange is a request and its answer as they were on the wire, in HTTP/1.1: what an
// archive keeps. A client with [ClientOptions].Capture makes one for each answer whose
// head it could read, and not for interim ones (1xx) and those of proxies.
//
// It has one owner: the page until that is released, then whoever has taken it from
// [Answer].Exchange. The last one calls Release. It is used by one goroutine at a time.
type Exchange struct {
	URL       string    // of the hop, without userinfo
	Start     time.Time // of the hop
	IP        string    // address of the peer, which may be a proxy; "" is not known
	Truncated string    // why the body's end is not there: "length", "time", "disconnect" or "unspecified" (ISO 28500:2017, §5.13); "" is whole
	Chunked   bool      // the body has a transfer coding
	Private   bool      // the request has fields that a user has given, which may be secrets

	// What was sent, but for Proxy-Authorization, which is the proxy's alone, and what
	// was received: the head up to its empty line, and the body in all its codings.
	// All three are empty if File has them.
	Request, Head string
	Body          []byte

	// File is the name of a file of the [Spool] that has all three, one after the other;
	// "" is none.
	File  string
	Sizes Sizes

	AnswerSum [32]byte // SHA-256 of head and body
	BodySum   [32]byte // of the body without chunks, but in its content codings: what ISO 28500:2017 calls the payload

	Err error // why the bytes are not there: a file could not be written, as a disk was full perhaps

	room  *[]byte // that Body is a part of; nil if it is not from the pool
	spool *Spool  // where File is, and what the bytes count against
	held  int64   // bytes that do, or did
	freed bool    // they do not any more
}

// Sizes are in bytes.
type Sizes struct{ Request, Head, Body int64 }

// Wire is what an [Exchange] holds, to be read as often as is wanted until Close.
type Wire struct {
	Request, Head, Body *io.SectionReader
	file                *os.File
}

// Open returns Err, or why the file cannot be opened. x is not released before the wire
// is closed.
func (x *Exchange) Open() (Wire, error) {
	if x.Err != nil {
		return Wire{}, x.Err
	}
	if x.File == "" {
		return Wire{
			Request: section(strings.NewReader(x.Request), 0, x.Sizes.Request),
			Head:    section(strings.NewReader(x.Head), 0, x.Sizes.Head),
			Body:    section(bytesAt(x.Body), 0, x.Sizes.Body),
		}, nil
	}
	f, err := os.Open(x.spool.path(x.File))
	if err != nil {
		return Wire{}, err
	}
	n := x.Sizes
	return Wire{section(f, 0, n.Request), section(f, n.Request, n.Head), section(f, n.Request+n.Head, n.Body), f}, nil
}

func section(r io.ReaderAt, from, n int64) *io.SectionReader { return io.NewSectionReader(r, from, n) }

// bytesAt is a bytes.Reader without its place.
type bytesAt []byte

func (b bytesAt) ReadAt(p []byte, off int64) (int, error) {
	if off > int64(len(b)) {
		return 0, io.EOF
	}
	n := copy(p, b[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Close closes the file, if there is one.
func (w Wire) Close() error {
	if w.file == nil {
		return nil
	}
	return w.file.Close()
}

// Keep has the bytes of x count against the spool's memory, or moves them to a file if
// there is no room. A page's Release does it with the client's spool; who takes an
// exchange from elsewhere does it with the spool that File is of. What goes wrong is
// its Err.
func (x *Exchange) Keep(s *Spool) {
	x.spool = s
	if x.File != "" || x.Err != nil {
		return
	}
	x.fit()
	held := x.Sizes.Request + x.Sizes.Head + int64(cap(x.Body))
	if len(x.Body) <= maxCaptured && s.take(held) { // a larger one has come from another machine
		x.held = held
		return
	}
	x.toFile()
}

// Load takes what is in File back to memory, and removes it: for who sends x to another
// machine. s is the spool that File is of. What goes wrong is Err.
func (x *Exchange) Load(s *Spool) {
	if x.File == "" {
		return
	}
	path := s.path(x.File)
	x.File = ""
	if x.Err == nil {
		x.Err = x.load(path)
	}
	_ = os.Remove(path) // as in Release
}

func (x *Exchange) load(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	n := x.Sizes
	if int64(len(data)) != n.Request+n.Head+n.Body {
		return &fs.PathError{Op: "read", Path: path, Err: io.ErrUnexpectedEOF}
	}
	x.Request, data = string(data[:n.Request]), data[n.Request:]
	x.Head, x.Body = string(data[:n.Head]), data[n.Head:]
	return nil
}

// fit gives a room back that is much larger than what is in it.
func (x *Exchange) fit() {
	if x.room == nil {
		return
	}
	if 2*len(x.Body) <= len(*x.room) {
		x.Body = append(make([]byte, 0, len(x.Body)), x.Body...)
		x.recycle()
		return
	}
	x.Body = x.Body[:len(x.Body):len(*x.room)]
}

// toFile moves what is in memory to a file.
func (x *Exchange) toFile() {
	f, err := x.spool.create()
	if err == nil {
		_, err = io.WriteString(f, x.Request)
		if err == nil {
			_, err = io.WriteString(f, x.Head)
		}
		if err == nil {
			_, err = f.Write(x.Body)
		}
		x.inFile(f, err)
	}
	x.Err = err
	x.recycle()
}

// inFile closes the file that has the bytes; err is why it has not all of them.
func (x *Exchange) inFile(f *os.File, err error) {
	x.File = filepath.Base(f.Name())
	closed := f.Close()
	x.Err = cmp.Or(err, closed)
	x.Request, x.Head, x.Body = "", "", nil
}

func (x *Exchange) recycle() {
	if x.room != nil {
		recycleRoom(x.room)
		x.room = nil
	}
}

// HandOver is Release for who has given a copy of x to another process: File stays,
// which is the other's now.
func (x *Exchange) HandOver() {
	if x.spool != nil && !x.freed {
		x.spool.give(x.held)
	}
	x.freed = true
	x.Request, x.Head, x.Body = "", "", nil
	x.recycle()
}

// Release gives the memory back and removes the file. It may be called more than once,
// and of nil.
func (x *Exchange) Release() {
	if x == nil {
		return
	}
	x.HandOver()
	if x.File != "" && x.spool != nil {
		_ = os.Remove(x.spool.path(x.File)) // or it is left to the end of the run, with its folder
		x.File = ""
	}
}

// Held is how many bytes of memory it takes since Keep, or took until Release: for who
// bounds what it holds.
func (x *Exchange) Held() int64 { return x.held }

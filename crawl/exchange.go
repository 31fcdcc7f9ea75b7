package crawl

import (
	"errors"
	"io/fs"
	"syscall"

	"trawl/fetch"
)

// exchange carries what was captured: its bytes, or the name of the file that has them,
// which is the other process's from then on.
func exchange(w *wire, at **fetch.Exchange) {
	if w.reading {
		*at = new(fetch.Exchange)
	}
	x := *at
	wireText(w, &x.URL)
	wireTime(w, &x.Start)
	wireText(w, &x.IP)
	wireText(w, &x.Truncated)
	wireFlag(w, &x.Chunked)
	wireFlag(w, &x.Private)
	wireText(w, &x.Request)
	wireText(w, &x.Head)
	wireBytes(w, &x.Body)
	wireText(w, &x.File)
	wireNumber(w, &x.Sizes.Request)
	wireNumber(w, &x.Sizes.Head)
	wireNumber(w, &x.Sizes.Body)
	wireSum(w, &x.AnswerSum)
	wireSum(w, &x.BodySum)
	lost := x.Err != nil
	if wireFlag(w, &lost); lost {
		wireLost(w, &x.Err)
		return
	}
	if w.reading && !w.torn && !fits(x) {
		w.tear()
	}
}

// wireLost carries the system's error, and of any other its text.
func wireLost(w *wire, err *error) {
	var e fs.PathError
	var reason syscall.Errno
	if !w.reading {
		e.Err = *err
		if found, ok := errors.AsType[*fs.PathError](*err); ok {
			e = *found
		}
		errors.As(e.Err, &reason)
	}
	number, text := int(reason), ""
	if !w.reading {
		text = e.Err.Error()
	}
	wireText(w, &e.Op)
	wireText(w, &e.Path)
	wireText(w, &text)
	wireNumber(w, &number)
	if !w.reading {
		return
	}
	e.Err = errors.New(text)
	if number != 0 {
		e.Err = syscall.Errno(number)
	}
	*err = &e
}

// fits reports whether the sizes are those of the bytes.
func fits(x *fetch.Exchange) bool {
	n := fetch.Sizes{Request: int64(len(x.Request)), Head: int64(len(x.Head)), Body: int64(len(x.Body))}
	if x.File != "" {
		return n == fetch.Sizes{} && min(x.Sizes.Request, x.Sizes.Head, x.Sizes.Body) >= 0
	}
	return n == x.Sizes
}

func wireBytes(w *wire, v *[]byte) {
	n := len(*v)
	wireNumber(w, &n)
	switch {
	case !w.reading:
		w.data = append(w.data, *v...)
	case n < 0 || n > len(w.data):
		w.tear()
	case n > 0:
		*v = append(make([]byte, 0, n), w.data[:n]...)
		w.data = w.data[n:]
	}
}

func wireSum(w *wire, v *[32]byte) {
	sum := string(v[:])
	wireText(w, &sum)
	if copy(v[:], sum) < len(v) && !w.torn {
		w.tear()
	}
}

// wirePrint carries next to nothing for what nobody has asked for.
func wirePrint(w *wire, v *[16]byte) {
	print := ""
	if *v != ([16]byte{}) {
		print = string(v[:])
	}
	wireText(w, &print)
	if w.reading && copy(v[:], print) < len(v) && print != "" {
		w.tear()
	}
}

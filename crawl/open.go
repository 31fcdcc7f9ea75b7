package crawl

import (
	"io"
	"os"
	"slices"
)

// open begins to read an input whose turn has come.
func (l *List) open(in *input) error {
	if !in.isFile() {
		l.lines = newLines(startStream(func() (io.Reader, error) { return l.openStream(in) }, l.done))
		return nil
	}
	r := in.r
	if r == nil {
		file, err := in.open()
		if err != nil {
			return err
		}
		if !l.keep(file) {
			return errClosed
		}
		r, l.late = file, file
	}
	r, err := unpack(r)
	if err == nil {
		l.lines = newLines(direct{r})
	}
	return err
}

// openStream opens an input that is not a file. A FIFO waits here for its writer.
func (l *List) openStream(in *input) (io.Reader, error) {
	if in.r != nil {
		return in.r, nil
	}
	opened := make(chan struct{})
	defer close(opened)
	l.mu.Lock()
	l.opening, l.opened = in.name, opened
	closed := l.isClosed()
	l.mu.Unlock()
	if closed {
		return nil, errClosed
	}
	file, err := os.Open(in.name)
	l.mu.Lock()
	l.opening = ""
	l.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if !l.keep(file) {
		return nil, errClosed
	}
	return file, nil
}

// giveUp ends the opening of a FIFO that nobody writes to, by being its writer
// until it is open. Without permission to write to it that is impossible, and the
// opening goes on.
func giveUp(fifo string, opened <-chan struct{}) {
	if writer, err := os.OpenFile(fifo, os.O_RDWR, 0); err == nil {
		go func() {
			<-opened
			writer.Close()
		}()
	}
}

// keep leaves c for Close to close. After Close it closes c itself and returns false.
func (l *List) keep(c io.Closer) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isClosed() {
		c.Close()
		return false
	}
	l.closers = append(l.closers, c)
	return true
}

// release closes c, which keep has kept, before Close does.
func (l *List) release(c io.Closer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(l.closers, c); i >= 0 {
		l.closers = slices.Delete(l.closers, i, i+1)
		c.Close()
	}
}

package pool

import (
	"bufio"
	"os"
	"sync"
	"time"
)

const (
	printedKept = 4 << 10  // bytes of a worker's output that its error has
	printedLine = 64 << 10 // bytes of a line that are passed on
)

// output takes what a worker prints, whether anybody wants it or not.
type output struct {
	pipe *os.File
	done chan struct{} // read has returned

	mu   sync.Mutex // guards head
	head []byte     // its first bytes
}

func newOutput(pipe *os.File) *output { return &output{pipe: pipe, done: make(chan struct{})} }

// read takes lines until the end, and tells them, if tell is not nil.
func (o *output) read(worker string, tell func(worker, line string)) {
	defer o.pipe.Close()
	defer close(o.done)
	lines := bufio.NewReaderSize(o.pipe, printedLine)
	for {
		line, cut, err := lines.ReadLine()
		if err != nil {
			return
		}
		o.keep(line)
		if tell != nil {
			tell(worker, string(line))
		}
		for cut && err == nil { // the rest of a line that is too long
			_, cut, err = lines.ReadLine()
		}
	}
}

func (o *output) keep(line []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if room := printedKept - len(o.head); room > 0 {
		o.head = append(append(o.head, line[:min(room, len(line))]...), '\n')
	}
}

// end returns the first bytes that the worker has printed. It waits for the rest no
// longer than a moment: a process of the worker's own may hold the pipe, and who is told
// of lines may be slow.
func (o *output) end() string {
	_ = o.pipe.SetReadDeadline(time.Now().Add(closeGrace)) // a system without deadlines waits for the pipe's end
	late := time.NewTimer(closeGrace)
	defer late.Stop()
	select {
	case <-o.done:
	case <-late.C:
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.head)
}

package pool

import (
	"bufio"
	"os"
	"time"
)

const (
	printedKept = 4 << 10  // bytes of a worker's output that its error has
	printedLine = 64 << 10 // bytes of a line that are passed on
)

// output takes what a worker prints, whether anybody wants it or not: a worker
// must not wait for that.
type output struct {
	pipe *os.File
	head []byte        // its first bytes
	done chan struct{} // read has returned, and head is end's
}

func newOutput(pipe *os.File) *output { return &output{pipe: pipe, done: make(chan struct{})} }

// read takes lines until the end, and tells them, if tell is not nil.
func (o *output) read(worker string, tell func(worker, line string)) {
	defer close(o.done)
	lines := bufio.NewReaderSize(o.pipe, printedLine)
	for {
		line, cut, err := lines.ReadLine()
		if err != nil {
			return
		}
		if room := printedKept - len(o.head); room > 0 {
			o.head = append(append(o.head, line[:min(room, len(line))]...), '\n')
		}
		if tell != nil {
			tell(worker, string(line))
		}
		for cut && err == nil { // the rest of a line that is too long
			_, cut, err = lines.ReadLine()
		}
	}
}

// end returns the first bytes that the worker has printed. It waits for the rest
// no longer than a moment: a process of the worker's own may hold the pipe.
func (o *output) end() string {
	_ = o.pipe.SetReadDeadline(time.Now().Add(closeGrace)) // a system without them has to wait for the pipe's end
	<-o.done
	o.pipe.Close()
	return string(o.head)
}

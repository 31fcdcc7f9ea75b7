package display

import (
	"io"
	"strings"
	"sync"
	"time"
)

const (
	redrawEvery = 200 * time.Millisecond
	tellEvery   = 10 * time.Second

	tailAfter  = 10 * time.Second // near the end of the list, until the line names a host
	tailFlight = 10               // requests: under so many

	joinAfter = 5 * time.Second // without a worker, until the line says how to start one

	defaultWidth = 80
	clearLine    = "\r\x1b[K" // EL, ECMA-48 §8.3.41
)

// ProgressOptions say where and how progress is shown.
type ProgressOptions struct {
	Mode  Mode // anything but [Auto], see [Mode.On]
	Style Style
	Width func() int // cells of the terminal, asked at each redraw; nil or 0 is 80
}

// Progress shows how a run is going, until Close. Its methods may be called by
// many goroutines at once.
type Progress struct {
	source func() Live
	opts   ProgressOptions
	stop   chan struct{}
	once   sync.Once // closes stop
	done   chan struct{}

	mu     sync.Mutex // guards all below, and the calls of source
	w      io.Writer
	line   string // on the screen; "" is none
	hidden bool
	tail   time.Time // since when the run is near its end; zero is not
	alone  time.Time // since when it waits for workers; zero is not
}

// StartProgress shows on w what source says, which is asked by one goroutine at
// a time; in mode none it may be nil. In bar mode w is the terminal's, and
// whatever else is written to it until Close goes through [Progress.Log]. What w
// fails to write is lost.
func StartProgress(w io.Writer, source func() Live, opts ProgressOptions) *Progress {
	p := &Progress{source: source, opts: opts, w: w, stop: make(chan struct{}), done: make(chan struct{})}
	switch opts.Mode {
	case Bar:
		p.redraw()
		go p.every(redrawEvery, p.redraw)
	case Lines, JSON:
		p.look() // so that the first line has something to compare with
		go p.every(tellEvery, p.Line)
	default:
		close(p.done)
	}
	return p
}

// Close ends the display, and takes the line off the screen. Log and Line still
// work; Close may be called again.
func (p *Progress) Close() {
	p.once.Do(func() { close(p.stop) })
	<-p.done
	if p.opts.Mode != Bar {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	p.hidden = true
}

// Log writes whole lines, above the line of a bar.
func (p *Progress) Log(lines string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !strings.HasSuffix(lines, "\n") {
		lines += "\n"
	}
	if p.line != "" {
		lines = clearLine + lines + p.line
	}
	_, _ = io.WriteString(p.w, lines)
}

// Line writes one line at once, in any mode: for SIGUSR1. Without a source there
// is none.
func (p *Progress) Line() {
	if p.source == nil {
		return
	}
	now, live := time.Now(), p.look()
	if p.opts.Mode == JSON {
		p.Log(live.json(now))
		return
	}
	p.Log(now.UTC().Format(time.RFC3339) + "  " + live.plain())
}

// Text is how the run goes, in one line without a time. It needs a source.
func (p *Progress) Text() string { return p.look().plain() }

// Hide takes the line off the screen until Show: while the process is stopped,
// or something else has the terminal.
func (p *Progress) Hide() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	p.hidden = true
}

// Show undoes Hide; the line is back at the next redraw.
func (p *Progress) Show() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hidden = false
}

// every calls do until Close.
func (p *Progress) every(d time.Duration, do func()) {
	defer close(p.done)
	ticks := time.NewTicker(d)
	defer ticks.Stop()
	for {
		select {
		case <-ticks.C:
			do()
		case <-p.stop:
			return
		}
	}
}

func (p *Progress) redraw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.draw()
}

// draw replaces the line. The last column stays free: a terminal that has it
// filled is of two minds about where the cursor is.
func (p *Progress) draw() {
	if p.hidden {
		return
	}
	line := p.live().fitted(p.width()-1, p.opts.Style)
	if line == p.line {
		return
	}
	p.line = line
	_, _ = io.WriteString(p.w, clearLine+line)
}

func (p *Progress) erase() {
	if p.line != "" {
		p.line = ""
		_, _ = io.WriteString(p.w, clearLine)
	}
}

func (p *Progress) width() int {
	if p.opts.Width == nil {
		return defaultWidth
	}
	if width := p.opts.Width(); width > 0 {
		return width
	}
	return defaultWidth
}

func (p *Progress) look() Live {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.live()
}

// live asks the source. A host that is waited for is worth a name only when the
// end of the list has been near for a while, and the way to start a worker only when none
// has come by itself.
func (p *Progress) live() Live {
	l := p.source()
	near := l.Total > 0 && l.Done*100 >= l.Total*99 && l.InFlight > 0 && l.InFlight < tailFlight
	if !since(&p.tail, near, tailAfter) {
		l.WaitingFor = ""
	}
	l.sayJoin = since(&p.alone, l.waitsForWorkers(), joinAfter)
	return l
}

// since notes in from when something has been so, and reports whether that is at
// least d ago.
func since(from *time.Time, so bool, d time.Duration) bool {
	switch {
	case !so:
		*from = time.Time{}
	case from.IsZero():
		*from = time.Now()
	}
	return so && time.Since(*from) >= d
}

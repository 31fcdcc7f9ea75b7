package display

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"trawl/crawl"
)

// Live is a run at one moment.
type Live struct {
	Done           int64   // URLs that have ended
	Total          int64   // of the list; 0 is not known yet
	Rate           float64 // URLs a second, over the last seconds
	BytesPerSec    float64 // of decoded bodies, over the last seconds
	P95            time.Duration
	InFlight       int // requests
	Failed         int64
	Retries        int64
	ThrottledHosts int           // that have asked for a pause which is not over
	LongestPause   time.Duration // what is left of the longest of those
	AllThrottled   bool          // nothing is in flight and such pauses are all that is waited for
	WaitingFor     string        // a host that is waited for, named near the end of the list; "" is none
	Elapsed        time.Duration

	Elsewhere bool                 // workers elsewhere make the requests
	Workers   []crawl.WorkerStatus // those, in the order in which they came; empty: none is there
	Join      string               // the command line that starts one; "" is not known

	sayJoin bool // none has been there for a while
}

// ETA is how long the rest takes at this rate; ok is false if that is not known.
func (l Live) ETA() (eta time.Duration, ok bool) {
	left := float64(l.Total - l.Done)
	if l.Total == 0 || l.Rate <= 0 || left < 0 {
		return 0, false
	}
	seconds := left / l.Rate
	if seconds >= maxETA.Seconds() {
		return 0, false
	}
	return time.Duration(seconds * float64(time.Second)), true
}

// maxETA is the longest that is worth telling.
const maxETA = 1000 * time.Hour

// field is a part of the progress line.
type field struct {
	text string
	mark func(string) string // nil is plain
}

const fieldGap = "  "

// fitted draws the progress line in at most width cells. All workers that there are come
// before the fields that are the least vital, some of them after those.
func (l Live) fitted(width int, style Style) string {
	c := crewOf(l.Workers)
	wide, vital, rest := l.fields(c, width, style)
	each := c.each(style)
	whole, vitalEach := slices.Concat(wide, each), slices.Concat(vital, each)
	line := whole
	switch {
	case fits(whole, width):
	case len(each) == c.live && fits(vitalEach, width):
		line = append(vitalEach, rest...)
	case !fits(wide, width):
		line = slices.Concat(vital, rest)
	}
	if !fits(line[:1], width) {
		return l.least(line[0], width)
	}
	return draw(fitting(line, width))
}

// least is for a terminal that is narrower than the weightiest field. Half a
// number would be a wrong one.
func (l Live) least(f field, width int) string {
	if l.waitsForWorkers() {
		f.text = "no workers"
	} else if l.stalled() {
		f.text = "waiting " + seconds(l.LongestPause)
	} else if _, percent := l.count(Style{}); percent.text != "" {
		f.text = percent.text
	}
	return clip(" "+f.text, width)
}

// stalled is when nothing but pauses is waited for.
func (l Live) stalled() bool { return l.AllThrottled && l.ThrottledHosts > 0 }

// plain is the whole line.
func (l Live) plain() string {
	c := crewOf(l.Workers)
	wide, _, _ := l.fields(c, math.MaxInt, Style{})
	return strings.TrimPrefix(draw(append(wide, c.each(Style{})...)), " ")
}

// fields are the parts of the line, but for what each worker does: as they are read, and in
// the order of their weight, the vital ones and the rest, for a line that cannot hold them all.
func (l Live) fields(c crew, width int, style Style) (wide, vital, rest []field) {
	if l.waitsForWorkers() {
		wide = l.waitingForWorkers(c, width, style)
		return wide, wide, nil
	}
	count, percent := l.count(style)
	failed := l.failed(style)
	if l.stalled() {
		wide = held(field{l.waiting(), style.yellow}, count, percent, failed)
		return wide, wide, nil
	}
	speed := field{text: rate(l.Rate) + " p/s"}
	bytes := field{text: size(max(0, l.BytesPerSec)) + "/s"}
	inFlight := field{text: "in flight " + humanize.Comma(int64(l.InFlight))}
	retry := field{text: "retry " + humanize.Comma(l.Retries)}
	p95, eta, host := l.p95(), l.eta(), l.host(style)
	silent, slow := c.silence(style), c.slowness(style)
	var workers field
	onWorkers := inFlight
	if l.Elsewhere {
		workers.text = workersOf(c.live)
		onWorkers.text += " on " + workers.text
	}
	return held(count, percent, silent, slow, host, speed, bytes, p95, onWorkers, failed, retry, eta),
		held(count, percent, silent, slow, host, speed, failed, eta, workers),
		held(bytes, p95, inFlight, retry)
}

func (l Live) failed(style Style) field {
	failed := field{text: "failed " + humanize.Comma(l.Failed)}
	if l.Failed > 0 {
		failed.mark = style.red
	}
	return failed
}

func (l Live) count(style Style) (count, percent field) {
	if l.Total == 0 {
		return field{humanize.Comma(l.Done) + " done", style.bold}, field{}
	}
	done := min(l.Done, l.Total)
	count = field{humanize.Comma(done) + "/" + humanize.Comma(l.Total), style.bold}
	return count, field{text: fmt.Sprintf("%d%%", int(100*float64(done)/float64(l.Total)))}
}

func (l Live) waiting() string {
	if l.ThrottledHosts == 1 {
		return fmt.Sprintf("waiting: 1 host asks for a pause (%s)", seconds(l.LongestPause))
	}
	return fmt.Sprintf("waiting: %s hosts ask for a pause (longest %s)", humanize.Comma(int64(l.ThrottledHosts)), seconds(l.LongestPause))
}

// seconds is a time to wait, without parts that would flicker.
func seconds(d time.Duration) string { return Span(max(time.Second, d.Round(time.Second))) }

func (l Live) p95() field {
	if l.P95 <= 0 {
		return field{}
	}
	return field{text: "p95 " + Span(l.P95)}
}

func (l Live) eta() field {
	eta, ok := l.ETA()
	if !ok || l.WaitingFor != "" {
		return field{}
	}
	return field{text: "ETA " + clock(eta)}
}

func (l Live) host(style Style) field {
	if l.WaitingFor == "" {
		return field{}
	}
	return field{"waiting for " + clip(CleanURL(l.WaitingFor), 60), style.yellow}
}

// held leaves out the empty ones.
func held(fields ...field) (held []field) {
	for _, f := range fields {
		if f.text != "" {
			held = append(held, f)
		}
	}
	return held
}

// fitting are the fields that fit, those of more weight first.
func fitting(fields []field, width int) (line []field) {
	for _, f := range fields {
		if fits(append(line, f), width) {
			line = append(line, f)
		}
	}
	return line
}

func fits(fields []field, width int) bool { return used(fields) <= width }

// used is how many cells the fields take.
func used(fields []field) int {
	n := 1 - len(fieldGap)
	for _, f := range fields {
		n += len(fieldGap) + cells.StringWidth(f.text)
	}
	return n
}

func draw(fields []field) string {
	texts := make([]string, len(fields))
	for i, f := range fields {
		texts[i] = f.text
		if f.mark != nil {
			texts[i] = f.mark(f.text)
		}
	}
	return " " + strings.Join(texts, fieldGap)
}

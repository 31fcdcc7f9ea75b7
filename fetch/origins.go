package fetch

import (
	"container/list"
	"strings"
	"time"

	"trawl/robots"
)

const (
	maxOrigins    = 100_000  // whose rules are remembered
	maxOriginsMem = 32 << 20 // their bytes
	originMem     = 256      // of one, beside its key and its rules
)

// origin is what the frontier knows of one origin's robots.txt.
type origin struct {
	key   string // "https://example.com:8443"
	asked bool   // it is being asked for
	finding

	host   *host         // of the origin, while requests are parked
	parked queue[queued] // what waits for the robots.txt

	use *list.Element // its place in byUse; nil while it is asked for
}

// A finding is what was learnt from a robots.txt, or from asking for it.
type finding struct {
	rules  *robots.Rules
	status int       // that it was answered with
	fail   *Error    // why there are no rules; nil if there are
	until  time.Time // when it has to be asked for again; zero is that nothing is known
}

// found reads a robots.txt.
func (o *StageOptions) found(file robots.File) finding {
	life := robots.MaxAge
	if file.Status < 200 || file.Status > 499 {
		life = robotsTrouble
	}
	return finding{rules: file.Rules(o.Agent), status: file.Status, until: file.Fetched.Add(life)}
}

// forbids says why url may not be asked for; nil if it may.
func (f *finding) forbids(url string) *Error {
	switch {
	case f.fail != nil:
		return f.fail
	case f.rules.Allows(url):
		return nil
	case f.status < 200 || f.status > 299:
		return &Error{Class: Robots, Detail: "robots.txt: " + httpStatus(f.status)}
	}
	return &Error{Class: Robots, Detail: "robots.txt does not allow it"}
}

// delay is the least time between two requests that the rules ask for.
func (f *finding) delay() time.Duration {
	if f.rules == nil {
		return 0
	}
	return f.rules.Delay()
}

func (o *origin) mem() int {
	n := originMem + len(o.key)
	if o.rules != nil {
		n += o.rules.Size()
	}
	return n
}

// origins are those that the frontier knows of. Those whose robots.txt is being asked for
// are as many as requests wait for; of the others, the ones that were not used for longest
// are forgotten when they are too many.
type origins struct {
	all   map[string]*origin
	byUse list.List // of *origin, the one that was used last in front
	mem   int       // of those in byUse
}

// of finds the origin of url, or makes one of which nothing is known.
func (s *origins) of(url string) *origin {
	key := robots.Origin(url)
	o := s.all[key]
	if o == nil {
		o = &origin{key: strings.Clone(key)}
		s.all[o.key] = o
	}
	if o.use != nil {
		s.byUse.MoveToFront(o.use)
	}
	return o
}

// ask notes that o's robots.txt is being asked for.
func (s *origins) ask(o *origin) {
	o.asked = true
	if o.use != nil {
		s.remove(o)
	}
}

// learn notes what was found.
func (s *origins) learn(o *origin, what finding) {
	o.asked = false
	o.finding = what
	o.use = s.byUse.PushFront(o)
	s.mem += o.mem()
	for s.byUse.Len() > maxOrigins || s.mem > maxOriginsMem {
		old := s.byUse.Back().Value.(*origin)
		s.remove(old)
		delete(s.all, old.key)
	}
}

func (s *origins) remove(o *origin) {
	s.mem -= o.mem()
	s.byUse.Remove(o.use)
	o.use = nil
}

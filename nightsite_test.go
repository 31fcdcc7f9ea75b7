//go:build linux

package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"trawl/sinks"
)

// A changingSite has pages that change from night to night, and says so, or not, in one of
// several ways.
type changingSite struct {
	*httptest.Server
	rng   *rand.Rand
	pages []*changingPage

	mu      sync.Mutex
	asked   int           // in this part of a run
	at      int           // how often that must be
	reached chan struct{} // closed then
	odd     []string      // what no client should ask
	free    int           // after so many requests there is no answer
	held    chan struct{} // before this is closed; nil is at once
}

// changingPage is a page, and what the last run that ended has seen of it.
type changingPage struct {
	kind string
	look       // now
	then *look // as the run that is under way has seen it, and will not see it again; nil: it will

	known, gone bool // that run has seen the page, or that it was gone
	version0    int  // its version then
	again       int  // times that it stands in the list
	whole       int  // answers with a body, in this night
}

// look is what a page is like.
type look struct {
	status  int // of its answers
	version int
}

// seen is the page as the run sees it.
func (p *changingPage) seen() look {
	if p.then != nil {
		return *p.then
	}
	return p.look
}

// pageKinds are the ways in which a page tells that it has changed: tagged by its ETag,
// dated by Last-Modified, bare not at all; fickle has another ETag each time; moved is
// another page's, which is tagged.
var pageKinds = []string{"tagged", "dated", "bare", "fickle", "moved"}

func newChangingSite(t *testing.T, rng *rand.Rand, pages int) *changingSite {
	t.Helper()
	s := &changingSite{rng: rand.New(rand.NewPCG(rng.Uint64(), rng.Uint64()))}
	for i := range pages {
		p := &changingPage{kind: pageKinds[i%len(pageKinds)], look: look{status: 200}, again: 1}
		if i%29 == 3 {
			p.again = 2
		}
		if i%17 == 5 {
			p.status = 404
		}
		s.pages = append(s.pages, p)
	}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// change lets a day pass.
func (s *changingSite) change(night int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, p := range s.pages {
		if p.status == 500 {
			p.status = 200
		}
		switch n := s.rng.IntN(20); {
		case night == 0:
		case n == 0:
			p.status = 404
		case n == 1:
			p.status = 410
		case n == 2:
			p.status = 500
		case n < 5:
			p.status = 200
		case n < 8:
			p.version++
		}
		if i == 0 { // so that each night has a failure
			p.status = 500
		}
	}
}

func (s *changingSite) list() string {
	var b strings.Builder
	for round := 1; round <= 2; round++ {
		for i, p := range s.pages {
			if p.again >= round {
				fmt.Fprintf(&b, "%s\n", s.url(i))
			}
		}
	}
	return b.String()
}

func (s *changingSite) url(i int) string {
	return fmt.Sprintf("%s/%s/%d", s.URL, s.pages[i].kind, i)
}

// requests is how many a run takes.
func (s *changingSite) requests() (n int) {
	for _, p := range s.pages {
		n += p.again
		if p.kind == "moved" {
			n += p.again
		}
	}
	return n
}

// begin begins a part of a run; the channel is closed when it has asked so often.
func (s *changingSite) begin(at int) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked, s.at, s.reached = 0, at, make(chan struct{})
	return s.reached
}

// ServeHTTP answers as the page is now.
func (s *changingSite) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked++; s.asked == s.at {
		close(s.reached)
	}
	if held := s.held; held != nil && s.asked > s.free {
		s.mu.Unlock()
		<-held
		s.mu.Lock()
	}
	_, rest, _ := strings.Cut(r.URL.Path, "/")
	kind, number, _ := strings.Cut(rest, "/")
	i, err := strconv.Atoi(number)
	if err != nil || i >= len(s.pages) {
		s.odd = append(s.odd, r.URL.Path)
		return
	}
	p := s.pages[i]
	tag, date := r.Header.Get("If-None-Match"), r.Header.Get("If-Modified-Since")
	if kind == "moved" {
		if tag+date != "" {
			s.odd = append(s.odd, "a condition for the URL that redirects")
		}
		http.Redirect(w, r, fmt.Sprintf("/to/%d", i), http.StatusFound)
		return
	}
	if p.status != 200 {
		w.WriteHeader(p.status)
		return
	}
	now := ""
	switch kind {
	case "tagged", "to":
		now = fmt.Sprintf(`"%d-%d"`, i, p.version)
		w.Header().Set("ETag", now)
	case "dated":
		now = fmt.Sprintf("Sun, 22 Nov 2026 %02d:%02d:39 GMT", p.version, i%60)
		w.Header().Set("Last-Modified", now)
	case "fickle":
		w.Header().Set("ETag", fmt.Sprintf(`"%d"`, s.rng.Uint64()))
	case "bare":
		if tag+date != "" {
			s.odd = append(s.odd, "a condition for a page without validators")
		}
	}
	if now != "" && (tag == now || date == now) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	p.whole++
	fmt.Fprintf(w, "<title>%d</title> version %d", i, p.version)
}

// changes are the records of a run that is told what has become of the pages since the last
// one that ended.
func (s *changingSite) changes(format sinks.Format) (told, failures []stored) {
	seq := int64(0)
	for round := 1; round <= 2; round++ {
		for i, p := range s.pages {
			if p.again < round {
				continue
			}
			seq++
			k, status := stored{Seq: seq, URL: s.url(i), Change: p.became()}, p.seen().status
			if status != 200 {
				k.Class = "http_status"
				failures = append(failures, k)
			}
			switch {
			case status == 200 && k.Change == "":
			case format == sinks.Text && status != 200:
			case format == sinks.Text:
				told = append(told, stored{URL: k.URL})
			default:
				told = append(told, k)
			}
		}
	}
	return told, failures
}

// became is what a run says has become of the page.
func (p *changingPage) became() string {
	now := p.seen()
	switch {
	case now.status == 500:
		return ""
	case now.status != 200 && p.known && !p.gone:
		return "gone"
	case now.status != 200:
		return ""
	case !p.known || p.gone:
		return "new"
	case now.version != p.version0:
		return "changed"
	}
	return ""
}

func (s *changingSite) exit() int {
	for _, p := range s.pages {
		if p.status != 200 {
			return exitFailed
		}
	}
	return exitOK
}

// ended says that a run has ended, which knows the pages from now on. A page that it knew,
// and that had not changed, has cost it no body, if the server can tell.
func (s *changingSite) ended(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, p := range s.pages {
		now, tells := p.seen(), p.kind != "bare" && p.kind != "fickle"
		if now.status == 200 && p.became() == "" && tells && p.whole > 0 {
			t.Errorf("%s has not changed, and was sent %d times", s.url(i), p.whole)
		}
		switch {
		case now.status == 200:
			p.known, p.gone, p.version0 = true, false, now.version
		case now.status != 500 && p.known:
			p.gone = true
		}
		p.then, p.whole = nil, 0
	}
	if len(s.odd) > 0 {
		t.Errorf("the site was asked for %q", s.odd)
	}
}

// hold keeps all answers back but the first ones of this part of a run, until held is closed;
// nil lets all go.
func (s *changingSite) hold(free int, held chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free, s.held = free, held
}

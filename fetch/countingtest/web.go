package countingtest

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ServeHTTP answers, and counts. Whatever N is, these are pages of their own:
//
//	/page/N       a tiny page
//	/here/N       a redirect to /page/N
//	/to/N?u=URL   a redirect to that URL
//	/failing/N    503, then a page
//	/pause/SECONDS/N     503 with Retry-After, then a page
//	/busy/SECONDS/N      429 with Retry-After, then a page
//	/broken/N     a connection that breaks, then a page
//	/last/SECONDS/N      a page, with which nothing is left of the host's RateLimit for so long
//	/older/SECONDS/N     the same in the older form of that field
//	/meet/COUNT/N  a page, when so many such requests of that host wait for theirs
//	/robots.txt   that of the options
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := Request{
		Host: r.Host, Path: r.URL.RequestURI(), Agent: r.UserAgent(), Proto: r.Proto, Begin: time.Since(s.start),
		Conn: r.Context().Value(s).(int64),
	}
	if s.opts.Takes > 0 {
		select {
		case <-time.After(s.opts.Takes):
		case <-s.closed:
		}
	}
	body := s.answer(&q, w.Header())
	q.End = time.Since(s.start)
	s.note(q)
	if q.Status == 0 {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(q.Status)
	io.WriteString(w, body)
}

// answer decides the request's status, and gives the body.
func (s *Server) answer(q *Request, h http.Header) (body string) {
	path, query, _ := strings.Cut(q.Path, "?")
	parts := append(strings.Split(path, "/"), "", "")
	q.Status = http.StatusOK
	first := s.isFirst(q)
	switch kind, after := parts[1], parts[2]; kind {
	case "robots.txt":
		if s.opts.Robots == "" {
			q.Status = http.StatusNotFound
		}
		return s.opts.Robots
	case "page":
	case "meet":
		s.meet(q.Host, after)
	case "here":
		h.Set("Location", "/page/"+parts[2])
		q.Status = http.StatusFound
	case "to":
		h.Set("Location", strings.TrimPrefix(query, "u="))
		q.Status = http.StatusFound
	case "failing", "pause", "busy", "broken":
		if first {
			q.Status = map[string]int{"failing": 503, "pause": 503, "busy": 429, "broken": 0}[kind]
			if kind == "pause" || kind == "busy" {
				h.Set("Retry-After", after)
			}
		}
	case "last":
		h.Set("RateLimit", `"default";r=0;t=`+after)
	case "older":
		h.Set("RateLimit", "limit=100, remaining=0, reset="+after)
	default:
		q.Status = http.StatusNotFound
	}
	return "a page\n"
}

// isFirst reports whether that path of that host is asked for the first time.
func (s *Server) isFirst(q *Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := q.Host + " " + q.Path
	first := !s.seen[key]
	s.seen[key] = true
	return first
}

// meet waits until count requests of the host have come here.
func (s *Server) meet(host, count string) {
	s.mu.Lock()
	if s.meeting[host] == nil {
		s.meeting[host] = make(chan struct{})
	}
	all := s.meeting[host]
	s.met[host]++
	if strconv.Itoa(s.met[host]) == count {
		delete(s.meeting, host)
		delete(s.met, host)
		close(all)
	}
	s.mu.Unlock()
	select {
	case <-all:
	case <-s.closed:
	}
}

func (s *Server) note(q Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, q)
}

package main

import (
	"strconv"
	"strings"
	"sync"
	"time"

	"trawl/display"
	"trawl/pool/cluster"
)

// eventLine says what has happened to a worker, or to the server, in one line without its
// end: of a coordinator's events and of those that a worker's log tells. What names and
// details have in them steers no terminal.
func eventLine(e cluster.Event) string {
	who, detail := "worker "+aName(e.Worker), shown(e.Detail)
	switch e.Kind {
	case cluster.Joined:
		if e.Worker == "" {
			return "serving run " + detail
		}
		return who + " has joined" + withDetail(": ", requestsOf(detail, " at once"))
	case cluster.Left:
		return who + " has left" + withDetail(": ", detail)
	case cluster.Gone:
		return who + " is gone: " + silence(detail) + "; its pages go to the others"
	case cluster.Back:
		return who + " is heard of again" + withDetail(": ", detail)
	case cluster.Slow:
		return who + " is slow" + withDetail(": ", detail)
	case cluster.Refused:
		if e.Worker == "" {
			return "cannot serve " + detail
		}
		return who + " is refused" + withDetail(": ", detail)
	case cluster.Ended:
		return "run " + detail + " has ended"
	}
	return serverLine(e.Kind, detail)
}

// serverLine is for what has happened to the server, or to what it keeps.
func serverLine(kind cluster.Kind, detail string) string {
	switch kind {
	case cluster.Disconnected:
		return "the NATS server is gone; waiting for it" + withDetail(": ", detail)
	case cluster.Connected:
		return "the NATS server is there again" + withDetail(": ", detail)
	case cluster.Denied:
		return "the NATS server denies what is needed" + withDetail(": ", detail)
	case cluster.Restored:
		return "the NATS server had lost " + requestsOf(detail, "") + ": sent again"
	case cluster.Alone:
		return "three workers have died with the same " + requestsOf(detail, "") + ": each is sent alone"
	case cluster.Dropped:
		return "a message of no use was dropped" + withDetail(": ", detail)
	}
	return shown(string(kind)) + withDetail(": ", detail)
}

// withDetail is text with what joins it to a line; nothing if there is no text.
func withDetail(joint, text string) string {
	if text == "" {
		return ""
	}
	return joint + text
}

// aName is a name as a line may have it: in quotes if it could be taken for more than that.
func aName(name string) string {
	if strings.Contains(name, " ") {
		return quoted(name)
	}
	return shown(name)
}

// requestsOf is a number of calls in the words of a crawl; other details are as they are.
func requestsOf(detail, more string) string {
	n, err := strconv.ParseInt(detail, 10, 64)
	if err != nil {
		return detail
	}
	return display.Plural(n, "request", "requests") + more
}

// silence is why somebody is taken for gone: how long nothing has been heard, or what the
// detail says else.
func silence(detail string) string {
	if d, err := time.ParseDuration(detail); err == nil {
		return "nothing heard for " + display.Span(d)
	}
	return detail
}

// An eventLog says what happens to workers and server. Its tell may be called by many
// goroutines at once.
type eventLog struct {
	say func(cluster.Kind, string) // is given a line of each kind; which it says is its matter

	mu  sync.Mutex                       // guards odd
	odd map[cluster.Kind]map[string]bool // lines about what is wrong with what others send
}

// oddLines is how many lines of a kind are about what is wrong with what others send, each
// said once: who sends it may never stop.
const oddLines = 20

func (l *eventLog) tell(e cluster.Event) {
	line := eventLine(e)
	if e.Kind == cluster.Dropped || e.Kind == cluster.Refused || e.Kind == cluster.Denied {
		line = l.once(e.Kind, line)
	}
	if line != "" {
		l.say(e.Kind, line)
	}
}

// once returns the line, or what is to be said in its place; "" is nothing.
func (l *eventLog) once(kind cluster.Kind, line string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.odd == nil {
		l.odd = map[cluster.Kind]map[string]bool{cluster.Dropped: {}, cluster.Refused: {}, cluster.Denied: {}}
	}
	said := l.odd[kind]
	if said[line] || len(said) > oddLines {
		return ""
	}
	if len(said) == oddLines {
		line = "(what more is " + string(kind) + " is not shown)"
	}
	said[line] = true
	return line
}

// eventLog is for what happens to the workers of a run. Without -v it says that one is not
// let in, since a person has started it in vain, and, to a person who watches, why nothing
// moves; workers that are silent or slow are named by the progress line.
func (s *screen) eventLog() *eventLog {
	return &eventLog{say: func(kind cluster.Kind, line string) {
		server := kind == cluster.Disconnected || kind == cluster.Connected
		switch {
		case kind == cluster.Refused || kind == cluster.Denied:
			s.warn(&message{what: line})
		case s.cfg.Verbose > 0 || server && s.tty:
			s.say("trawl: " + line)
		}
	}}
}

// eventLog is for what happens to a worker, told to its log. Not verbose it says which runs
// are served, and what keeps it from that.
func (l *workerLog) eventLog() *eventLog {
	return &eventLog{say: func(kind cluster.Kind, line string) {
		switch kind {
		case cluster.Joined, cluster.Ended, cluster.Refused, cluster.Denied, cluster.Disconnected, cluster.Connected:
			l.note(line)
		default:
			l.detail(line)
		}
	}}
}

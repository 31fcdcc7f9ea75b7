// Package dnstest is a name server on loopback for tests: it says what it is told
// to say, true or not, and counts what it is asked.
package dnstest

import (
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// An Answer is what is said to one question for a name. The zero value says that
// the name exists and has no address.
type Answer struct {
	Addrs []netip.Addr // IPv4 ones answer a question for A, the others one for AAAA
	Alias string       // not "": Addrs belong to this name, of which the one asked for is an alias (CNAME)
	TTL   uint32       // of all records, in seconds
	Code  dnsmessage.RCode

	Silent    bool                // nothing is said
	Truncated bool                // over UDP it does not fit: the rest is for TCP
	Mangle    func([]byte) []byte // what is sent in the place of a whole message; nil is the message
	Hold      <-chan struct{}     // nothing is said before it is closed; nil is at once
}

// Addrs is an answer with these addresses and a TTL of a minute. It panics if one
// of them is none.
func Addrs(addrs ...string) Answer {
	a := Answer{TTL: 60}
	for _, addr := range addrs {
		a.Addrs = append(a.Addrs, netip.MustParseAddr(addr))
	}
	return a
}

// Answers to every question.
var (
	NoSuchHost = Answer{Code: dnsmessage.RCodeNameError}
	Failure    = Answer{Code: dnsmessage.RCodeServerFailure}
	Silence    = Answer{Silent: true}
)

// A Server answers over UDP and TCP. It is used by many goroutines at once.
type Server struct {
	packets  net.PacketConn
	listener net.Listener
	over     chan struct{} // closed when the test ends
	running  sync.WaitGroup

	mu      sync.Mutex // guards what follows
	answers map[question][]Answer
	asked   map[question]int
	open    map[net.Conn]bool // over TCP; nil when the test has ended
}

type question struct {
	name string // in lower case, without the last dot
	of   dnsmessage.Type
}

// Start returns a server that ends with the test. It says of every name that it
// does not exist, until it is told better.
func Start(tb testing.TB) *Server {
	tb.Helper()
	s := &Server{
		over:    make(chan struct{}),
		answers: map[question][]Answer{},
		asked:   map[question]int{},
		open:    map[net.Conn]bool{},
	}
	s.listen(tb)
	s.running.Go(s.serveUDP)
	s.running.Go(s.serveTCP)
	tb.Cleanup(s.close)
	return s
}

// listen takes a port that is free for both UDP and TCP.
func (s *Server) listen(tb testing.TB) {
	tb.Helper()
	var err error
	for range 100 {
		if s.packets, err = net.ListenPacket("udp", "127.0.0.1:0"); err != nil {
			continue
		}
		if s.listener, err = net.Listen("tcp", s.packets.LocalAddr().String()); err == nil {
			return
		}
		s.packets.Close()
	}
	tb.Fatal(err)
}

func (s *Server) close() {
	close(s.over)
	s.packets.Close()
	s.listener.Close()
	s.mu.Lock()
	for c := range s.open {
		c.Close()
	}
	s.open = nil
	s.mu.Unlock()
	s.running.Wait()
}

// Addr is where the server listens, "127.0.0.1:port".
func (s *Server) Addr() string { return s.packets.LocalAddr().String() }

// Set says what is answered for the name, to questions for A as well as to those
// for AAAA: to the first, the second and so on of that kind, and the last answer
// to all after that.
func (s *Server) Set(name string, answers ...Answer) {
	s.SetType(name, dnsmessage.TypeA, answers...)
	s.SetType(name, dnsmessage.TypeAAAA, answers...)
}

// SetType is Set for questions of one kind.
func (s *Server) SetType(name string, of dnsmessage.Type, answers ...Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := newQuestion(name, of)
	s.answers[q] = answers
	delete(s.asked, q)
}

// Asked is how many questions for A there were for the name since Set. A look-up
// asks once, but again when it gets no proper answer.
func (s *Server) Asked(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[newQuestion(name, dnsmessage.TypeA)]
}

func newQuestion(name string, of dnsmessage.Type) question {
	return question{strings.ToLower(strings.TrimSuffix(name, ".")), of}
}

// next counts the question and gives what is to be answered.
func (s *Server) next(q dnsmessage.Question) Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := newQuestion(q.Name.String(), q.Type)
	n := s.asked[k]
	s.asked[k]++
	answers := s.answers[k]
	if len(answers) == 0 {
		return NoSuchHost
	}
	return answers[min(n, len(answers)-1)]
}

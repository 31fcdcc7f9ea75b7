package fetch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"trawl/fetch/dnstest"
)

// Whatever a name server says, a look-up ends in time, with an address or with an
// error of class dns, and is remembered no longer than it may be.
func TestNameServersThatRave(t *testing.T) {
	loop := func(m []byte) []byte { // the name of the first record points to itself
		at := bytes.LastIndex(m, []byte{0xc0, 12})
		if at < 0 {
			return m
		}
		binary.BigEndian.PutUint16(m[at:], 0xc000|uint16(at))
		return m
	}
	for name, mangle := range map[string]func([]byte) []byte{
		"nothing":          func(m []byte) []byte { return []byte{} },
		"half a header":    func(m []byte) []byte { return m[:6] },
		"half a record":    func(m []byte) []byte { return m[:len(m)-3] },
		"another id":       func(m []byte) []byte { m[0] ^= 0xff; return m },
		"a question":       func(m []byte) []byte { m[2] &^= 0x80; return m },
		"another question": func(m []byte) []byte { m[13] ^= 1; return m },
		"more records":     func(m []byte) []byte { m[7] = 200; return m },
		"no question":      func(m []byte) []byte { m[5] = 0; return m },
		"a loop":           loop,
		"noise":            func(m []byte) []byte { return append(m[:12], bytes.Repeat([]byte{0xff}, 1000)...) },
		"a text":           func([]byte) []byte { return []byte("HTTP/1.1 400 Bad Request\r\n\r\n") },
	} {
		for _, truncated := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := dnstest.Start(t)
				answer := dnstest.Addrs("127.0.0.1")
				answer.Mangle, answer.Truncated = mangle, truncated
				s.SetType("a.example", dnsmessage.TypeA, answer)
				s.SetType("a.example", dnsmessage.TypeAAAA, dnstest.Answer{})
				r, clock := resolverOf(t, s, 300*time.Millisecond)
				start := time.Now()
				_, _, err := r.addresses(t.Context(), "a.example")
				if took := time.Since(start); took > 20*time.Second {
					t.Errorf("it took %s", took)
				}
				if err != nil {
					wantDNS(t, err)
				}
				if life := r.names["a.example"].until.Sub(clock.now()); life > noHostLife {
					t.Errorf("remembered for %s", life)
				}
			})
		}
	}
}

// listenTwice listens at a port that is free for both UDP and TCP.
func listenTwice(t *testing.T) (pc net.PacketConn, l net.Listener) {
	t.Helper()
	for {
		pc, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if l, err = net.Listen("tcp", pc.LocalAddr().String()); err == nil {
			return pc, l
		}
		pc.Close()
		if !errors.Is(err, syscall.EADDRINUSE) {
			t.Fatal(err)
		}
	}
}

// A name server that has said too much over UDP, and hangs over TCP.
func TestANameServerThatHangsOverTCP(t *testing.T) {
	pc, l := listenTwice(t) // l never accepts
	defer pc.Close()
	defer l.Close()
	done := make(chan struct{})
	defer func() { pc.Close(); <-done }()
	go func() {
		defer close(done)
		for packet := make([]byte, 512); ; {
			n, from, err := pc.ReadFrom(packet)
			if err != nil {
				return
			}
			packet[2] |= 0x82 // a truncated answer
			packet[11] = 0    // the option of EDNS is not said back
			pc.WriteTo(packet[:n-11], from)
		}
	}()
	r := newResolver(pc.LocalAddr().String(), 200*time.Millisecond)
	defer r.close()
	wantAddresses(t, r, "a.example", "name server does not answer")
}

// FuzzWhatANameServerSays reads noise as an answer, over UDP and, in two pieces,
// over TCP: no message makes the TTL anything else than the resolver's bounds.
func FuzzWhatANameServerSays(f *testing.F) {
	name := dnsmessage.MustNewName("a.example.")
	q := dnsmessage.Question{Name: name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}
	h := dnsmessage.ResourceHeader{Name: name, Class: q.Class, TTL: 1 << 31}
	m := dnsmessage.Message{
		Header: dnsmessage.Header{ID: 7, Response: true}, Questions: []dnsmessage.Question{q},
		Answers: []dnsmessage.Resource{
			{Header: h, Body: &dnsmessage.CNAMEResource{CNAME: name}},
			{Header: h, Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}},
		},
	}
	answer, err := m.Pack()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(answer, 1)
	f.Add(answer[:20], 10)
	m.RCode = dnsmessage.RCodeNameError
	answer, _ = m.Pack()
	f.Add(answer, 0)
	f.Fuzz(func(t *testing.T, message []byte, cut int) {
		for _, packets := range []bool{true, false} {
			w := newWatch(t.Context(), func() {})
			c := &watchedConn{watch: w, packets: packets, id: 7, question: q}
			w.asked(q)
			if packets {
				c.see(message)
			} else {
				stream := append(binary.BigEndian.AppendUint16(nil, uint16(len(message))), message...)
				cut = min(max(cut, 0), len(stream))
				c.gather(stream[:cut])
				c.gather(stream[cut:])
			}
			if life := w.life(); life < leastLife || life > mostLife {
				t.Errorf("the addresses hold for %s", life)
			}
			if ttl, ok := w.leastTTL(); ok && w.trouble() && ttl > 0 && len(message) < 12 {
				t.Errorf("a TTL of %s from %d bytes", ttl, len(message))
			}
			w.end()
		}
	})
}

package dnstest

import (
	"encoding/binary"
	"io"
	"net"

	"golang.org/x/net/dns/dnsmessage"
)

func (s *Server) serveUDP() {
	for {
		packet := make([]byte, 1232)
		n, from, err := s.packets.ReadFrom(packet)
		if err != nil {
			return
		}
		s.running.Go(func() {
			if answer := s.answer(packet[:n], true); answer != nil {
				s.packets.WriteTo(answer, from)
			}
		})
	}
}

func (s *Server) serveTCP() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		if !s.opened(c) {
			c.Close()
			return
		}
		s.running.Go(func() {
			defer s.closed(c)
			s.serveStream(c)
		})
	}
}

// opened is false if the test is over.
func (s *Server) opened(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		return false
	}
	s.open[c] = true
	return true
}

func (s *Server) closed(c net.Conn) {
	c.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
}

// serveStream answers questions with their length in front (RFC 1035 §4.2.2).
func (s *Server) serveStream(c net.Conn) {
	for {
		var length [2]byte
		if _, err := io.ReadFull(c, length[:]); err != nil {
			return
		}
		message := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(c, message); err != nil {
			return
		}
		answer := s.answer(message, false)
		if answer == nil {
			continue
		}
		// In two writes: who reads must not take one for a message.
		if _, err := c.Write(binary.BigEndian.AppendUint16(nil, uint16(len(answer)))); err != nil {
			return
		}
		if _, err := c.Write(answer); err != nil {
			return
		}
	}
}

// answer is the message to be sent; nil is none.
func (s *Server) answer(message []byte, packet bool) []byte {
	var m dnsmessage.Message
	if err := m.Unpack(message); err != nil || len(m.Questions) != 1 {
		return nil
	}
	a := s.next(m.Questions[0])
	if a.Hold != nil {
		select {
		case <-a.Hold:
		case <-s.over:
			return nil
		}
	}
	if a.Silent {
		return nil
	}
	m.Response, m.RecursionAvailable, m.RCode, m.Additionals = true, true, a.Code, nil
	m.Truncated = a.Truncated && packet
	if !m.Truncated {
		m.Answers = a.records(m.Questions[0])
	}
	packed, err := m.Pack()
	if err != nil {
		return nil
	}
	if a.Mangle != nil {
		return a.Mangle(packed)
	}
	return packed
}

func (a Answer) records(q dnsmessage.Question) (records []dnsmessage.Resource) {
	header := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: a.TTL}
	if a.Alias != "" {
		name := dnsmessage.MustNewName(a.Alias)
		records = append(records, dnsmessage.Resource{Header: header, Body: &dnsmessage.CNAMEResource{CNAME: name}})
		header.Name = name
	}
	for _, addr := range a.Addrs {
		switch {
		case addr.Is4() && q.Type == dnsmessage.TypeA:
			records = append(records, dnsmessage.Resource{Header: header, Body: &dnsmessage.AResource{A: addr.As4()}})
		case !addr.Is4() && q.Type == dnsmessage.TypeAAAA:
			records = append(records, dnsmessage.Resource{Header: header, Body: &dnsmessage.AAAAResource{AAAA: addr.As16()}})
		}
	}
	return records
}

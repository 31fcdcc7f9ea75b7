package parse

import (
	"bytes"
	"strings"
)

// scanner goes through markup with the steps of the prescan. It stands at the end
// of b when one of them has run out of bytes.
type scanner struct {
	b []byte
	i int
}

// tag is a start or end tag; name is nil if it was something else.
type tag struct {
	name []byte
	end  bool
}

func (t tag) meta() bool { return !t.end && equalFold(t.name, "meta") }

// inHead reports whether the tag may stand in a head without ending it.
func (t tag) inHead() bool {
	for _, name := range [...]string{"meta", "script", "link", "style", "title", "base", "noscript", "object"} {
		if equalFold(t.name, name) {
			return true
		}
	}
	return !t.end && (equalFold(t.name, "html") || equalFold(t.name, "head"))
}

// toTag goes to the next "<".
func (s *scanner) toTag() bool {
	if s.i >= len(s.b) {
		return false
	}
	n := bytes.IndexByte(s.b[s.i:], '<')
	if n < 0 {
		return false
	}
	s.i += n
	return true
}

// tag reads what begins at a "<": of a tag the name, of a comment or declaration
// all up to its last byte.
func (s *scanner) tag() tag {
	b := s.b[s.i:]
	start := 1
	if len(b) > 1 && b[1] == '/' {
		start = 2
	}
	switch {
	case bytes.HasPrefix(b, []byte("<!--")):
		s.comment()
		return tag{}
	case len(b) <= start:
		s.i = len(s.b)
		return tag{}
	case isLetter(b[start]):
		return s.named(start)
	case start == 2 || b[1] == '!' || b[1] == '?':
		s.past('>')
	}
	return tag{}
}

// comment goes to the ">" of the first "-->", whose dashes may be those that the
// comment begins with.
func (s *scanner) comment() {
	n := bytes.Index(s.b[s.i+2:], []byte("-->"))
	if n < 0 {
		s.i = len(s.b)
		return
	}
	s.i += 2 + n + 2
}

// named reads a tag whose name begins start bytes on, up to the white space or
// ">" behind it.
func (s *scanner) named(start int) tag {
	b := s.b[s.i:]
	n := bytes.IndexAny(b[start:], "\t\n\f\r >")
	if n < 0 {
		s.i = len(s.b)
		return tag{}
	}
	name := b[start : start+n]
	s.i += start + n
	if slash := bytes.IndexByte(name, '/'); slash >= 0 { // "<meta/charset=x>", "<br/>"
		name = name[:slash]
		if equalFold(name, "meta") && start == 1 {
			s.i += slash - n
		}
	}
	return tag{name, start == 2}
}

// past goes to the next c, or the end.
func (s *scanner) past(c byte) {
	n := bytes.IndexByte(s.b[s.i:], c)
	if n < 0 {
		s.i = len(s.b)
		return
	}
	s.i += n
}

func (s *scanner) skipAttributes() {
	for {
		if _, _, ok := s.attribute(); !ok {
			return
		}
	}
}

// skipRawText goes to the end tag, if t has text that is no markup.
func (s *scanner) skipRawText(t tag) {
	raw := equalFold(t.name, "script") || equalFold(t.name, "style") || equalFold(t.name, "title") || equalFold(t.name, "noscript")
	if t.end || !raw {
		return
	}
	for s.toTag() {
		b := s.b[s.i:]
		if len(b) > 2+len(t.name) && b[1] == '/' && bytes.EqualFold(b[2:2+len(t.name)], t.name) && isTagEnd(b[2+len(t.name)]) {
			s.i-- // the end tag comes next
			return
		}
		s.i++
	}
	s.i = len(s.b)
}

// attribute is the HTML Standard's "get an attribute". It is not ok at the ">",
// where it stands then, and at the end.
func (s *scanner) attribute() (name, value []byte, ok bool) {
	s.skip("\t\n\f\r /")
	if s.i >= len(s.b) || s.b[s.i] == '>' {
		return nil, nil, false
	}
	start := s.i
	for s.i++; s.i < len(s.b) && !isTagEnd(s.b[s.i]) && s.b[s.i] != '='; s.i++ {
	}
	name = s.b[start:s.i]
	s.skip("\t\n\f\r ")
	if s.i >= len(s.b) {
		return nil, nil, false
	}
	if s.b[s.i] != '=' {
		return name, nil, true
	}
	s.i++
	s.skip("\t\n\f\r ")
	if s.i >= len(s.b) {
		return nil, nil, false
	}
	value, ok = s.value()
	return name, value, ok
}

func (s *scanner) value() (value []byte, ok bool) {
	switch c := s.b[s.i]; c {
	case '>':
		return nil, true
	case '"', '\'':
		s.i++
		start := s.i
		s.past(c)
		if s.i == len(s.b) {
			return nil, false
		}
		s.i++
		return s.b[start : s.i-1], s.i < len(s.b)
	}
	start := s.i
	n := bytes.IndexAny(s.b[s.i:], "\t\n\f\r >")
	if n < 0 {
		s.i = len(s.b)
		return nil, false
	}
	s.i += n
	return s.b[start:s.i], true
}

func (s *scanner) skip(set string) {
	for s.i < len(s.b) && strings.IndexByte(set, s.b[s.i]) >= 0 {
		s.i++
	}
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// isTagEnd reports whether a tag's or an attribute's name ends before c.
func isTagEnd(c byte) bool {
	return c == '>' || c == '/' || c == ' ' || '\t' <= c && c <= '\r' && c != '\v'
}

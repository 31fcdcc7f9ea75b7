package sinks

import "unicode/utf8"

// skipDepth is how deep JSON may be nested; encoding/json stops much later.
const skipDepth = 100

// raw reads any value, in valid UTF-8, as it stands there.
func (s *scanner) raw() ([]byte, bool) {
	start := s.i
	ok := s.skip(0)
	raw := s.line[start:s.i]
	return raw, ok && utf8.Valid(raw)
}

// skip reads any value, and is as strict as encoding/json. Within it there may be
// white space.
func (s *scanner) skip(depth int) bool {
	if s.i == len(s.line) || depth > skipDepth {
		return false
	}
	switch s.line[s.i] {
	case '{':
		return s.skipAll('{', '}', func() bool { return s.skipString() && s.space() && s.eat(':') && s.space() && s.skip(depth+1) })
	case '[':
		return s.skipAll('[', ']', func() bool { return s.skip(depth + 1) })
	case '"':
		return s.skipString()
	case 't':
		return s.eatString("true")
	case 'f':
		return s.eatString("false")
	case 'n':
		return s.eatString("null")
	}
	return s.skipNumber()
}

// skipAll reads elements with commas between them.
func (s *scanner) skipAll(open, end byte, element func() bool) bool {
	s.eat(open)
	s.space()
	if s.eat(end) {
		return true
	}
	for more := true; more; more = s.eat(',') {
		s.space()
		if !element() {
			return false
		}
		s.space()
	}
	return s.eat(end)
}

// space reads white space, which may be none.
func (s *scanner) space() bool {
	for s.eat(' ') || s.eat('\t') || s.eat('\r') {
	}
	return true
}

func (s *scanner) skipString() bool {
	if !s.eat('"') {
		return false
	}
	for s.unescaped(); s.eat('\\'); s.unescaped() {
		if !s.skipEscape() {
			return false
		}
	}
	return s.eat('"')
}

func (s *scanner) skipEscape() bool {
	if s.i == len(s.line) {
		return false
	}
	b := s.line[s.i]
	s.i++
	switch b {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		end := s.i + 4
		for s.i < len(s.line) && s.i < end && isHex(s.line[s.i]) {
			s.i++
		}
		return s.i == end
	}
	return false
}

func (s *scanner) skipNumber() bool {
	s.eat('-')
	whole := s.digits(len(s.line))
	if len(whole) == 0 || whole[0] == '0' && len(whole) > 1 {
		return false
	}
	if s.eat('.') && len(s.digits(len(s.line))) == 0 {
		return false
	}
	if s.eat('e') || s.eat('E') {
		if !s.eat('+') {
			s.eat('-')
		}
		return len(s.digits(len(s.line))) > 0
	}
	return true
}

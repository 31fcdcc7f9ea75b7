package sinks

import (
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode/utf8"
)

// scanner reads a line of JSON (RFC 8259) from its begin. Its methods say whether
// they have understood what stands there, all of which encoding/json understands
// too, and go behind it; if not, they may stand anywhere.
type scanner struct {
	line []byte
	i    int
}

func (s *scanner) eat(b byte) bool {
	if s.i == len(s.line) || s.line[s.i] != b {
		return false
	}
	s.i++
	return true
}

func (s *scanner) eatString(prefix string) bool {
	end := s.i + len(prefix)
	if end > len(s.line) || string(s.line[s.i:end]) != prefix {
		return false
	}
	s.i = end
	return true
}

// digits reads at most so many.
func (s *scanner) digits(most int) []byte {
	rest := s.line[s.i:]
	n := 0
	for n < len(rest) && n < most && '0' <= rest[n] && rest[n] <= '9' {
		n++
	}
	s.i += n
	return rest[:n]
}

// natural reads a number that JSON may begin with, of at most so many digits.
func (s *scanner) natural(most int) (n int64, ok bool) {
	digits := s.digits(most)
	for _, digit := range digits {
		n = 10*n + int64(digit-'0')
	}
	return n, len(digits) > 0 && (digits[0] != '0' || len(digits) == 1)
}

// integer reads one of at most 18 digits, which an int64 always holds.
func (s *scanner) integer() (n int64, ok bool) {
	if s.eat('-') {
		n, ok = s.natural(18)
		return -n, ok
	}
	return s.natural(18)
}

// string reads a string of valid UTF-8: as it stands there, or unescaped at the end
// of the arena.
func (s *scanner) string(arena *[]byte) ([]byte, bool) {
	if !s.eat('"') {
		return nil, false
	}
	text := s.unescaped()
	if s.eat('"') {
		return text, utf8.Valid(text)
	}
	start := len(*arena)
	*arena = append(*arena, text...)
	for s.eat('\\') {
		b, ok := s.escape()
		if !ok {
			return nil, false
		}
		*arena = append(append(*arena, b), s.unescaped()...)
	}
	text = (*arena)[start:]
	return text, s.eat('"') && utf8.Valid(text)
}

// unescaped reads to the next byte that does not stand for itself in a string.
func (s *scanner) unescaped() []byte {
	rest := s.line[s.i:]
	n := 0
	for n+8 <= len(rest) {
		special := specials(binary.LittleEndian.Uint64(rest[n:]), '\\')
		n += bits.TrailingZeros64(special) / 8 // 64/8 if there is none
		if special != 0 {
			s.i += n
			return rest[:n]
		}
	}
	for n < len(rest) && (rest[n] >= utf8.RuneSelf || plain[rest[n]]) {
		n++
	}
	s.i += n
	return rest[:n]
}

// escape reads what stands behind a backslash, if it is what this package writes.
func (s *scanner) escape() (b byte, ok bool) {
	const codes, bytes = `"\nrt`, "\"\\\n\r\t"
	if s.eatString("u00") {
		return s.hex()
	}
	if s.i == len(s.line) {
		return 0, false
	}
	code := strings.IndexByte(codes, s.line[s.i])
	if code < 0 {
		return 0, false
	}
	s.i++
	return bytes[code], true
}

// hex reads two digits that are an ASCII character.
func (s *scanner) hex() (b byte, ok bool) {
	for range 2 {
		if s.i == len(s.line) || !isHex(s.line[s.i]) {
			return 0, false
		}
		b = b<<4 | fromHex(s.line[s.i])
		s.i++
	}
	return b, b < utf8.RuneSelf
}

func isHex(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b|0x20 && b|0x20 <= 'f'
}

func fromHex(b byte) byte {
	if b <= '9' {
		return b - '0'
	}
	return (b | 0x20) - 'a' + 10
}

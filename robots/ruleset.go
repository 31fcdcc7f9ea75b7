package robots

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
)

// A ruleSet gathers rules as they are read.
type ruleSet struct {
	text []byte
	list []rule
}

// add adds a rule. One without a pattern, or whose pattern no path begins with,
// says nothing.
func (s *ruleSet) add(pattern []byte, allow bool) {
	if len(pattern) == 0 || pattern[0] != '/' && pattern[0] != '*' {
		return
	}
	s.append(pattern, allow)
	if dir, ok := index(pattern); ok && allow {
		s.append(dir, true)
	}
}

// index returns the pattern of a folder alone if pattern is its index page: who
// allows that means the folder, which is where it is asked for.
func index(pattern []byte) (dir []byte, ok bool) {
	slash := bytes.LastIndexByte(pattern, '/')
	if slash < 0 || !bytes.HasPrefix(pattern[slash:], []byte("/index.htm")) {
		return nil, false
	}
	return append(pattern[:slash+1:slash+1], '$'), true
}

func (s *ruleSet) append(pattern []byte, allow bool) {
	from := len(s.text)
	s.text = appendPattern(s.text, pattern)
	s.list = append(s.list, rule{from: uint32(from), size: uint32(len(s.text) - from), allow: allow})
}

// rules returns what has been gathered, each pattern once. The set must not be
// used any more.
func (s *ruleSet) rules() *Rules {
	text := string(s.text)
	pattern := func(r rule) string { return text[r.from : r.from+r.size] }
	slices.SortFunc(s.list, func(a, b rule) int {
		if c := strings.Compare(pattern(a), pattern(b)); c != 0 {
			return c
		}
		return allowFirst(a, b)
	})
	s.list = slices.CompactFunc(s.list, func(a, b rule) bool { return pattern(a) == pattern(b) })

	var tight strings.Builder
	plain, wild := []rule{}, []rule{}
	for _, r := range s.list {
		p := pattern(r)
		r.from = uint32(tight.Len())
		tight.WriteString(p)
		if strings.Contains(p, wildcard) {
			wild = append(wild, r)
		} else {
			plain = append(plain, r)
		}
	}
	slices.SortFunc(wild, func(a, b rule) int {
		return cmp.Or(cmp.Compare(b.size, a.size), allowFirst(a, b))
	})
	r := &Rules{text: strings.Clone(tight.String()), plain: slices.Clip(plain), wild: slices.Clip(wild)}
	r.adopt()
	return r
}

func allowFirst(a, b rule) int {
	switch {
	case a.allow == b.allow:
		return 0
	case a.allow:
		return -1
	}
	return 1
}

// adopt finds the parent of each plain rule: before it in their order stand its
// ancestors and those whom its parent has too.
func (r *Rules) adopt() {
	parent := int32(-1)
	for i := range r.plain {
		for parent >= 0 && !strings.HasPrefix(r.pattern(r.plain[i]), r.pattern(r.plain[parent])) {
			parent = r.plain[parent].parent
		}
		r.plain[i].parent = parent
		parent = int32(i)
	}
}

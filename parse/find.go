package parse

import (
	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
)

// step is one part of a selector: what an element must be, and how it must stand
// to one that met the part before: ' ', '>', '+' or '~'; 0 for a first part.
type step struct {
	combinator byte
	last       bool // an element that meets this part meets the selector
	cascadia.Sel
}

// maxSteps is how many parts there may be, with all alternatives: the bits of a
// set.
const maxSteps = 64

// search finds the elements that meet a selector, in one walk over the tree. A
// walk up from each element, as the library does it, takes time that grows with a
// power of the nesting: main div div div a.
type search struct {
	steps  []step
	whole  cascadia.SelectorGroup // the same, to ask about one element
	bounds *bounds
	found  []*html.Node
	seen   int
	err    error // a bound was met
}

// MatchAll is n and what is below it, in document order.
func (s *search) MatchAll(n *html.Node) []*html.Node {
	s.found = nil
	met := s.meets(n, relatives{})
	s.below(n, relatives{above: met, parent: met})
	return s.found
}

// relatives are the parts that an element's relatives have met, as sets.
type relatives struct{ above, parent, before, previous uint64 }

func (s *search) below(n *html.Node, r relatives) {
	for c := n.FirstChild; c != nil && s.err == nil; c = c.NextSibling {
		if c.Type != html.ElementNode {
			continue
		}
		met := s.meets(c, r)
		if c.FirstChild != nil {
			s.below(c, relatives{above: r.above | met, parent: met})
		}
		r.before |= met
		r.previous = met
	}
}

func (s *search) meets(n *html.Node, r relatives) (met uint64) {
	if s.seen++; s.seen%8 == 0 { // one may look at all its siblings, or at all that is below it
		s.err = s.bounds.late()
	}
	hit := false
	for i, part := range s.steps {
		if r.allow(part.combinator, i) && part.Match(n) {
			met |= 1 << i
			hit = hit || part.last
		}
	}
	if hit {
		s.found = append(s.found, n)
	}
	return met
}

// allow reports whether the part before i was met where the combinator says.
func (r relatives) allow(combinator byte, i int) bool {
	before := uint64(1) << max(i-1, 0)
	switch combinator {
	case ' ':
		return r.above&before != 0
	case '>':
		return r.parent&before != 0
	case '+':
		return r.previous&before != 0
	case '~':
		return r.before&before != 0
	}
	return true
}

// Match makes a search a matcher of goquery, as does Filter.
func (s *search) Match(n *html.Node) bool { return s.whole.Match(n) }

// Filter looks at each node by itself.
func (s *search) Filter(nodes []*html.Node) []*html.Node { return cascadia.Filter(nodes, s.whole) }

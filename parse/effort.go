package parse

import (
	"math"
	"strings"

	"golang.org/x/net/html"
)

// mostEffort is how many elements may be looked at to tell whether one element meets a
// selector: a few seconds' work. There is no other bound within that.
const mostEffort = 2e9

// effort is what a selector asks in parentheses (":has(td div a)"), where the library looks
// for itself: for each element below, and there for each that may stand where a combinator
// says, and so on. The zero value is next to nothing.
type effort struct {
	below    int // looks at all that is below an element, one inside the other
	above    int // at what is above it
	before   int // at the siblings before it
	siblings int // at all siblings, to count them
}

// effortOf adds up what all parentheses of a selector ask, which may be more than the most.
func effortOf(css string) (e effort) {
	for _, inner := range parentheses(css) {
		switch name := inner.name; {
		case name == "not", name == "has", name == "haschild":
			e.add(effortInside(inner.text))
			if name != "not" {
				e.below++
			}
		case strings.HasPrefix(name, "contains"), strings.HasPrefix(name, "matches"):
			e.below++
		case strings.HasPrefix(name, "nth-"):
			e.siblings++
		}
	}
	return e
}

// effortInside is that of a selector in parentheses: of its combinators too.
func effortInside(css string) effort {
	e := effortOf(css)
	if steps, err := stepsOf(css); err == nil {
		for _, s := range steps {
			switch s.combinator {
			case ' ':
				e.above++
			case '~':
				e.before++
			}
		}
	}
	e.siblings += strings.Count(css, "-child") + strings.Count(css, "-of-type")
	return e
}

func (e *effort) add(more effort) {
	e.below += more.below
	e.above += more.above
	e.before += more.before
	e.siblings += more.siblings
}

// isTooMuch reports whether it may be for a tree of that extent.
func (e effort) isTooMuch(x extent) bool {
	looks := math.Pow(float64(x.nodes), float64(e.below)) *
		math.Pow(float64(x.depth), float64(e.above)) *
		math.Pow(float64(x.widest), float64(e.before+min(1, e.siblings)))
	return looks > mostEffort
}

// call is a name with parentheses behind it, and what is in them.
type call struct{ name, text string }

func parentheses(css string) (calls []call) {
	start, name, depth := 0, "", 0
	for i := 0; i < len(css); {
		size, _ := lexeme(css[i:])
		switch css[i] {
		case '(':
			if depth++; depth == 1 {
				start, name = i+1, css[strings.LastIndexByte(css[:i], ':')+1:i]
			}
		case ')':
			if depth--; depth == 0 {
				calls = append(calls, call{strings.ToLower(name), css[start:i]})
			}
		}
		i += size
	}
	return calls
}

// extent is how large a tree is.
type extent struct {
	nodes, depth int
	widest       int // the most children of an element
}

// extentOf walks without calling itself: misnested elements, when sorted out, can make a
// tree deeper than the parser's stack was.
func extentOf(root *html.Node) (x extent) {
	depth, children := 0, []int{0}
	for n := root; ; {
		x.nodes++
		children[depth]++
		x.widest = max(x.widest, children[depth])
		if n.FirstChild != nil {
			n = n.FirstChild
			if depth++; depth == len(children) {
				children = append(children, 0)
			}
			children[depth] = 0
			x.depth = max(x.depth, depth)
			continue
		}
		for n != root && n.NextSibling == nil {
			n, depth = n.Parent, depth-1
		}
		if n == root {
			return x
		}
		n = n.NextSibling
	}
}

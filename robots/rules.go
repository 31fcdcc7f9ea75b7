package robots

import (
	"math"
	"slices"
	"strings"
	"time"
	"unsafe"
)

// Rules are what a robots.txt says to one crawler. Any number of goroutines may
// ask them.
type Rules struct {
	text  string // the patterns, one behind the other
	plain []rule // those without a wildcard, in the order of their patterns
	wild  []rule // the others, the most specific first
	delay time.Duration
}

// A rule is a pattern, text[from:from+size], and what it says.
type rule struct {
	from, size uint32
	parent     int32 // of a plain one: the longest whose pattern its own begins with, an index; -1 is none
	allow      bool
}

// AllowAll returns the rules of a server that has no robots.txt.
func AllowAll() *Rules { return new(Rules) }

// DenyAll returns the rules that allow nothing but /robots.txt.
func DenyAll() *Rules {
	var s ruleSet
	s.add([]byte("/"), false)
	return s.rules()
}

// Delay returns what the server wants between two requests (Crawl-delay); 0 is
// nothing, and it is never more than [MaxAge].
func (r *Rules) Delay() time.Duration { return r.delay }

// Size returns how much memory the rules take, about, in bytes.
func (r *Rules) Size() int {
	return int(unsafe.Sizeof(*r)) + len(r.text) + (cap(r.plain)+cap(r.wild))*int(unsafe.Sizeof(rule{}))
}

// Allows reports whether a URL may be asked for: an absolute one as a serialiser
// of URLs writes it, or its path and query. The rule with the longest pattern
// that matches decides; allow, between two of one length; and without any it may
// (RFC 9309 §2.2.2). /robots.txt itself always may. Of a long URL and thousands of
// wildcards, which nobody writes in earnest, only so much is matched: if that does
// not decide it, the URL may not.
func (r *Rules) Allows(url string) bool {
	if len(r.plain)+len(r.wild) == 0 {
		return true
	}
	best, effort := verdict{allow: true}, maxEffort
	for _, path := range spellings(pathAndQuery(url)) {
		if path == "/robots.txt"+end {
			return true
		}
		best = r.match(path, best, &effort)
	}
	return best.allow
}

// A verdict is what the longest pattern says that has matched so far.
type verdict struct {
	size  uint32
	allow bool
}

// undecided is the verdict, to which all others yield, if it takes too much to
// find another.
var undecided = verdict{size: math.MaxUint32}

func (v verdict) yields(r rule) bool {
	return r.size > v.size || r.size == v.size && r.allow
}

func (r *Rules) match(path string, best verdict, effort *int) verdict {
	if found, ok := r.longest(path); ok && best.yields(found) {
		best = verdict{found.size, found.allow}
	}
	for _, w := range r.wild {
		switch {
		case !best.yields(w):
			return best
		case *effort < 0:
			return undecided
		case matches(r.pattern(w), path, effort):
			return verdict{w.size, w.allow}
		}
	}
	return best
}

// longest returns the longest plain pattern that path begins with. All of these
// are ancestors of the last pattern that is not behind path, or it itself: what
// stands between a prefix of path and path begins with that prefix too.
func (r *Rules) longest(path string) (found rule, ok bool) {
	i, same := slices.BinarySearchFunc(r.plain, path, func(p rule, path string) int {
		return strings.Compare(r.pattern(p), path)
	})
	if same {
		return r.plain[i], true
	}
	for i := int32(i - 1); i >= 0; i = r.plain[i].parent {
		if strings.HasPrefix(path, r.pattern(r.plain[i])) {
			return r.plain[i], true
		}
	}
	return rule{}, false
}

func (r *Rules) pattern(p rule) string { return r.text[p.from : p.from+p.size] }

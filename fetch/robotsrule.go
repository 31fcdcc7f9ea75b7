package fetch

import (
	"fmt"
	"slices"
	"time"

	"trawl/robots"
)

// RobotsRule says for which URLs a [Stage] obeys robots.txt (RFC 9309).
type RobotsRule int

// The rules.
const (
	RobotsAuto   RobotsRule = iota // for those whose Source is not 0: links that were found, not URLs that somebody has listed
	RobotsAlways                   // for all
	RobotsNever                    // for none
)

var robotsRuleNames = []string{RobotsAuto: "auto", RobotsAlways: "always", RobotsNever: "never"}

// ParseRobotsRule reads "auto", "always" or "never".
func ParseRobotsRule(s string) (RobotsRule, error) {
	rule := slices.Index(robotsRuleNames, s)
	if rule < 0 {
		return RobotsAuto, fmt.Errorf("%q is not a rule for robots.txt: want auto, always or never", s)
	}
	return RobotsRule(rule), nil
}

// String is the rule as ParseRobotsRule reads it.
func (r RobotsRule) String() string { return robotsRuleNames[r] }

// RobotsCache keeps what was read of robots.txt files from one run to the next. Both
// methods are called on the goroutine of the stage's Run, which they keep from other work.
type RobotsCache interface {
	Get(origin string) (robots.File, bool) // the robots.txt of an origin, of any age; false if it has none
	Put(robots.File)
}

const (
	robotsPath     = "/robots.txt"
	robotsTrouble  = 10 * time.Minute // how long it is believed that there is no robots.txt to be had
	robotsRedirect = 5                // that lead to one, at most; RFC 9309 §2.3.1.2
)

// forRobots are the options of requests for a robots.txt.
func (o StageOptions) forRobots() StageOptions {
	o.Method = "GET"
	o.Accept = StatusSet{}
	o.MaxRedirects = robotsRedirect
	return o
}

// obeys reports whether robots.txt is asked for r.
func (o *StageOptions) obeys(r *Request) bool {
	switch {
	case o.Robots == RobotsNever, r.Robots:
		return false
	case o.Robots == RobotsAuto:
		return r.Source != 0
	}
	return true
}

package crawl

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const maxDuration = 36500 * 24 * time.Hour // a hundred years

var durationUnits = map[string]time.Duration{
	"ns": time.Nanosecond, "us": time.Microsecond, "µs": time.Microsecond, "ms": time.Millisecond,
	"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour,
}

// ParseDuration reads numbers with units (ns, us, ms, s, m, h, d), "500ms",
// "1m30s", "7d"; a bare number is seconds, and a minus sign stands before it all.
// The error wraps [strconv.ErrSyntax] if s is not of this form, and
// [strconv.ErrRange] if it is more than 36,500 days.
func ParseDuration(s string) (time.Duration, error) {
	magnitude, negative := strings.CutPrefix(s, "-")
	ns, err := sumUnits(magnitude)
	if err == nil && ns > float64(maxDuration) {
		err = strconv.ErrRange
	}
	if err != nil {
		return 0, fmt.Errorf("duration %q: %w", s, err)
	}
	if negative {
		ns = -ns
	}
	return time.Duration(math.Round(ns)), nil
}

// sumUnits adds up numbers with units, or takes a bare number of seconds.
func sumUnits(s string) (ns float64, err error) {
	for first := true; first || s != ""; first = false {
		number, rest := cutNumber(s)
		n, err := strconv.ParseFloat(number, 64)
		if err != nil {
			return 0, errors.Unwrap(err)
		}
		if first && rest == "" {
			return n * float64(time.Second), nil
		}
		name, rest := cutUnit(rest)
		unit, ok := durationUnits[name]
		if !ok {
			return 0, strconv.ErrSyntax
		}
		ns += n * float64(unit)
		s = rest
	}
	return ns, nil
}

const digits = ".0123456789"

// cutNumber splits the number from the front of s.
func cutNumber(s string) (number, rest string) {
	rest = strings.TrimLeft(s, digits)
	return strings.TrimSuffix(s, rest), rest
}

// cutUnit splits what is before the next number from the front of s.
func cutUnit(s string) (unit, rest string) {
	if i := strings.IndexAny(s, digits); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

package main

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

var (
	errSyntax = errors.New("not of that form")
	errRange  = errors.New("out of range")
)

const longest = 36500 * 24 * time.Hour // duration that an option takes

var durationUnits = map[string]time.Duration{
	"ns": time.Nanosecond, "us": time.Microsecond, "µs": time.Microsecond, "ms": time.Millisecond,
	"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour,
}

// parseDuration reads numbers with units, "500ms", "1m30s", "7d"; a bare
// number is seconds. What is not of this form is errSyntax, what is longer
// than a hundred years errRange.
func parseDuration(s string) (time.Duration, error) {
	rest, sign := s, 1.0
	if after, ok := strings.CutPrefix(s, "-"); ok {
		rest, sign = after, -1
	}
	if n, unit, err := cutNumber(rest); err == nil && unit == "" {
		return toDuration(sign * n * float64(time.Second))
	}
	total := 0.0
	for first := true; first || rest != ""; first = false {
		n, after, err := cutNumber(rest)
		if err != nil {
			return 0, err
		}
		end := strings.IndexAny(after, ".0123456789")
		if end < 0 {
			end = len(after)
		}
		unit, ok := durationUnits[after[:end]]
		if !ok {
			return 0, errSyntax
		}
		total += n * float64(unit)
		rest = after[end:]
	}
	return toDuration(sign * total)
}

func toDuration(ns float64) (time.Duration, error) {
	if math.Abs(ns) > float64(longest) {
		return 0, errRange
	}
	return time.Duration(math.Round(ns)), nil
}

var sizeUnits = map[string]float64{
	"": 1, "b": 1,
	"kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
	"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
}

// parseSize reads a number of bytes, bare or with a unit in any case: "10MB"
// is 10,000,000, "10MiB" 10,485,760. A bare "10M" is neither and errSyntax.
func parseSize(s string) (int64, error) {
	digits, negative := strings.CutPrefix(s, "-")
	n, unit, err := cutNumber(digits)
	if err != nil {
		return 0, err
	}
	factor, ok := sizeUnits[strings.ToLower(strings.TrimPrefix(unit, " "))]
	if !ok || factor == 1 && n != math.Trunc(n) {
		return 0, errSyntax
	}
	if n *= factor; negative || n > 1<<60 {
		return 0, errRange
	}
	return int64(n), nil
}

var rateUnits = map[string]float64{"": 1, "/s": 1, "/m": 60, "/h": 3600}

// parseRate reads how often something may happen, "10", "10/s", "600/m" or
// "3600/h", and returns times a second.
func parseRate(s string) (float64, error) {
	digits, negative := strings.CutPrefix(s, "-")
	n, unit, err := cutNumber(digits)
	if err != nil {
		return 0, err
	}
	seconds, ok := rateUnits[unit]
	switch {
	case !ok:
		return 0, errSyntax
	case negative:
		return 0, errRange
	}
	return n / seconds, nil
}

// cutNumber splits a decimal number, "2" or "0.5", from the front of s.
func cutNumber(s string) (n float64, rest string, err error) {
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || s[end] == '.') {
		end++
	}
	n, err = strconv.ParseFloat(s[:end], 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, "", errRange
	case err != nil:
		return 0, "", errSyntax
	}
	return n, s[end:], nil
}

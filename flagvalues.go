package main

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

var sizeUnits = map[string]float64{
	"": 1, "b": 1,
	"kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
	"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
}

// parseSize reads a number of bytes, bare or with a unit in any case: "10MB" is
// 10,000,000, "10MiB" 10,485,760. A bare "10M" could mean either. The error is
// [strconv.ErrSyntax] or, for what is negative or above 2^60, [strconv.ErrRange].
func parseSize(s string) (int64, error) {
	digits, negative := strings.CutPrefix(s, "-")
	n, unit, err := cutNumber(digits)
	if err != nil {
		return 0, err
	}
	factor, ok := sizeUnits[strings.ToLower(strings.TrimPrefix(unit, " "))]
	if !ok || factor == 1 && n != math.Trunc(n) {
		return 0, strconv.ErrSyntax
	}
	if n *= factor; negative || n > 1<<60 {
		return 0, strconv.ErrRange
	}
	return int64(n), nil
}

var rateUnits = map[string]float64{"": 1, "/s": 1, "/m": 60, "/h": 3600}

// parseRate reads how often something may happen, "10", "10/s", "600/m" or
// "3600/h", and returns times a second. The error is as parseSize has it.
func parseRate(s string) (float64, error) {
	digits, negative := strings.CutPrefix(s, "-")
	n, unit, err := cutNumber(digits)
	if err != nil {
		return 0, err
	}
	seconds, ok := rateUnits[unit]
	switch {
	case !ok:
		return 0, strconv.ErrSyntax
	case negative:
		return 0, strconv.ErrRange
	}
	return n / seconds, nil
}

// cutNumber splits a decimal number, "2" or "0.5", from the front of s.
func cutNumber(s string) (n float64, rest string, err error) {
	rest = strings.TrimLeft(s, ".0123456789")
	if n, err = strconv.ParseFloat(strings.TrimSuffix(s, rest), 64); err != nil {
		return 0, "", errors.Unwrap(err) // without the words of ParseFloat
	}
	return n, rest, nil
}

// sizeText is a number of bytes as parseSize reads it, in the largest unit of which
// it is a multiple.
func sizeText(n int64) string {
	for _, unit := range []string{"TiB", "TB", "GiB", "GB", "MiB", "MB", "KiB", "kB"} {
		if size := int64(sizeUnits[strings.ToLower(unit)]); n >= size && n%size == 0 {
			return strconv.FormatInt(n/size, 10) + unit
		}
	}
	return strconv.FormatInt(n, 10)
}

// rateText is a rate as parseRate reads it, in the first unit in which it is a whole
// number.
func rateText(r float64) string {
	if r == 0 {
		return "0"
	}
	for _, unit := range []string{"/s", "/m", "/h"} {
		if n := math.Round(r * rateUnits[unit]); n > 0 && n/rateUnits[unit] == r {
			return strconv.FormatFloat(n, 'f', -1, 64) + unit
		}
	}
	return strconv.FormatFloat(r, 'f', -1, 64) + "/s"
}

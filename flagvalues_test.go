package main

import (
	"errors"
	"strconv"
	"testing"
)

func TestSizes(t *testing.T) {
	for s, want := range map[string]int64{
		"0": 0, "65536": 65536, "10MB": 1e7, "10MiB": 10 << 20, "10mib": 10 << 20, "500kB": 5e5, "1.5GB": 15e8, "1GiB": 1 << 30, "2TB": 2e12, "7b": 7, "10 MB": 1e7,
	} {
		if got, err := parseSize(s); err != nil || got != want {
			t.Errorf("%q is %v, %v, want %v", s, got, err, want)
		}
	}
	for s, want := range map[string]error{
		"": strconv.ErrSyntax, "10M": strconv.ErrSyntax, "10K": strconv.ErrSyntax, "1.5": strconv.ErrSyntax, "MB": strconv.ErrSyntax, "1e6": strconv.ErrSyntax, "10MBx": strconv.ErrSyntax, "10  MB": strconv.ErrSyntax,
		"-1": strconv.ErrRange, "-10MB": strconv.ErrRange, "9999999999TB": strconv.ErrRange,
	} {
		if got, err := parseSize(s); !errors.Is(err, want) {
			t.Errorf("%q is %v, %v, want %v", s, got, err, want)
		}
	}
}

func TestRates(t *testing.T) {
	for s, want := range map[string]float64{"0": 0, "10": 10, "10/s": 10, "600/m": 10, "3600/h": 1, "0.5": 0.5, "1/m": 1.0 / 60} {
		if got, err := parseRate(s); err != nil || got != want {
			t.Errorf("%q is %v, %v, want %v", s, got, err, want)
		}
	}
	for s, want := range map[string]error{"": strconv.ErrSyntax, "10/d": strconv.ErrSyntax, "10 /s": strconv.ErrSyntax, "/s": strconv.ErrSyntax, "ten": strconv.ErrSyntax, "-1": strconv.ErrRange, "-1/s": strconv.ErrRange} {
		if got, err := parseRate(s); !errors.Is(err, want) {
			t.Errorf("%q is %v, %v, want %v", s, got, err, want)
		}
	}
}

func FuzzValuesNeverPanicNorLeaveTheirRange(f *testing.F) {
	for _, s := range []string{"-1", "10MiB", "600/m", "1e400", "..", "9999999999999999999999TB"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := parseSize(s); err == nil && n < 0 {
			t.Errorf("size %q is %d", s, n)
		}
		if r, err := parseRate(s); err == nil && !(r >= 0) {
			t.Errorf("rate %q is %v", s, r)
		}
	})
}

package main

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestDurations(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"0": 0, "30": 30 * time.Second, "30s": 30 * time.Second, "0.5": 500 * time.Millisecond, "500ms": 500 * time.Millisecond,
		"250us": 250 * time.Microsecond, "250µs": 250 * time.Microsecond, "7ns": 7, "2m": 2 * time.Minute, "1h": time.Hour, "7d": 168 * time.Hour,
		"1m30s": 90 * time.Second, "1d12h": 36 * time.Hour, "1.5h": 90 * time.Minute, "0.1s": 100 * time.Millisecond, ".5s": 500 * time.Millisecond,
		"-1": -time.Second, "-1m30s": -90 * time.Second, "36500d": longest,
	} {
		if got, err := parseDuration(s); err != nil || got != want {
			t.Errorf("%q is %v, %v, want %v", s, got, err, want)
		}
	}
}

func TestNoDurations(t *testing.T) {
	for _, s := range []string{"", "30x", "s", "1m30", "1e3", "0x10", "+5", "1 m", " 1", "1,5s", "1..5s", ".", "--5", "1m-5s", "inf", "NaN", "5S", "1w"} {
		if got, err := parseDuration(s); !errors.Is(err, errSyntax) {
			t.Errorf("%q is %v, %v, want a syntax error", s, got, err)
		}
	}
	for _, s := range []string{"36501d", "99999999999999999999", "-99999999999999999999h", "1" + strings.Repeat("0", 400) + "s"} {
		if got, err := parseDuration(s); !errors.Is(err, errRange) {
			t.Errorf("%q is %v, %v, want out of range", s, got, err)
		}
	}
}

func TestSizes(t *testing.T) {
	for s, want := range map[string]int64{
		"0": 0, "65536": 65536, "10MB": 1e7, "10MiB": 10 << 20, "10mib": 10 << 20, "500kB": 5e5, "1.5GB": 15e8, "1GiB": 1 << 30, "2TB": 2e12, "7b": 7, "10 MB": 1e7,
	} {
		if got, err := parseSize(s); err != nil || got != want {
			t.Errorf("%q is %v, %v, want %v", s, got, err, want)
		}
	}
	for s, want := range map[string]error{
		"": errSyntax, "10M": errSyntax, "10K": errSyntax, "1.5": errSyntax, "MB": errSyntax, "1e6": errSyntax, "10MBx": errSyntax, "10  MB": errSyntax,
		"-1": errRange, "-10MB": errRange, "9999999999TB": errRange,
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
	for s, want := range map[string]error{"": errSyntax, "10/d": errSyntax, "10 /s": errSyntax, "/s": errSyntax, "ten": errSyntax, "-1": errRange, "-1/s": errRange} {
		if got, err := parseRate(s); !errors.Is(err, want) {
			t.Errorf("%q is %v, %v, want %v", s, got, err, want)
		}
	}
}

func FuzzValuesNeverPanicNorLeaveTheirRange(f *testing.F) {
	for _, s := range []string{"30s", "1d12h", "-1", "10MiB", "600/m", "1e400", "..", "9999999999999999999999d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := parseDuration(s); err == nil && (d > longest || d < -longest) {
			t.Errorf("duration %q is %v", s, d)
		}
		if n, err := parseSize(s); err == nil && n < 0 {
			t.Errorf("size %q is %d", s, n)
		}
		if r, err := parseRate(s); err == nil && !(r >= 0) {
			t.Errorf("rate %q is %v", s, r)
		}
	})
}

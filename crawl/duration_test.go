package crawl

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestDurations(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"0": 0, "30": 30 * time.Second, "30s": 30 * time.Second, "0.5": 500 * time.Millisecond, "500ms": 500 * time.Millisecond,
		"250us": 250 * time.Microsecond, "250µs": 250 * time.Microsecond, "7ns": 7, "2m": 2 * time.Minute, "1h": time.Hour, "7d": 168 * time.Hour,
		"1m30s": 90 * time.Second, "1d12h": 36 * time.Hour, "1.5h": 90 * time.Minute, "1.5d": 36 * time.Hour, "0.1s": 100 * time.Millisecond,
		".5s": 500 * time.Millisecond, "1h7d": 169 * time.Hour, "1d2d": 72 * time.Hour,
		"-0": 0, "-1": -time.Second, "-1m30s": -90 * time.Second, "36500d": 36500 * 24 * time.Hour, "-36500d": -36500 * 24 * time.Hour,
	} {
		if got, err := ParseDuration(s); err != nil || got != want {
			t.Errorf("%q is %v, %v, want %v", s, got, err, want)
		}
	}
}

func TestNoDurations(t *testing.T) {
	for _, s := range []string{
		"", "-", "30x", "s", "d", "1m30", "1e3", "0x10", "0x1p4", "1_0", "+5", "1 m", "1 s", " 1", "1,5s", "1..5s", ".", "--5", "1m-5s", "1d-1h", "1dd",
		"inf", "NaN", "5S", "1w", "1\u03bcs",
	} {
		if got, err := ParseDuration(s); !errors.Is(err, strconv.ErrSyntax) {
			t.Errorf("%q is %v, %v, want a syntax error", s, got, err)
		}
	}
	for _, s := range []string{"36501d", "36500d1ns1d", "99999999999999999999", "-99999999999999999999h", "1" + strings.Repeat("0", 400) + "s"} {
		if got, err := ParseDuration(s); !errors.Is(err, strconv.ErrRange) {
			t.Errorf("%q is %v, %v, want out of range", s, got, err)
		}
	}
}

func FuzzDurationsStayInTheirRange(f *testing.F) {
	for _, s := range []string{"30s", "1d12h", "-1", "1e400", "..", "9999999999999999999999d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := ParseDuration(s); err == nil && (d > maxDuration || d < -maxDuration) {
			t.Errorf("%q is %v", s, d)
		}
	})
}

package display

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// Plural is n with its noun, "1 page" and "99,871 pages".
func Plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return humanize.Comma(n) + " " + many
}

// size is a number of bytes in three digits and decimal units: "2.04 GB".
func size(bytes float64) string {
	units := []string{"B", "kB", "MB", "GB", "TB", "PB", "EB"}
	unit := 0
	for ; bytes >= 999.5 && unit < len(units)-1; unit++ {
		bytes /= 1000
	}
	if unit == 0 {
		return strconv.Itoa(int(math.Round(bytes))) + " B"
	}
	return threeDigits(bytes) + " " + units[unit]
}

// threeDigits writes what is below 1,000 as 2.04, 38.2 or 412.
func threeDigits(v float64) string {
	switch {
	case v < 9.995:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case v < 99.95:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 0, 64)
}

// rate is a number a second: "1,874", below ten "3.2", below a tenth "0.04".
func rate(v float64) string {
	if v <= 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return "0"
	}
	switch {
	case v < 0.095:
		return strconv.FormatFloat(max(v, 0.01), 'f', 2, 64)
	case v < 9.95:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return humanize.Comma(int64(math.Round(v)))
}

// Span is a duration as people say it: "0.4 ms", "61 ms", "1.31 s", "2 min 5 s",
// "1 h 15 min", "3 d 4 h".
func Span(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	switch {
	case d <= 0:
		return "0 s"
	case ms < 9.95:
		return noZeros(strconv.FormatFloat(max(ms, 0.1), 'f', 1, 64)) + " ms"
	case ms < 999.5:
		return strconv.FormatFloat(ms, 'f', 0, 64) + " ms"
	case d < 59950*time.Millisecond:
		return noZeros(threeDigits(d.Seconds())) + " s"
	}
	return longSpan(d)
}

func longSpan(d time.Duration) string {
	s := int64(d.Round(time.Second) / time.Second)
	switch {
	case s < 60*60:
		return twoUnits(s, 60, "min", "s")
	case s < 24*60*60:
		return twoUnits(s/60, 60, "h", "min")
	}
	return twoUnits(s/3600, 24, "d", "h")
}

func twoUnits(n, whole int64, big, small string) string {
	if n%whole == 0 {
		return fmt.Sprintf("%d %s", n/whole, big)
	}
	return fmt.Sprintf("%d %s %d %s", n/whole, big, n%whole, small)
}

func noZeros(number string) string {
	return strings.TrimSuffix(strings.TrimRight(number, "0"), ".")
}

// clock is a time to go: "0:31", "1:02:03".
func clock(d time.Duration) string {
	s := int64(d.Round(time.Second) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

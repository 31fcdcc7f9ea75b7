package robots

import (
	"bytes"
	"strconv"
	"time"
)

// seconds reads a number of seconds, which may have decimals. It is 0 if value is
// none, and never more than MaxAge: by then the rules are asked for anew.
func seconds(value []byte) time.Duration {
	if len(bytes.Trim(value, "0123456789.")) > 0 {
		return 0 // "inf", "-1", "1e9", "0x10", "5 s"
	}
	s, err := strconv.ParseFloat(string(value), 64)
	if err != nil && s == 0 { // not merely out of range
		return 0
	}
	return time.Duration(min(s, MaxAge.Seconds()) * float64(time.Second))
}

package crawl

import (
	"fmt"
	"time"
)

// NewRunID names a run that starts at t: "20261122T092439Z-7f3a". IDs sort by
// time: the end is the fraction of the second, in 65536ths.
func NewRunID(t time.Time) string {
	return t.UTC().Format("20060102T150405Z") + fmt.Sprintf("-%04x", t.Nanosecond()*65536/1e9)
}

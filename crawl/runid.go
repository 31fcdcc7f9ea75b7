package crawl

import (
	"crypto/rand"
	"encoding/hex"
	"time"
)

// NewRunID names a run that starts at t: "20261122T092439Z-7f3a". IDs sort by
// time; the random end tells runs of one second apart.
func NewRunID(t time.Time) string {
	var end [2]byte
	rand.Read(end[:])
	return t.UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(end[:])
}

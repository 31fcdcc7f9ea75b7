package display

import (
	"encoding/json"
	"math"
	"time"
)

// json is the line for programs.
func (l Live) json(now time.Time) string {
	told := struct {
		Time           string   `json:"time"`
		ElapsedS       float64  `json:"elapsed_s"`
		Done           int64    `json:"done"`
		Total          int64    `json:"total,omitempty"`
		URLsPerS       float64  `json:"urls_per_s"`
		BytesPerS      float64  `json:"bytes_per_s"`
		P95MS          float64  `json:"p95_ms,omitempty"`
		InFlight       int      `json:"in_flight"`
		Failed         int64    `json:"failed"`
		Retries        int64    `json:"retries"`
		ThrottledHosts int      `json:"throttled_hosts"`
		ETAS           *float64 `json:"eta_s,omitempty"`
		WaitingFor     string   `json:"waiting_for,omitempty"`

		Workers []workerObject `json:"workers,omitzero"` // with no worker there, [] for a run that has them elsewhere
	}{
		Time: now.UTC().Format(time.RFC3339), ElapsedS: milli(l.Elapsed.Seconds()),
		Done: l.Done, Total: l.Total, URLsPerS: milli(l.Rate), BytesPerS: math.Round(l.BytesPerSec),
		P95MS: milli(float64(l.P95) / float64(time.Millisecond)), InFlight: l.InFlight, Failed: l.Failed,
		Retries: l.Retries, ThrottledHosts: l.ThrottledHosts, WaitingFor: CleanURL(l.WaitingFor),
		Workers: l.workerObjects(),
	}
	if eta, ok := l.ETA(); ok {
		s := milli(eta.Seconds())
		told.ETAS = &s
	}
	line, err := json.Marshal(told)
	if err != nil { // a rate that is no number
		return "{}"
	}
	return string(line)
}

// milli leaves three decimals.
func milli(v float64) float64 { return math.Round(v*1000) / 1000 }

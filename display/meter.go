package display

import (
	"slices"
	"time"
)

// meterWindow is how far back a [Meter] looks.
const meterWindow = 5 * time.Second

// Meter turns counters into rates over the last seconds. It is not safe for
// concurrent use. The zero Meter is ready.
type Meter struct{ samples []sample }

type sample struct {
	at    time.Time
	urls  int64
	bytes int64
}

// Rates takes the counters of now and returns what they grow by in a second. The
// first call has nothing to compare with: it returns 0.
func (m *Meter) Rates(now time.Time, urls, bytes int64) (urlsPerSec, bytesPerSec float64) {
	old := 0
	for old+1 < len(m.samples) && now.Sub(m.samples[old+1].at) >= meterWindow {
		old++
	}
	m.samples = append(slices.Delete(m.samples, 0, old), sample{at: now, urls: urls, bytes: bytes})
	first := m.samples[0]
	seconds := now.Sub(first.at).Seconds()
	if seconds <= 0 {
		return 0, 0
	}
	return float64(urls-first.urls) / seconds, float64(bytes-first.bytes) / seconds
}

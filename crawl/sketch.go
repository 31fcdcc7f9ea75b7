package crawl

import (
	"math"
	"math/bits"
	"time"
)

// Sketch counts durations in buckets that grow with the value, so that any
// quantile of any number of durations is known to half a bucket: 0.4 %, or 3.2 %
// if it is coarse. It is plain data; the zero value is empty and ready. At most
// it takes 38 kB, or 5 kB if it is coarse: only the octaves between the shortest
// and the longest duration are held.
type Sketch struct {
	Coarse bool          `cbor:"1,keyasint,omitempty"` // 16 buckets an octave instead of 128; set before the first Add
	First  int           `cbor:"2,keyasint,omitempty"` // the bucket of Counts[0]
	Counts []int64       `cbor:"3,keyasint,omitempty"` // durations in each bucket
	Total  int64         `cbor:"4,keyasint,omitempty"` // durations in all buckets
	Max    time.Duration `cbor:"5,keyasint,omitempty"` // the longest, exact
}

// What lies outside goes into the first or the last bucket.
const (
	sketchMin = time.Microsecond
	sketchMax = 24 * time.Hour
)

// Add counts one duration.
func (s *Sketch) Add(d time.Duration) {
	s.Max = max(s.Max, d)
	i := s.bucket(d)
	if i < s.First || i >= s.First+len(s.Counts) {
		s.hold(i)
	}
	s.Counts[i-s.First]++
	s.Total++
}

// Merge adds the durations of another sketch, which is as coarse.
func (s *Sketch) Merge(o *Sketch) {
	if len(o.Counts) == 0 {
		return
	}
	s.Max = max(s.Max, o.Max)
	s.Total += o.Total
	s.hold(o.First)
	s.hold(o.First + len(o.Counts) - 1)
	for i, n := range o.Counts {
		s.Counts[o.First-s.First+i] += n
	}
}

// Quantile returns the shortest duration that at least the share q of all is no
// longer than (the nearest rank): 0.5 asks for the median. Without durations it
// is 0.
func (s *Sketch) Quantile(q float64) time.Duration {
	rank := max(1, int64(math.Ceil(q*float64(s.Total))))
	if rank >= s.Total {
		return s.Max
	}
	for i, n := range s.Counts {
		if rank -= n; rank <= 0 {
			return min(s.middle(s.First+i), s.Max)
		}
	}
	return s.Max
}

// digits is how many binary digits after the first tell buckets apart.
func (s *Sketch) digits() int {
	if s.Coarse {
		return 4
	}
	return 7
}

// bucket numbers the buckets without a gap: the first digits of the nanoseconds,
// and above them how many digits follow.
func (s *Sketch) bucket(d time.Duration) int {
	v := uint64(min(max(d, sketchMin), sketchMax))
	k := s.digits()
	rest := bits.Len64(v) - 1 - k
	return rest<<k + int(v>>rest)
}

// middle undoes bucket.
func (s *Sketch) middle(bucket int) time.Duration {
	k := s.digits()
	rest := bucket>>k - 1
	return time.Duration(bucket-rest<<k)<<rest + 1<<rest>>1
}

// hold makes room for the octave of bucket i.
func (s *Sketch) hold(i int) {
	octave := 1 << s.digits()
	from := i &^ (octave - 1)
	to := from + octave
	if len(s.Counts) > 0 {
		from = min(from, s.First)
		to = max(to, s.First+len(s.Counts))
	}
	counts := make([]int64, to-from)
	if len(s.Counts) > 0 {
		copy(counts[s.First-from:], s.Counts)
	}
	s.First, s.Counts = from, counts
}

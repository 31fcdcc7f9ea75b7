package crawl

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// distributions of latencies, of which each call draws one.
func distributions() map[string]func() time.Duration {
	r := rand.New(rand.NewPCG(1, 2))
	ms := func(v float64) time.Duration { return time.Duration(v * float64(time.Millisecond)) }
	return map[string]func() time.Duration{
		"uniform":     func() time.Duration { return ms(1 + 999*r.Float64()) },
		"exponential": func() time.Duration { return ms(50 * r.ExpFloat64()) },
		"lognormal":   func() time.Duration { return ms(60 * math.Exp(0.9*r.NormFloat64())) },
		"pareto":      func() time.Duration { return ms(5 / math.Pow(1-r.Float64(), 1/1.2)) },
		"loopback":    func() time.Duration { return ms(0.03 + 0.1*r.ExpFloat64()) },
		"constant":    func() time.Duration { return ms(17) },
		"two hosts": func() time.Duration {
			if r.IntN(10) == 0 {
				return ms(2000 + 10*r.NormFloat64())
			}
			return ms(20 + r.NormFloat64())
		},
	}
}

// exact is the nearest rank of sorted durations.
func exact(sorted []time.Duration, q float64) time.Duration {
	return sorted[max(1, int(math.Ceil(q*float64(len(sorted)))))-1]
}

func wrongBy(got, want time.Duration) float64 {
	return math.Abs(float64(got-want)) / float64(want)
}

func TestQuantilesAreWithinOnePercent(t *testing.T) {
	for name, draw := range distributions() {
		for _, n := range []int{1, 2, 7, 100, 20_000} {
			for coarse, bound := range map[bool]float64{false: 0.004, true: 0.032} {
				s := Sketch{Coarse: coarse}
				durations := make([]time.Duration, n)
				for i := range durations {
					durations[i] = draw()
					s.Add(durations[i])
				}
				slices.Sort(durations)
				for _, q := range []float64{0, 0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1} {
					got, want := s.Quantile(q), exact(durations, q)
					if want > sketchMin && wrongBy(got, want) > bound {
						t.Errorf("%s, %d durations, coarse %v, quantile %v: %v, want %v", name, n, coarse, q, got, want)
					}
				}
				if want := durations[n-1]; s.Max != want || s.Total != int64(n) {
					t.Errorf("%s: max %v of %d, want %v of %d", name, s.Max, s.Total, want, n)
				}
			}
		}
	}
}

func TestBucketsHaveNoGapAndKnowTheirMiddle(t *testing.T) {
	for _, s := range []Sketch{{}, {Coarse: true}} {
		last := s.bucket(sketchMin)
		for d := sketchMin; d < sketchMax; d += max(1, d/1000) {
			i := s.bucket(d)
			if i < last || i > last+1 {
				t.Fatalf("%v: bucket %d after %d", d, i, last)
			}
			if got := s.bucket(s.middle(i)); got != i {
				t.Fatalf("the middle of bucket %d, %v, is in bucket %d", i, s.middle(i), got)
			}
			last = i
		}
	}
}

func TestSketchTakesAnything(t *testing.T) {
	var s Sketch
	if got := s.Quantile(0.5); got != 0 {
		t.Errorf("the median of nothing: %v, want 0", got)
	}
	for _, d := range []time.Duration{-1, 0, 1, math.MinInt64, math.MaxInt64, 48 * time.Hour} {
		s.Add(d)
	}
	if s.Max != math.MaxInt64 || s.Total != 6 {
		t.Errorf("max %v of %d, want %v of 6", s.Max, s.Total, time.Duration(math.MaxInt64))
	}
	if got := s.Quantile(0.5); got < 0 || got > 2*sketchMin {
		t.Errorf("median %v, want about %v", got, sketchMin)
	}
	for _, q := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, 2} {
		s.Quantile(q)
	}
}

func TestSketchIsBounded(t *testing.T) {
	for coarse, bound := range map[bool]int{false: 38 << 10, true: 5 << 10} {
		s := Sketch{Coarse: coarse}
		s.Add(0)
		s.Add(math.MaxInt64)
		if bytes := cap(s.Counts) * 8; bytes > bound {
			t.Errorf("coarse %v: %d bytes, want at most %d", coarse, bytes, bound)
		}
	}
}

func TestSketchIsPlainData(t *testing.T) {
	var s, back Sketch
	for range 1000 {
		s.Add(distributions()["lognormal"]())
	}
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, back); diff != "" {
		t.Errorf("there and back (-want +got):\n%s", diff)
	}
}

package cluster

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func doing(inFlight int, rate float64) WorkerStatus {
	return WorkerStatus{Name: fmt.Sprintf("w-%d-%v", inFlight, rate), Capacity: 128, InFlight: inFlight, Rate: rate}
}

func TestAWorkerIsSlowForWhatItHas(t *testing.T) {
	for _, tt := range []struct {
		name string
		all  []WorkerStatus
		want []bool
	}{
		{"none", nil, []bool{}},
		{"alone", []WorkerStatus{doing(128, 0.1)}, []bool{false}},
		{"two alike", []WorkerStatus{doing(128, 400), doing(128, 410)}, []bool{false, false}},
		{"below a quarter", []WorkerStatus{doing(128, 400), doing(128, 99)}, []bool{false, true}},
		{"a quarter", []WorkerStatus{doing(128, 400), doing(128, 100)}, []bool{false, false}},
		{"less to do", []WorkerStatus{doing(128, 400), doing(16, 50)}, []bool{false, false}},
		{"less to do, and slow", []WorkerStatus{doing(128, 400), doing(16, 5)}, []bool{false, true}},
		{"three in flight", []WorkerStatus{doing(128, 400), doing(3, 0)}, []bool{false, false}},
		{"four that stand still", []WorkerStatus{doing(128, 400), doing(4, 0)}, []bool{false, true}},
		{"all stand still", []WorkerStatus{doing(128, 0), doing(128, 0), doing(128, 0)}, []bool{false, false, false}},
		{"most stand still", []WorkerStatus{doing(128, 0), doing(128, 0), doing(128, 400)}, []bool{false, false, false}},
		{"the others have nothing to do", []WorkerStatus{doing(0, 0), doing(0, 0), doing(9, 0.3)}, []bool{false, false, false}},
		{"the others are done at once", []WorkerStatus{doing(0, 900), doing(1, 900), doing(100, 200)}, []bool{false, false, true}},
		{"one is very fast", []WorkerStatus{doing(128, 400), doing(128, 380), doing(128, 40_000)}, []bool{false, false, false}},
		{"two of five", []WorkerStatus{doing(128, 400), doing(128, 12), doing(128, 380), doing(128, 20), doing(128, 410)}, []bool{false, true, false, true, false}},
		{"half of them", []WorkerStatus{doing(128, 400), doing(128, 12), doing(128, 380), doing(128, 20)}, []bool{false, true, false, true}},
		{"no number", []WorkerStatus{doing(128, 400), doing(128, 410), doing(128, 420), doing(128, 430), doing(128, math.NaN()), doing(128, -7), doing(128, math.Inf(1))}, []bool{false, false, false, false, true, true, true}},
	} {
		if diff := cmp.Diff(tt.want, slow(tt.all)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// The median of the others is found without looking at all others of each.
func TestTheMedianIsThatOfTheOthers(t *testing.T) {
	values := []float64{1, 1, 2, 3, 3, 3, 7, 9, 9, 12}
	for n := range len(values) + 1 {
		sorted := values[:n]
		for i, v := range sorted {
			others := slices.Delete(slices.Clone(sorted), i, i+1)
			want := 0.0
			if len(others) > 0 {
				want = others[(len(others)-1)/2]
			}
			if got := medianOfOthers(sorted, v); got != want {
				t.Errorf("of %v without a %v: %v, want %v", sorted, v, got, want)
			}
		}
	}
}

// crowd is a run's workers a, b and so on, as many as there are rates, that have been heard of
// now.
func crowd(rates []float64) *members {
	m := &members{all: map[string]*member{}}
	for i := range rates {
		instance := fmt.Sprint("instance ", i)
		m.order = append(m.order, instance)
		m.all[instance] = &member{WorkerStatus: WorkerStatus{Name: string(rune('a' + i)), Capacity: 128, InFlight: 128}}
	}
	return m
}

// watchSlow looks each second, as often as rates has rows, and returns who was slow then and
// what was told.
func watchSlow(rates [][]float64, unheard func(second, worker int) bool) (who []string, told []string) {
	m, start := crowd(rates[0]), time.Now()
	for second, row := range rates {
		now := start.Add(time.Duration(second) * time.Second)
		for i, instance := range m.order {
			if unheard == nil || !unheard(second, i) {
				m.all[instance].Heard = now
			}
			m.all[instance].Rate = row[i]
		}
		for _, e := range m.observeSlow(now) {
			told = append(told, fmt.Sprintf("%d: %s %s: %s", second, e.Kind, e.Worker, e.Detail))
		}
		names := "-"
		for _, instance := range m.order {
			if w := m.all[instance]; w.Slow {
				names = w.Name
			}
		}
		who = append(who, names)
	}
	return who, told
}

func repeat(n int, rates ...float64) [][]float64 { return slices.Repeat([][]float64{rates}, n) }

func TestAWorkerIsSlowAfterTenSecondsAndToldOfOnce(t *testing.T) {
	rates := slices.Concat(repeat(5, 410, 400), repeat(15, 410, 12.4), repeat(1, 410, 400), repeat(12, 410, 3.21))
	who, told := watchSlow(rates, nil)
	want := strings.Repeat("-", 15) + strings.Repeat("b", 5) + strings.Repeat("-", 11) + strings.Repeat("b", 2)
	if got := strings.Join(who, ""); got != want {
		t.Errorf("slow were, second by second,\n%s, want\n%s", got, want)
	}
	if diff := cmp.Diff([]string{"15: slow b: 12/s, the others 410/s", "31: slow b: 3.2/s, the others 410/s"}, told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

// Of a worker that is silent nobody knows how fast it is, and it is no measure for others.
func TestASilentWorkerIsNotSlow(t *testing.T) {
	silent := func(worker int) func(int, int) bool {
		return func(second, w int) bool { return w == worker && second > 5 }
	}
	for name, tt := range map[string]struct {
		rates   []float64
		unheard func(second, worker int) bool
	}{
		"silent":                    {[]float64{410, 0}, silent(1)},
		"the only one heard of":     {[]float64{410, 12}, silent(0)},
		"two, and the fast is gone": {[]float64{410, 12, 13}, silent(0)},
	} {
		if who, told := watchSlow(repeat(60, tt.rates...), tt.unheard); len(told) > 0 || strings.Trim(strings.Join(who, ""), "-") != "" {
			t.Errorf("%s: slow were %v, told was %v", name, who, told)
		}
	}
	slow := func(second, w int) bool { return w == 1 && second > 20 }
	who, _ := watchSlow(repeat(60, 410, 12), slow)
	if who[20] != "b" || who[30] != "-" {
		t.Errorf("a slow one that turns silent: %v, want b until it has", who)
	}
}

func BenchmarkSlow(b *testing.B) {
	for _, n := range []int{2, 1000, 10_000} {
		b.Run(fmt.Sprintf("workers=%d", n), func(b *testing.B) {
			now := time.Now()
			m := crowd(make([]float64, n))
			for i, instance := range m.order {
				m.all[instance].Rate, m.all[instance].Heard = float64((i*7919)%1000), now
			}
			for b.Loop() {
				m.observeSlow(now)
			}
		})
	}
}

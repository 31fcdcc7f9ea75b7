package display

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"trawl/crawl"
)

func worker(name string, rate float64) crawl.WorkerStatus {
	return crawl.WorkerStatus{Name: name, Capacity: 128, InFlight: 128, Rate: rate}
}

// on is a busy run on workers elsewhere.
func on(workers ...crawl.WorkerStatus) Live {
	l := busy()
	l.Elsewhere, l.Workers, l.InFlight = true, workers, 128*len(workers)
	return l
}

func silent(w crawl.WorkerStatus, d time.Duration) crawl.WorkerStatus {
	w.Silent = d
	return w
}

func slow(w crawl.WorkerStatus) crawl.WorkerStatus {
	w.Slow = true
	return w
}

// crowd is a run on n workers, of which every 100th is silent and every 50th of the others
// slow.
func crowd(n int) Live {
	workers := make([]crawl.WorkerStatus, n)
	for i := range workers {
		workers[i] = worker(fmt.Sprintf("node%04d-%d", i, 4000+i), 410)
		switch {
		case i%100 == 99:
			workers[i].Silent = time.Duration(i) * time.Second
		case i%50 == 9:
			workers[i].Slow, workers[i].Rate = true, float64(2000-i)/100
		}
	}
	return on(workers...)
}

func TestTheProgressLineShowsWorkersAtEveryWidth(t *testing.T) {
	alpha, beta := worker("alpha-4121", 1464), worker("beta-77", 410)
	unknown := on(alpha, beta)
	unknown.Total = 0
	none := on()
	none.Done, none.Failed = 0, 0
	how := none
	how.sayJoin, how.Join = true, "trawl worker --nats nats://10.0.0.5:4222"
	unsaid := how
	unsaid.Join = ""
	pinned := how
	pinned.Join = "trawl worker --nats 'tls://" + strings.Repeat("0123456789", 4) + "@10.0.0.5:4222#sha256=" + strings.Repeat("0123456789abcdef", 4) + "'"
	alone := on(silent(beta, 12*time.Second))
	alone.sayJoin, alone.Join = true, how.Join
	throttled := on(alpha, beta)
	throttled.AllThrottled, throttled.ThrottledHosts, throttled.LongestPause = true, 3, 41_600*time.Millisecond
	tail := on(alpha, beta)
	tail.Done, tail.InFlight, tail.WaitingFor = 99_998, 2, "slow.example.org"

	var page strings.Builder
	for _, run := range []struct {
		name string
		live Live
	}{
		{"one worker", on(alpha)},
		{"two workers", on(alpha, beta)},
		{"two workers, total unknown", unknown},
		{"four workers", on(worker("alpha", 410), worker("beta", 388), worker("gamma", 1201), worker("delta", 97.2))},
		{"one is slow", on(alpha, slow(worker("beta-77", 12.4)))},
		{"one is silent", on(alpha, silent(beta, 12*time.Second))},
		{"two are slow, two are silent", on(alpha, slow(worker("beta-77", 12.4)), slow(worker("gamma-5", 0.4)), silent(worker("delta-6", 3), 6*time.Second), silent(worker("epsilon-7", 3), 3*time.Minute))},
		{"a thousand", crowd(1000)},
		{"the last host", tail},
		{"every host throttled", throttled},
		{"no worker yet", none},
		{"no worker after a while", how},
		{"no worker, and a server that is not known", unsaid},
		{"no worker, and a long command line", pinned},
		{"the one worker is silent", alone},
	} {
		fmt.Fprintf(&page, "# %s\n", run.name)
		for _, width := range []int{16, 24, 40, 60, 80, 110, 140, 170, 200} {
			fmt.Fprintf(&page, "%3d|%s\n", width, run.live.fitted(width-1, Style{}))
		}
		fmt.Fprintf(&page, "   |%s\n\n", run.live.plain())
	}
	golden(t, "progress-workers.txt", page.String())
}

func TestTheReadmesLinesAreReal(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	alpha, beta := worker("alpha-4121", 1464), worker("beta-77", 410)
	for _, line := range []string{on(alpha, beta).fitted(125, Style{}), on(alpha, silent(beta, 12*time.Second)).fitted(79, Style{})} {
		if !strings.Contains(string(readme), "\n"+line+"\n") {
			t.Errorf("README.md lacks the line\n%s", line)
		}
	}
}

func TestARunWithoutWorkersElsewhereIsShownAsEver(t *testing.T) {
	for width := range 201 {
		if line := busy().fitted(width, Style{}); strings.Contains(line, "worker") {
			t.Errorf("width %d: %q", width, line)
		}
	}
	if object := busy().json(time.Now()); strings.Contains(object, "worker") {
		t.Errorf("for programs: %s", object)
	}
}

func TestWorkersAreMarkedAsOthersAre(t *testing.T) {
	live := on(worker("alpha", 400), slow(worker("beta", 12)), silent(worker("gamma", 3), time.Minute))
	line := live.fitted(200, Style{Color: true})
	for _, want := range []string{"\x1b[33mgamma silent for 1 min\x1b[0m", "\x1b[33mbeta slow: 12 p/s\x1b[0m", "\x1b[33mbeta 128 at 12 p/s\x1b[0m", "  alpha 128 at 400 p/s"} {
		if !strings.Contains(line, want) {
			t.Errorf("%q lacks %q", line, want)
		}
	}
	for width := range 201 {
		plain, colored := live.fitted(width, Style{}), live.fitted(width, Style{Color: true})
		if got := strings.NewReplacer("\x1b[1m", "", "\x1b[31m", "", "\x1b[33m", "", "\x1b[0m", "").Replace(colored); got != plain {
			t.Errorf("width %d: with colour %q, without %q", width, colored, plain)
		}
	}
}

// hostileNames are what a worker may call itself.
var hostileNames = []string{
	"", " ", "\x1b[2J\x1b]0;owned\x07", "a\nb\r\nc", "\r\x1b[K 100%", "x  99,999 p/s  failed 0", "\u202ealpha", "\xff\xfe\x9b31m", "a\x00b\u200b\u2028c",
	"\u0301\u0301\u0301", "日本語日本語日本語日本語日本語", strings.Repeat("A", 1<<20), strings.Repeat("\x1b", 1<<20), strings.Repeat("\u0301", 1<<19), strings.Repeat(" ", 1<<20),
}

func TestNoNameOfAWorkerSteersATerminal(t *testing.T) {
	for _, name := range hostileNames {
		evil := worker(name, 400)
		for _, live := range []Live{on(evil), on(evil, worker("beta", 1)), on(slow(evil), worker("beta", 1)), on(silent(evil, time.Minute)), on(silent(evil, time.Minute), worker("beta", 1))} {
			for width := range 201 {
				line := live.fitted(width, Style{})
				wantOneLine(t, line)
				if cells.StringWidth(line) > width {
					t.Fatalf("width %d: %q has %d cells", width, line, cells.StringWidth(line))
				}
			}
			plain := live.plain()
			wantOneLine(t, plain)
			if len(plain) > 1000 {
				t.Errorf("a line of %d bytes", len(plain))
			}
			object := live.json(time.Now())
			wantOneLine(t, object)
			if len(object) > 5000 || !json.Valid([]byte(object)) {
				t.Errorf("%d bytes for programs: %.200s", len(object), object)
			}
		}
		if got := workerName(evil); strings.Contains(got, " ") && got != "a worker" || cells.StringWidth(got) == 0 {
			t.Errorf("%.50q is shown as %q, want a word", name, got)
		}
	}
}

func wantOneLine(t *testing.T, line string) {
	t.Helper()
	if !utf8.ValidString(line) || Clean(line) != line {
		t.Fatalf("the line is %q", line)
	}
}

func TestNoFigureOfAWorkerBreaksTheLine(t *testing.T) {
	for _, rate := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), -5, math.MaxFloat64, 0} {
		odd := crawl.WorkerStatus{Name: "odd", Capacity: math.MinInt, InFlight: math.MinInt, Rate: rate}
		for _, live := range []Live{on(odd), on(slow(odd), odd), on(silent(odd, math.MaxInt64), odd), on(silent(odd, math.MinInt64))} {
			if line := live.fitted(300, Style{}); strings.ContainsAny(line, "-+") || strings.Contains(line, "NaN") {
				t.Errorf("rate %v: %q", rate, line)
			}
			if object := live.json(time.Now()); object == "{}" || !json.Valid([]byte(object)) {
				t.Errorf("rate %v, for programs: %s", rate, object)
			}
		}
	}
}

func TestWorkersAreToldToPrograms(t *testing.T) {
	live := on(worker("alpha-4121", 409.98765), slow(worker("beta\x1b[2J", 12)), silent(worker("gamma", 0), 12345678*time.Microsecond))
	told := func(l Live) any {
		t.Helper()
		var object map[string]any
		if err := json.Unmarshal([]byte(l.json(time.Now())), &object); err != nil {
			t.Fatal(err)
		}
		workers, ok := object["workers"]
		if !ok {
			t.Fatalf("no workers in %v", object)
		}
		return workers
	}
	want := []any{
		map[string]any{"name": "alpha-4121", "capacity": 128.0, "in_flight": 128.0, "rate": 409.988},
		map[string]any{"name": `beta\x1b[2J`, "capacity": 128.0, "in_flight": 128.0, "rate": 12.0, "slow": true},
		map[string]any{"name": "gamma", "capacity": 128.0, "in_flight": 128.0, "rate": 0.0, "silent_s": 12.346},
	}
	if diff := cmp.Diff(any(want), told(live)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(any([]any{}), told(on())); diff != "" {
		t.Errorf("no worker yet (-want +got):\n%s", diff)
	}
}

func TestHowToStartAWorkerIsSaidAfterFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var term terminal
		var there atomic.Bool
		p := StartProgress(&term, func() Live {
			l := on()
			l.Join = "trawl worker --nats nats://10.0.0.5:4222"
			if there.Load() {
				l.Workers = []crawl.WorkerStatus{worker("alpha", 400)}
			}
			return l
		}, ProgressOptions{Mode: Bar, Width: width(120)})
		after := func(d time.Duration, waits, told bool) {
			t.Helper()
			time.Sleep(d)
			synctest.Wait()
			line := term.screen()[0]
			if got := strings.HasPrefix(line, " waiting for workers"); got != waits {
				t.Errorf("%q: waiting is %v, want %v", line, got, waits)
			}
			if got := strings.Contains(line, "start one: trawl worker --nats nats://10.0.0.5:4222"); got != told {
				t.Errorf("%q: the command is told: %v, want %v", line, got, told)
			}
		}
		after(4900*time.Millisecond, true, false)
		after(redrawEvery, true, true)
		there.Store(true)
		after(redrawEvery, false, false)
		there.Store(false) // it has left
		after(redrawEvery, true, false)
		after(joinAfter, true, true)
		p.Close()
	})
}

// At the end the workers go first.
func TestARunThatHasEndedWaitsForNoWorkers(t *testing.T) {
	live := on()
	live.Done = live.Total
	if line := live.fitted(110, Style{}); strings.Contains(line, "waiting") {
		t.Errorf("%q", line)
	}
}

func TestAThousandWorkersAreOneCheapLine(t *testing.T) {
	live := crowd(1000)
	if line := live.plain(); len(line) > 500 || strings.Contains(line, "\n") {
		t.Errorf("%d bytes: %q", len(line), line)
	}
	few := crowd(200)
	one := testing.AllocsPerRun(10, func() { few.fitted(200, Style{}) })
	many := testing.AllocsPerRun(10, func() { live.fitted(200, Style{}) })
	if many > one+20 {
		t.Errorf("%v allocations for a line of 1,000 workers, %v for one of 200: it grows with them", many, one)
	}
}

func BenchmarkProgressLine(b *testing.B) {
	for _, n := range []int{0, 2, 1000} {
		live := crowd(n)
		b.Run(fmt.Sprintf("workers=%d", n), func(b *testing.B) {
			for b.Loop() {
				live.fitted(200, Style{})
			}
		})
	}
}

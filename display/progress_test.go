package display

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// terminal understands what a bar sends: text, newline, and the two ways back.
type terminal struct {
	mu     sync.Mutex
	sent   strings.Builder
	writes []time.Time // that drew a line
	above  []string    // lines that have scrolled up
	line   string      // where the cursor is
}

func (s *terminal) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent.Write(p)
	text := string(p)
	for text != "" {
		if rest, ok := strings.CutPrefix(text, "\r\x1b[K"); ok {
			s.line, text = "", rest
			continue
		}
		if text[0] == '\n' {
			s.above, s.line, text = append(s.above, s.line), "", text[1:]
			continue
		}
		s.line += text[:1]
		text = text[1:]
	}
	if s.line != "" {
		s.writes = append(s.writes, time.Now())
	}
	return len(p), nil
}

func (s *terminal) screen() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append(append([]string{}, s.above...), s.line)
}

// run is a source that counts up by itself: 1,000 URLs a second.
func run(total int64) func() Live {
	start := time.Now()
	return func() Live {
		return Live{Done: min(total, time.Since(start).Milliseconds()), Total: total, Rate: 1000, InFlight: 128, Elapsed: time.Since(start)}
	}
}

func width(cells int) func() int { return func() int { return cells } }

func TestBarIsRedrawnAtMostFiveTimesASecondAndClearedAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var term terminal
		p := StartProgress(&term, run(100_000), ProgressOptions{Mode: Bar, Width: width(110)})
		time.Sleep(10*time.Second + time.Millisecond)
		synctest.Wait()
		if want := []string{" 10,000/100,000  10%  1,000 p/s  0 B/s  in flight 128  failed 0  retry 0  ETA 1:30"}; !cmp.Equal(term.screen(), want) {
			t.Errorf("after 10 s: %q, want %q", term.screen(), want)
		}
		p.Close()
		p.Close()
		if want := []string{""}; !cmp.Equal(term.screen(), want) {
			t.Errorf("after Close: %q, want %q", term.screen(), want)
		}
		if n := len(term.writes); n < 40 {
			t.Errorf("drawn %d times in 10 s: it does not move", n)
		}
		for i := 5; i < len(term.writes); i++ {
			if d := term.writes[i].Sub(term.writes[i-5]); d < time.Second {
				t.Errorf("six lines within %v", d)
			}
		}
	})
}

func TestBarIsDrawnAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var term terminal
		p := StartProgress(&term, run(5), ProgressOptions{Mode: Bar, Width: width(110)})
		p.Close()
		if want := clearLine + " 0/5  0%  1,000 p/s  0 B/s  in flight 128  failed 0  retry 0  ETA 0:00" + clearLine; term.sent.String() != want {
			t.Errorf("a run of no time: %q, want %q", term.sent.String(), want)
		}
	})
}

func TestBarSendsNoEscapeButClearAndColor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var term terminal
		p := StartProgress(&term, run(100_000), ProgressOptions{Mode: Bar, Style: Style{Color: true}})
		time.Sleep(3 * time.Second)
		p.Log("a line")
		p.Close()
		rest := strings.NewReplacer(clearLine, "", "\x1b[1m", "", "\x1b[31m", "", "\x1b[33m", "", "\x1b[0m", "").Replace(term.sent.String())
		if strings.ContainsAny(rest, "\x1b\r") {
			t.Errorf("other escapes: %q", rest)
		}
	})
}

func TestLogLinesScrollAboveTheBar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var term terminal
		p := StartProgress(&term, func() Live { return Live{Total: 5} }, ProgressOptions{Mode: Bar, Width: width(20)})
		var logging sync.WaitGroup
		for i := range 10 {
			logging.Go(func() { p.Log(fmt.Sprintf("%d retries", i)) })
		}
		logging.Wait()
		p.Log("two\nlines\n")
		screen := term.screen()
		if bar := screen[len(screen)-1]; bar != " 0/5  0%  0 p/s" {
			t.Errorf("under the log lines: %q", bar)
		}
		if above := screen[:len(screen)-1]; len(above) != 12 || above[10] != "two" || above[11] != "lines" {
			t.Errorf("above the bar: %q", above)
		}
		p.Close()
		p.Log("late")
		if screen := term.screen(); screen[12] != "late" || screen[13] != "" {
			t.Errorf("after Close: %q", screen)
		}
	})
}

func TestBarFollowsTheWidth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var term terminal
		var columns atomic.Int64
		columns.Store(110)
		p := StartProgress(&term, busy, ProgressOptions{Mode: Bar, Width: func() int { return int(columns.Load()) }})
		for width := 10; width <= 200; width++ {
			columns.Store(int64(width))
			time.Sleep(redrawEvery)
			synctest.Wait()
			if got := cells.StringWidth(term.screen()[0]); got >= width {
				t.Errorf("%d columns: %q has %d cells, and the last column is not free", width, term.screen()[0], got)
			}
		}
		columns.Store(0) // unknown
		time.Sleep(redrawEvery)
		synctest.Wait()
		if got, want := term.screen()[0], busy().fitted(79, Style{}); got != want {
			t.Errorf("of unknown width: %q, want %q", got, want)
		}
		p.Close()
	})
}

func TestBarHidesWhileTheProcessIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var term terminal
		p := StartProgress(&term, run(100_000), ProgressOptions{Mode: Bar})
		p.Hide()
		time.Sleep(time.Second)
		synctest.Wait()
		if got := term.screen(); !cmp.Equal(got, []string{""}) {
			t.Errorf("hidden: %q", got)
		}
		p.Show()
		time.Sleep(redrawEvery)
		synctest.Wait()
		if got := term.screen()[0]; !strings.HasPrefix(got, " 1,200/100,000") {
			t.Errorf("shown again: %q", got)
		}
		p.Close()
	})
}

func TestTheLastHostIsNamedAfterTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var term terminal
		var done, inFlight atomic.Int64
		p := StartProgress(&term, func() Live {
			return Live{Done: done.Load(), Total: 100_000, InFlight: int(inFlight.Load()), WaitingFor: "slow.example.org"}
		}, ProgressOptions{Mode: Bar})
		after := func(d time.Duration, want bool) {
			t.Helper()
			time.Sleep(d)
			synctest.Wait()
			line := term.screen()[0]
			if got := strings.Contains(line, "waiting for slow.example.org"); got != want {
				t.Errorf("%q with %d in flight: host named: %v, want %v", line, inFlight.Load(), got, want)
			}
		}
		done.Store(98_999)
		inFlight.Store(9)
		after(time.Minute, false)
		done.Store(99_000)
		after(10*time.Second, false)
		after(redrawEvery, true)
		inFlight.Store(10) // busy again
		after(redrawEvery, false)
		inFlight.Store(1)
		after(9*time.Second, false)
		p.Close()
	})
}

func TestLinesComeEveryTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var term terminal
		p := StartProgress(&term, run(100_000), ProgressOptions{Mode: Lines, Style: Style{Color: true}, Width: width(40)})
		time.Sleep(25 * time.Second)
		p.Close()
		want := "2000-01-01T00:00:10Z  10,000/100,000  10%  1,000 p/s  0 B/s  in flight 128  failed 0  retry 0  ETA 1:30\n" +
			"2000-01-01T00:00:20Z  20,000/100,000  20%  1,000 p/s  0 B/s  in flight 128  failed 0  retry 0  ETA 1:20\n"
		if diff := cmp.Diff(want, term.sent.String()); diff != "" {
			t.Errorf("25 s (-want +got):\n%s", diff)
		}
	})
}

func TestObjectsComeEveryTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var term terminal
		live := busy()
		p := StartProgress(&term, func() Live { return live }, ProgressOptions{Mode: JSON})
		time.Sleep(10 * time.Second)
		synctest.Wait()
		live.Total, live.P95 = 0, 0
		p.Line()
		p.Close()
		want := `{"time":"2000-01-01T00:00:10Z","elapsed_s":22,"done":41210,"total":100000,"urls_per_s":1874,"bytes_per_s":38100000,"p95_ms":412,"in_flight":128,"failed":96,"retries":211,"throttled_hosts":0,"eta_s":31.371}` + "\n" +
			`{"time":"2000-01-01T00:00:10Z","elapsed_s":22,"done":41210,"urls_per_s":1874,"bytes_per_s":38100000,"in_flight":128,"failed":96,"retries":211,"throttled_hosts":0}` + "\n"
		if diff := cmp.Diff(want, term.sent.String()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		for line := range strings.Lines(term.sent.String()) {
			if !json.Valid([]byte(line)) {
				t.Errorf("no JSON: %s", line)
			}
		}
	})
}

func TestQuietIsNoByteUntilAskedForALine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var term terminal
		p := StartProgress(&term, run(100_000), ProgressOptions{Mode: None})
		time.Sleep(time.Hour)
		if got := term.sent.String(); got != "" {
			t.Errorf("after an hour: %q, want nothing", got)
		}
		p.Line()
		want := "2000-01-01T01:00:00Z  100,000/100,000  100%  1,000 p/s  0 B/s  in flight 128  failed 0  retry 0  ETA 0:00\n"
		if got := term.sent.String(); got != want {
			t.Errorf("the line asked for: %q, want %q", got, want)
		}
		p.Close()
		if got := term.sent.String(); got != want {
			t.Errorf("after Close: %q, want %q", got, want)
		}
	})
}

func TestBeforeThereIsARunThereIsNothingToTell(t *testing.T) {
	var term terminal
	p := StartProgress(&term, nil, ProgressOptions{Mode: None})
	p.Line()
	p.Log("a line")
	p.Close()
	if got := term.sent.String(); got != "a line\n" {
		t.Errorf("%q, want the logged line only", got)
	}
}

func TestALineAskedForScrollsAboveTheBar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var term terminal
		p := StartProgress(&term, busy, ProgressOptions{Mode: Bar, Width: width(30)})
		p.Line()
		want := []string{"2000-01-01T00:00:00Z  " + strings.TrimSpace(busy().fitted(200, Style{})), " 41,210/100,000  41%"}
		if diff := cmp.Diff(want, term.screen()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		p.Close()
	})
}

package display

import (
	"strings"
	"testing"
	"time"
)

func busy() Live {
	return Live{
		Done: 41_210, Total: 100_000, Rate: 1_874, BytesPerSec: 38_100_000, P95: 412 * time.Millisecond,
		InFlight: 128, Failed: 96, Retries: 211, Elapsed: 22 * time.Second,
	}
}

func TestProgressLineReadsAsPromised(t *testing.T) {
	unknown := busy()
	unknown.Total = 0
	start := Live{Total: 5}
	end := busy()
	end.Done, end.InFlight = end.Total, 0
	waiting := busy()
	waiting.AllThrottled, waiting.ThrottledHosts, waiting.LongestPause = true, 3, 41_600*time.Millisecond
	one := waiting
	one.ThrottledHosts = 1
	tail := busy()
	tail.Done, tail.InFlight, tail.WaitingFor = 99_998, 2, "slow.example.org"
	slow := busy()
	slow.Rate, slow.P95, slow.BytesPerSec = 1.26, 1310*time.Millisecond, 999

	for _, tt := range []struct {
		name  string
		live  Live
		width int
		want  string
	}{
		{"wide", busy(), 110, " 41,210/100,000  41%  1,874 p/s  38.1 MB/s  p95 412 ms  in flight 128  failed 96  retry 211  ETA 0:31"},
		{"80 columns", busy(), 80, " 41,210/100,000  41%  1,874 p/s  failed 96  ETA 0:31  38.1 MB/s  p95 412 ms"},
		{"40 columns", busy(), 40, " 41,210/100,000  41%  1,874 p/s"},
		{"16 columns", busy(), 16, " 41,210/100,000"},
		{"15 columns", busy(), 14, " 41%"},
		{"total unknown", unknown, 110, " 41,210 done  1,874 p/s  38.1 MB/s  p95 412 ms  in flight 128  failed 96  retry 211"},
		{"nothing yet", start, 110, " 0/5  0%  0 p/s  0 B/s  in flight 0  failed 0  retry 0"},
		{"the end", end, 110, " 100,000/100,000  100%  1,874 p/s  38.1 MB/s  p95 412 ms  in flight 0  failed 96  retry 211  ETA 0:00"},
		{"every host throttled", waiting, 110, " waiting: 3 hosts ask for a pause (longest 42 s)  41,210/100,000  41%  failed 96"},
		{"every host throttled, narrow", waiting, 50, " waiting: 3 hosts ask for a pause (longest 42 s)"},
		{"every host throttled, narrower", waiting, 40, " waiting 42 s"},
		{"the one host throttled", one, 60, " waiting: 1 host asks for a pause (42 s)  41,210/100,000"},
		{"the last host", tail, 80, " 99,998/100,000  99%  waiting for slow.example.org  1,874 p/s  failed 96"},
		{"slow", slow, 110, " 41,210/100,000  41%  1.3 p/s  999 B/s  p95 1.31 s  in flight 128  failed 96  retry 211  ETA 12:57:39"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.live.fitted(tt.width, Style{}); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestProgressLineIsNeverTooWide(t *testing.T) {
	huge := busy()
	huge.Done, huge.Total, huge.Retries, huge.BytesPerSec = 9_999_999_999, 99_999_999_999, 1<<40, 1e15
	waiting := huge
	waiting.AllThrottled, waiting.ThrottledHosts, waiting.LongestPause = true, 1_000_000, 100*time.Hour
	tail := busy()
	tail.WaitingFor = strings.Repeat("日本語.", 40) + "example"
	unknown := huge
	unknown.Total = 0
	for _, live := range []Live{{}, busy(), huge, waiting, tail, unknown} {
		for width := range 201 {
			if line := live.fitted(width, Style{}); cells.StringWidth(line) > width {
				t.Errorf("width %d: %q has %d cells", width, line, cells.StringWidth(line))
			}
		}
	}
}

func TestColorAddsNothingButMarks(t *testing.T) {
	marks := strings.NewReplacer("\x1b[1m", "", "\x1b[31m", "", "\x1b[33m", "", "\x1b[0m", "")
	for width := 1; width <= 200; width++ {
		plain, colored := busy().fitted(width, Style{}), busy().fitted(width, Style{Color: true})
		if got := marks.Replace(colored); got != plain {
			t.Errorf("width %d: with colour %q, without %q", width, colored, plain)
		}
	}
	if !strings.Contains(busy().fitted(80, Style{Color: true}), "\x1b[31mfailed 96\x1b[0m") {
		t.Error("failures are not marked")
	}
}

func TestETAIsSaidOnlyWhenKnown(t *testing.T) {
	for name, live := range map[string]Live{
		"no total":       {Done: 5, Rate: 1},
		"no rate":        {Done: 5, Total: 10},
		"more than all":  {Done: 11, Total: 10, Rate: 1},
		"in many months": {Done: 1, Total: 1e12, Rate: 0.001},
	} {
		if eta, ok := live.ETA(); ok {
			t.Errorf("%s: ETA %v, want none", name, eta)
		}
	}
}

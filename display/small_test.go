package display

import (
	"testing"
	"time"
)

func TestColorIsDecidedByOptionThenEnvironmentThenStream(t *testing.T) {
	for _, tt := range []struct {
		when     ColorWhen
		env      map[string]string
		terminal bool
		want     bool
	}{
		{when: ColorAuto, terminal: true, want: true},
		{when: ColorAuto},
		{when: "", terminal: true, want: true},
		{when: ColorAlways, want: true},
		{when: ColorAlways, env: map[string]string{"NO_COLOR": "1", "TERM": "dumb"}, want: true},
		{when: ColorNever, terminal: true},
		{when: ColorNever, terminal: true, env: map[string]string{"FORCE_COLOR": "1"}},
		{when: ColorAuto, terminal: true, env: map[string]string{"NO_COLOR": "1"}},
		{when: ColorAuto, terminal: true, env: map[string]string{"NO_COLOR": ""}, want: true},
		{when: ColorAuto, terminal: true, env: map[string]string{"TERM": "dumb"}},
		{when: ColorAuto, env: map[string]string{"FORCE_COLOR": "1"}, want: true},
		{when: ColorAuto, env: map[string]string{"CLICOLOR_FORCE": "1"}, want: true},
		{when: ColorAuto, env: map[string]string{"FORCE_COLOR": "0", "CLICOLOR_FORCE": "0"}},
		{when: ColorAuto, env: map[string]string{"FORCE_COLOR": "1", "NO_COLOR": "1"}, want: true},
	} {
		getenv := func(name string) string { return tt.env[name] }
		if got := NewStyle(tt.when, getenv, tt.terminal).Color; got != tt.want {
			t.Errorf("--color %q, %v, terminal %v: %v, want %v", tt.when, tt.env, tt.terminal, got, tt.want)
		}
	}
}

func TestABarIsShownOnlyWhereItCanBeRedrawn(t *testing.T) {
	for _, tt := range []struct {
		mode     Mode
		terminal bool
		term     string
		want     Mode
	}{
		{Auto, true, "xterm", Bar}, {Auto, true, "", Bar}, {"", true, "xterm", Bar},
		{Auto, false, "xterm", None}, {Auto, true, "dumb", None},
		{Bar, true, "xterm", Bar}, {Bar, false, "xterm", Lines}, {Bar, true, "dumb", Lines},
		{Lines, true, "xterm", Lines}, {JSON, false, "", JSON}, {None, true, "xterm", None},
	} {
		if got := tt.mode.On(tt.terminal, tt.term); got != tt.want {
			t.Errorf("%s, terminal %v, TERM=%s: %s, want %s", tt.mode, tt.terminal, tt.term, got, tt.want)
		}
	}
}

func TestNumbersAreForPeople(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{size(0), "0 B"}, {size(999), "999 B"}, {size(999.6), "1.00 kB"}, {size(1000), "1.00 kB"}, {size(20_426), "20.4 kB"},
		{size(999_499), "999 kB"}, {size(999_500), "1.00 MB"}, {size(38_200_000), "38.2 MB"}, {size(2_040_000_000), "2.04 GB"},
		{size(1e9), "1.00 GB"}, {size(9_996_000), "10.0 MB"}, {size(5e20), "500 EB"},
		{rate(0), "0"}, {rate(-1), "0"}, {rate(0.04), "0.04"}, {rate(0.001), "0.01"}, {rate(3.24), "3.2"}, {rate(9.96), "10"}, {rate(1870.2), "1,870"},
		{Span(0), "0 s"}, {Span(20 * time.Microsecond), "0.1 ms"}, {Span(410 * time.Microsecond), "0.4 ms"}, {Span(2 * time.Millisecond), "2 ms"},
		{Span(9960 * time.Microsecond), "10 ms"}, {Span(61 * time.Millisecond), "61 ms"}, {Span(999_600 * time.Microsecond), "1 s"},
		{Span(1310 * time.Millisecond), "1.31 s"}, {Span(9800 * time.Millisecond), "9.8 s"}, {Span(10 * time.Second), "10 s"},
		{Span(53400 * time.Millisecond), "53.4 s"}, {Span(59_960 * time.Millisecond), "1 min"}, {Span(125 * time.Second), "2 min 5 s"},
		{Span(75 * time.Minute), "1 h 15 min"}, {Span(76 * time.Hour), "3 d 4 h"}, {Span(2 * time.Hour), "2 h"},
		{clock(31 * time.Second), "0:31"}, {clock(599_600 * time.Millisecond), "10:00"}, {clock(3723 * time.Second), "1:02:03"},
		{Plural(1, "URL", "URLs"), "1 URL"}, {Plural(0, "URL", "URLs"), "0 URLs"}, {Plural(100_000, "URL", "URLs"), "100,000 URLs"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestPasswordsAreMasked(t *testing.T) {
	for _, tt := range []struct{ url, want string }{
		{"https://example.com/", "https://example.com/"},
		{"https://user:pass@example.com/", "https://***@example.com/"},
		{"https://user@example.com", "https://***@example.com"},
		{"https://user:p@ss@example.com?q=a@b", "https://***@example.com?q=a@b"},
		{"https://example.com/@me", "https://example.com/@me"},
		{"https://example.com#a@b", "https://example.com#a@b"},
		{`htp:/user:pass@host/`, "htp:/***@host/"},
		{`http:\\user:pass@host`, `http:\\***@host`},
		{"user:pass@host/path", "***@host/path"},
		{"user:pass@host:8080", "***@host:8080"},
		{"me@host", "***@host"},
		{"//user:pass@host/", "//***@host/"},
		{"example.com:80", "example.com:80"},
		{"", ""},
		{"https://a\x1b[31mb\n\u202ec\xff/", "https://a\ufffd[31mb\ufffd\ufffdc\ufffd/"},
	} {
		if got := CleanURL(tt.url); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.url, got, tt.want)
		}
	}
}

func TestRatesAreThoseOfTheLastSeconds(t *testing.T) {
	var m Meter
	start := time.Unix(0, 0)
	if urls, bytes := m.Rates(start, 10, 10); urls != 0 || bytes != 0 {
		t.Errorf("first: %v, %v, want nothing", urls, bytes)
	}
	var urls, bytes float64
	for i := range 100 { // 20 s of 100 URLs a second
		urls, bytes = m.Rates(start.Add(time.Duration(i)*200*time.Millisecond), int64(10+20*i), int64(1000*i))
	}
	if int(urls+.5) != 100 || int(bytes+.5) != 5000 {
		t.Errorf("%v URLs and %v bytes a second, want 100 and 5000", urls, bytes)
	}
	for i := range 26 { // 5 s of nothing
		urls, _ = m.Rates(start.Add(19800*time.Millisecond+time.Duration(i)*200*time.Millisecond), 1990, 99000)
	}
	if urls != 0 {
		t.Errorf("5 s after the last: %v URLs a second, want 0", urls)
	}
	if len(m.samples) > 30 {
		t.Errorf("%d samples are kept", len(m.samples))
	}
	if urls, _ = m.Rates(start.Add(time.Minute), 2990, 0); int(urls) < 25 || int(urls) > 30 { // asked seldom: since last time
		t.Errorf("asked after a pause: %v URLs a second", urls)
	}
}

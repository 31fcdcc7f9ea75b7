package display

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"trawl/crawl"
)

// rulesTrue is the end of a run of which n rules are true.
func rulesTrue(n int) End {
	end := dbErrors
	end.Exit = 99
	end.Rules = []string{"--fail-if 'failed > 0.1%' is true: 129 of 100,000 URLs failed"}
	for i := 1; i < n; i++ {
		end.Rules = append(end.Rules, fmt.Sprintf("--fail-if 'p9%d > 1s' is true: p9%[1]d is 1.31 s", i))
	}
	return end
}

func TestRulesThatAreTrueComeFirst(t *testing.T) {
	stopped, many := nightly(), failing(manyKinds(14)...)
	stopped.Stopped, stopped.Remaining = "--max-duration", 1
	many.Stopped, many.Remaining = "--max-pages", 5
	slow := failing()
	slowEnd := End{Output: "-", Exit: 99, Rules: []string{"--fail-if 'p95 > 1s' is true: p95 is 2 s"}}
	for _, run := range []struct {
		file string
		sum  crawl.Summary
		end  End
	}{
		{"rules-one.txt", nightly(), rulesTrue(1)},
		{"rules-two.txt", nightly(), rulesTrue(2)},
		{"rules-stopped.txt", stopped, rulesTrue(1)},
		{"rules-nothing-failed.txt", slow, slowEnd},
		{"rules-longest.txt", many, rulesTrue(6)},
	} {
		got := written(t, func(w io.Writer) error { return WriteFailures(w, run.sum, run.end, Style{}) })
		golden(t, run.file, got)
		if lines := strings.Count(got, "\n"); lines > 20 {
			t.Errorf("%s has %d lines, want at most 20", run.file, lines)
		}
	}
	golden(t, "rules-summary.txt", written(t, func(w io.Writer) error { return WriteSummary(w, nightly(), rulesTrue(2), Style{}) }))
}

func TestAHostileRuleIsShownClean(t *testing.T) {
	end := End{Output: "db.txt", Exit: 99, Rules: []string{"a\x1b[2J\nSubject: x"}}
	got := written(t, func(w io.Writer) error { return WriteFailures(w, failing(), end, Style{}) })
	if strings.ContainsAny(got, "\x1b") || strings.Count(got, "\n") != 2 {
		t.Errorf("%q is not one line of a rule and one of places", got)
	}
}

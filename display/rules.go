package display

import (
	"fmt"

	"trawl/crawl"
)

// maxRules are told in a text; a run that breaks one often breaks others.
const maxRules = 3

// rulesBroken is the block of a run that breaks rules: those, and the usual
// block's lines below them.
func (t *text) rulesBroken(sum *crawl.Summary, end End) {
	t.rules(end)
	if sum.Stopped != "" {
		t.printf("  It was stopped by %s after %s", Clean(sum.Stopped), Span(sum.Elapsed))
		if sum.Remaining > 0 {
			t.printf(", %s remaining", Plural(sum.Remaining, "URL", "URLs"))
		}
		t.WriteString(".\n")
	}
	t.kinds(sum.Failures)
	t.places(sum, end)
	t.again(sum, end)
}

// rules says which rules the run breaks.
func (t *text) rules(end End) {
	for i, rule := range end.Rules[:min(len(end.Rules), maxRules)] {
		t.name()
		t.WriteString(Clean(rule))
		if i == 0 {
			fmt.Fprintf(t, " (exit %d)", end.Exit)
		}
		t.WriteByte('\n')
	}
	if more := len(end.Rules) - maxRules; more > 0 {
		t.printf("  and %s\n", Plural(int64(more), "more rule is true", "more rules are true"))
	}
}

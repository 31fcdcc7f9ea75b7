package main

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"trawl/crawl"
)

// A failRule is the value of --fail-if: what makes a run a failed one. The zero
// failRule is "never".
type failRule struct {
	text    string // as it was written: "failed > 1%"
	measure measure
	op      string
	limit   float64 // in the measure's unit; with share in parts of 1
	share   bool    // the measure is compared as its share of all URLs
}

// ruleOps are the comparisons, a longer one before its beginning.
var ruleOps = []string{">=", "<=", "==", ">", "<"}

// parseFailRule reads "NAME OP VALUE", with or without blanks, or "never". The error
// is a *badValue.
func parseFailRule(s string) (failRule, error) {
	if strings.TrimSpace(s) == "never" {
		return failRule{}, nil
	}
	name, op, value := cutRule(s)
	m, known := measures[name]
	if !known || op == "" || value == "" {
		return failRule{}, isNot(s, "a rule", ruleHints(name, op, value)...)
	}
	limit, share, err := m.read(value)
	if err != nil {
		return failRule{}, isNot(s, "a rule", "Use "+m.form+" behind "+name+" "+op+".")
	}
	return failRule{text: strings.TrimSpace(s), measure: m, op: op, limit: limit, share: share}, nil
}

// cutRule splits s at its comparison.
func cutRule(s string) (name, op, value string) {
	at := strings.IndexAny(s, "><=")
	if at < 0 {
		return strings.TrimSpace(s), "", ""
	}
	i := slices.IndexFunc(ruleOps, func(op string) bool { return strings.HasPrefix(s[at:], op) })
	if i < 0 { // a single =
		return "", "", ""
	}
	op = ruleOps[i]
	return strings.TrimSpace(s[:at]), op, strings.TrimSpace(s[at+len(op):])
}

// ruleHints say what is missing. An expression that stops short may never have got
// here whole: in a crontab % ends the line.
func ruleHints(name, op, value string) []string {
	hints := []string{"Use NAME OP VALUE: 'failed > 100', 'failed_ratio > 0.01', 'p95 > 2s'."}
	if _, known := measures[name]; !known {
		names := "Names: " + strings.Join(measureNames, " ") + "; or never."
		if near := nearest(name, measureNames); near != "" {
			names = "Did you mean " + near + "? " + names
		}
		hints = append(hints, names)
	}
	if name != "" && value == "" {
		hints = append(hints, `In a crontab % ends the line: write \%, or failed_ratio.`)
	}
	return hints
}

// addFailIf takes a rule beside those that were given before.
func (c *config) addFailIf(s string) error {
	rule, err := parseFailRule(s)
	if err != nil {
		return err
	}
	c.FailIf = append(c.FailIf, rule)
	return nil
}

// holds says whether the rule is true of a run.
func (r failRule) holds(sum *crawl.Summary) bool {
	if r.measure.of == nil {
		return false
	}
	value := r.measure.of(sum)
	if r.share {
		value = shareOf(value, sum)
	}
	switch r.op {
	case ">":
		return value > r.limit
	case ">=":
		return value >= r.limit
	case "<":
		return value < r.limit
	case "<=":
		return value <= r.limit
	}
	return value == r.limit
}

// broken are the rules that are true of a run, in words.
func broken(rules []failRule, sum *crawl.Summary) (told []string) {
	for _, r := range rules {
		if r.holds(sum) {
			told = append(told, "--fail-if '"+shown(r.text)+"' is true: "+r.measure.tell(sum))
		}
	}
	return told
}

// shareOf is a number of URLs as a part of all; of none it is 0.
func shareOf(n float64, sum *crawl.Summary) float64 {
	return n / math.Max(1, float64(sum.URLs()))
}

// The readers of a rule's value return it in the measure's unit; share is set if
// it was in percent. Their errors say nothing more.

var errNoLimit = errors.New("no limit")

func readCount(s string) (limit float64, share bool, err error) {
	if strings.HasSuffix(s, "%") {
		return readShare(s)
	}
	return readWhole(s)
}

// readShare reads 0% to 100%.
func readShare(s string) (limit float64, share bool, err error) {
	n, rest, err := cutNumber(s)
	if err != nil || strings.TrimSpace(rest) != "%" || n > 100 {
		return 0, false, errNoLimit
	}
	return n / 100, true, nil
}

// readRatio reads 0 to 1, or a share.
func readRatio(s string) (limit float64, share bool, err error) {
	if strings.HasSuffix(s, "%") {
		limit, _, err = readShare(s)
		return limit, false, err
	}
	n, rest, err := cutNumber(s)
	if err != nil || rest != "" || n > 1 {
		return 0, false, errNoLimit
	}
	return n, false, nil
}

func readWhole(s string) (limit float64, share bool, err error) {
	n, err := strconv.ParseUint(s, 10, 53)
	return float64(n), false, err
}

func readSize(s string) (limit float64, share bool, err error) {
	n, err := parseSize(s)
	return float64(n), false, err
}

func readSpan(s string) (limit float64, share bool, err error) {
	d, err := crawl.ParseDuration(strings.ReplaceAll(s, " ", ""))
	if err == nil && d < 0 {
		err = errNoLimit
	}
	return d.Seconds(), false, err
}

func readRate(s string) (limit float64, share bool, err error) {
	n, err := parseRate(s)
	return n, false, err
}

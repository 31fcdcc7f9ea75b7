package main

import (
	"cmp"
	"slices"
	"strings"

	"trawl/sinks"
)

// settleCron settles the options that go on from an earlier run, and the columns of
// its results.
func (c *config) settleCron() error {
	if err := c.settleResume(); err != nil {
		return err
	}
	if err := c.settleChanges(); err != nil {
		return err
	}
	if err := c.settleRetry(); err != nil {
		return err
	}
	return c.settleFields()
}

// settleChanges refuses --if-changed where there is nothing to compare with. It gives way
// as --resume does.
func (c *config) settleChanges() error {
	other, why, hint := c.incomparable()
	switch {
	case !c.IfChanged || why == "":
		return cmp.Or(c.settleNoChange("if-changed"), c.settleChangedRules())
	case c.outranked("if-changed", other):
		c.IfChanged = false
		return c.settleNoChange(other)
	}
	return c.conflict("if-changed", "cannot compare with an earlier run: "+why, hint)
}

// incomparable says why no run can be compared with an earlier one, and which option is
// the reason; "" is that runs can.
func (c *config) incomparable() (option, why, hint string) {
	switch {
	case sinks.ErrorsPath(c.Output) == "":
		return "output", "nothing is kept of " + outputName(c.Output), "Give a results file with -o, or leave --if-changed out."
	case placeholder.MatchString(c.Output):
		return "output", "what is known is kept beside the output, whose name is another each time: " + shown(c.Output),
			"Use a name without " + placeholder.FindString(c.Output) + ", or leave --if-changed out."
	case c.Lock == lockOff:
		return "lock", "--lock off keeps no state", "Leave one of them out."
	}
	return "", "", ""
}

// settleNoChange refuses --error-on-no-change where nothing is compared, because of the
// other option.
func (c *config) settleNoChange(other string) error {
	switch {
	case !c.ErrorOnNoChange || c.IfChanged:
		return nil
	case c.outranked("error-on-no-change", other):
		c.ErrorOnNoChange = false
		return nil
	}
	return c.conflict("error-on-no-change", "needs --if-changed: without it nothing is compared", "Add --if-changed, or leave it out.")
}

// settleChangedRules refuses rules on what has changed where nothing is compared: with
// "changed < 1" every run would be a failed one.
func (c *config) settleChangedRules() error {
	if c.IfChanged || c.outranked("fail-if", "if-changed") {
		return nil
	}
	for _, rule := range c.FailIf {
		if name, _, _ := cutRule(rule.text); name == "changed" {
			return c.conflict("fail-if", "'"+shown(rule.text)+"' needs --if-changed: without it nothing is compared", "Add --if-changed, or leave it out.")
		}
	}
	return nil
}

// settleResume refuses --resume where no state is kept. A file or a variable asks for
// it in many runs: it gives way to what only this one is told.
func (c *config) settleResume() error {
	other, why, hint := "output", "", ""
	switch {
	case !c.Resume:
		return nil
	case sinks.ErrorsPath(c.Output) == "":
		why, hint = "no state is kept of "+outputName(c.Output), "Give a results file with -o, or leave --resume out."
	case strings.Contains(c.Output, "{run}"), strings.Contains(c.Output, "{time}"):
		why, hint = "each run has another results file: "+shown(c.Output), "Use a name without {run} and {time}, or leave --resume out."
	case c.Lock == lockOff:
		other, why, hint = "lock", "--lock off keeps no state", "Leave one of them out."
	default:
		return nil
	}
	if c.outranked("resume", other) {
		c.Resume = false
		return nil
	}
	return c.conflict("resume", "finds nothing to go on with: "+why, hint)
}

func (c *config) settleRetry() error {
	if c.RetryFailed && c.outranked("overwrite", "retry-failed") {
		c.Overwrite = false // it is for the runs that fetch all
	}
	switch {
	case !c.RetryFailed:
		return nil
	case len(c.Args) > 0:
		return c.conflict("retry-failed", "takes no lists and no URLs: "+shown(c.Args[0]),
			"It fetches the failed URLs of the last run. Leave one of them out.")
	case c.Overwrite && !c.outranked("overwrite", "retry-failed"):
		return c.conflict("overwrite", "would leave nothing but the pages of --retry-failed in "+outputName(c.Output),
			"Leave one of them out: what is tried again is appended.")
	case c.Errors == "none":
		return c.conflict("retry-failed", "needs the errors file of the last run, and --errors is none", "Name it with --errors FILE.")
	case c.Errors == "" && sinks.ErrorsPath(c.Output) == "":
		return c.conflict("retry-failed", "needs an errors file, and "+outputName(c.Output)+" has none", "Name the one of the last run with --errors FILE.")
	}
	return nil
}

// withColumns are the formats whose columns can be chosen.
var withColumns = []sinks.Format{"jsonl", "csv"}

// settleFields refuses --fields for another format. A file or a variable is for the
// runs that have such results.
func (c *config) settleFields() error {
	if c.Fields == nil || slices.Contains(withColumns, c.Format) || !c.byOption("fields") {
		return nil
	}
	return c.conflict("fields", "chooses columns, and "+string(c.Format)+" results have none to choose", "Use -f jsonl or -f csv, or leave --fields out.")
}

// outranked reports whether the other option's value comes from a place that counts
// more.
func (c *config) outranked(name, other string) bool {
	return c.origin(name).rank < c.origin(other).rank
}

// conflict is the message for an option that cannot be obeyed.
func (c *config) conflict(name, why, hint string) *message {
	return &message{what: "--" + name + " " + why + " (" + c.where(name) + ")", hints: []string{hint}, code: c.origin(name).code()}
}

func outputName(output string) string {
	if output == "-" {
		return "standard output"
	}
	return shown(output)
}

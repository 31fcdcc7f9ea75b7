package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"trawl/display"
	"trawl/fetch"
	"trawl/sinks"
)

// The show functions of options whose values have a form of their own. Each shows
// what is in effect, whoever asked for it.

func (c *config) showRobots() string { return c.Robots.String() }

func (c *config) showShard() string { return c.Shard.String() }

// showHeader says how many there are: values are secrets.
func (c *config) showHeader() string {
	if len(c.Header) == 0 {
		return ""
	}
	return fmt.Sprintf("(%d set)", len(c.Header))
}

func (c *config) showUserAgent() string { return cmp.Or(c.UserAgent, fetch.DefaultUserAgent) }

func (c *config) showProxy() string {
	if c.Proxy == nil {
		return ""
	}
	return display.CleanURL(c.Proxy.String())
}

func (c *config) showAccept() string { return c.Accept.String() }

func (c *config) showHTTP() string { return c.HTTP.String() }

func (c *config) showResolve() string {
	var lines []string
	for _, place := range slices.Sorted(maps.Keys(c.Resolve)) {
		lines = append(lines, place+":"+c.Resolve[place])
	}
	return strings.Join(lines, "\n")
}

func (c *config) showRetryOn() string { return c.RetryOn.String() }

func (c *config) showConcurrency() string {
	if c.Executor == inCluster && c.bound() == 0 {
		return "as the workers take"
	}
	return strconv.Itoa(c.Concurrency)
}

func (c *config) showNATS() string { return cleanNATS(c.NATS) }

func (c *config) showProcesses() string { return strconv.Itoa(c.workers()) }

func (c *config) showSelect() string {
	var lines []string
	for _, s := range c.Select {
		lines = append(lines, s.String())
	}
	return strings.Join(lines, "\n")
}

func (c *config) showFormat() string { return string(c.Format) }

func (c *config) showFields() string { return cmp.Or(strings.Join(c.Fields, ","), "all") }

func (c *config) showErrors() string { return cmp.Or(c.Errors, sinks.ErrorsPath(c.Output)) }

func (c *config) showFailIf() string {
	if len(c.FailIf) == 0 {
		return "failed > 0"
	}
	var lines []string
	for _, rule := range c.FailIf {
		lines = append(lines, cmp.Or(rule.text, "never"))
	}
	return strings.Join(lines, "\n")
}

// showConfig are the files that were read.
func (c *config) showConfig() string { return strings.Join(c.read, "\n") }

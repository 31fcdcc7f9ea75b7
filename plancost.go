package main

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/dustin/go-humanize"

	"trawl/display"
)

// hostsText is the line of -n about hosts, with what the pause between two requests to
// one of them costs. Nothing is said of what the servers decide: how long they take,
// and what their robots.txt asks for.
func (c *config) hostsText(p plan) string {
	hosts, most := display.Plural(p.Hosts, "host", "hosts"), humanize.Comma(p.LargestCount)
	if p.MoreHosts {
		hosts, most = "more than "+hosts, "at least "+most
	}
	largest, needs := shown(p.Largest), c.needs(float64(p.LargestCount-1)*c.HostDelay.Seconds())
	switch {
	case p.Largest == "":
		return hosts
	case needs == "":
		return fmt.Sprintf("%s; the most, %s, from %s", hosts, most, largest)
	case p.Hosts == 1:
		return fmt.Sprintf("1 host; at these limits %s (%s URLs) needs %s", largest, most, needs)
	}
	return fmt.Sprintf("%s; at these limits the largest (%s, %s URLs) needs %s", hosts, largest, most, needs)
}

// rateCost says what --rate costs all URLs; "" is nothing.
func (c *config) rateCost(urls int64) string {
	if c.Rate == 0 {
		return ""
	}
	needs := c.needs(float64(urls-1) / c.Rate)
	if needs == "" {
		return ""
	}
	return fmt.Sprintf("%s URLs at %s a second need %s", humanize.Comma(urls), c.rateNumber(), needs)
}

// rateNumber is the rate a second as a person reads it.
func (c *config) rateNumber() string { return strconv.FormatFloat(c.Rate, 'g', 6, 64) }

// rateText is the same with its noun.
func (c *config) rateText() string {
	if c.Rate == 1 {
		return "1 request"
	}
	return c.rateNumber() + " requests"
}

// needs is the least time that so many seconds are, in words; "" if it is not worth a
// word. It says when --max-duration is shorter.
func (c *config) needs(seconds float64) string {
	if seconds < 1 {
		return ""
	}
	d := time.Duration(min(seconds, math.MaxInt64/2/1e9) * 1e9)
	words := "at least " + display.Span(d)
	if d >= time.Hour {
		words = "at least " + display.Span(d.Round(time.Minute))
	}
	if c.MaxDuration > 0 && c.MaxDuration < d {
		words += ", and --max-duration ends the run before"
	}
	return words
}

package main

import (
	"time"

	"github.com/dustin/go-humanize"

	"trawl/crawl"
	"trawl/display"
	"trawl/fetch"
)

// A measure is something of a run that a rule may be about.
type measure struct {
	form string                                              // how its values are written
	read func(string) (limit float64, share bool, err error) // a value
	of   func(*crawl.Summary) float64                        // what it is in a run: a count, bytes, seconds, pages a second
	tell func(*crawl.Summary) string                         // the same in words
}

// measureNames are the names of measures, as they are listed to users.
var measureNames = []string{
	"failed", "pages", "bytes", "retries", "changed", "skipped", "status_4xx", "status_5xx", "timeouts",
	"p50", "p90", "p95", "p99", "duration", "rate", "failed_ratio",
}

var measures = map[string]measure{
	"failed":     ofURLs("failed", failed),
	"pages":      ofURLs("are pages", func(sum *crawl.Summary) int64 { return sum.Pages }),
	"changed":    ofURLs("have changed", func(sum *crawl.Summary) int64 { return sum.Changed }),
	"skipped":    ofURLs("were skipped", func(sum *crawl.Summary) int64 { return sum.Skipped }),
	"status_4xx": ofURLs("ended with status 4xx", func(sum *crawl.Summary) int64 { return ended(sum, 4) }),
	"status_5xx": ofURLs("ended with status 5xx", func(sum *crawl.Summary) int64 { return ended(sum, 5) }),
	"timeouts":   ofURLs("timed out", func(sum *crawl.Summary) int64 { return sum.Classes[fetch.Timeout] }),

	"failed_ratio": {
		form: "a share, 0.01 or 1%,", read: readRatio,
		of:   func(sum *crawl.Summary) float64 { return shareOf(float64(sum.Failed), sum) },
		tell: func(sum *crawl.Summary) string { return tellURLs(sum.Failed, "failed", sum) },
	},
	"retries": {
		form: "a whole number", read: readWhole,
		of:   func(sum *crawl.Summary) float64 { return float64(sum.Retries) },
		tell: func(sum *crawl.Summary) string { return display.Plural(sum.Retries, "retry", "retries") },
	},
	"bytes": {
		form: "a size, 65536, 10MB or 10MiB,", read: readSize,
		of:   func(sum *crawl.Summary) float64 { return float64(sum.Bytes) },
		tell: func(sum *crawl.Summary) string { return display.Plural(sum.Bytes, "byte", "bytes") + " were fetched" },
	},
	"rate": {
		form: "pages a second, 10, 10/s or 600/m,", read: readRate,
		of: pagesPerSecond,
		tell: func(sum *crawl.Summary) string {
			return humanize.CommafWithDigits(pagesPerSecond(sum), 2) + " pages a second"
		},
	},
	"duration": ofTime("the run took", func(sum *crawl.Summary) time.Duration { return sum.Elapsed }),
	"p50":      ofTime("p50 is", func(sum *crawl.Summary) time.Duration { return sum.Latency.P50 }),
	"p90":      ofTime("p90 is", func(sum *crawl.Summary) time.Duration { return sum.Latency.P90 }),
	"p95":      ofTime("p95 is", func(sum *crawl.Summary) time.Duration { return sum.Latency.P95 }),
	"p99":      ofTime("p99 is", func(sum *crawl.Summary) time.Duration { return sum.Latency.P99 }),
}

func failed(sum *crawl.Summary) int64 { return sum.Failed }

// ofURLs is a number of URLs, which may be compared as a share of all.
func ofURLs(words string, count func(*crawl.Summary) int64) measure {
	return measure{
		form: "a whole number, or a share of all URLs: 100 or 1%,", read: readCount,
		of:   func(sum *crawl.Summary) float64 { return float64(count(sum)) },
		tell: func(sum *crawl.Summary) string { return tellURLs(count(sum), words, sum) },
	}
}

func tellURLs(n int64, words string, sum *crawl.Summary) string {
	return humanize.Comma(n) + " of " + display.Plural(sum.URLs(), "URL", "URLs") + " " + words
}

func ofTime(words string, took func(*crawl.Summary) time.Duration) measure {
	return measure{
		form: "seconds or a duration, 2, 500ms or 1h,", read: readSpan,
		of:   func(sum *crawl.Summary) float64 { return took(sum).Seconds() },
		tell: func(sum *crawl.Summary) string { return words + " " + display.Span(took(sum)) },
	}
}

// ended is how many URLs' last answers have a status of that hundred.
func ended(sum *crawl.Summary, hundred int) (n int64) {
	for _, s := range sum.Status {
		if s.Status/100 == hundred {
			n += s.Count
		}
	}
	return n
}

func pagesPerSecond(sum *crawl.Summary) float64 {
	if sum.Elapsed <= 0 {
		return 0
	}
	return float64(sum.Pages) / sum.Elapsed.Seconds()
}

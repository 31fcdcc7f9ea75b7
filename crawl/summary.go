package crawl

import (
	"time"

	"trawl/fetch"
	"trawl/parse"
)

// Summary is what a run has done. Each URL that has ended is in exactly one of
// Pages, Failed and Skipped.
type Summary struct {
	Started  time.Time
	Elapsed  time.Duration
	Stopped  string // what ended the run before its list did, in words: "--max-pages"; "" is nothing
	Whole    bool   // the run has met its whole list, and all is on disk: there is nothing to be resumed
	SideFile string // with Overwrite, the file that holds the records if the output was not replaced; else ""

	Pages     int64 // records that are successes
	Failed    int64 // records that are failures
	Skipped   int64 // no record by intention
	Remaining int64 // taken from the list and, since the run was stopped, not ended

	// What has become of URLs since an earlier run, in a run that compares; else all zero.
	// Those whose page is as it was are among Skips, as parse.Unchanged.
	New       int64 // pages that no earlier run has had, or that were gone
	Changed   int64 // pages that are others now
	Gone      int64 // failures where there was a page
	Unfetched int64 // bytes of the decoded bodies that servers did not send again

	Bytes     int64 // of decoded bodies, those that turned out to be unchanged too
	Retries   int64 // attempts after a URL's first
	Retried   int64 // URLs that had any
	RetriedOK int64 // those of them that have not failed

	ThrottledHosts int64         // hosts that have asked for a pause
	ThrottledTime  time.Duration // the sum of the hosts' pauses

	Status    []StatusCount         // last answers of the URLs that were asked for, by status, those without an answer last
	Responses map[string]int64      // all answers, those that were tried again too, by "2xx"
	Classes   map[fetch.Class]int64 // failures
	Skips     map[string]int64      // skipped, by reason
	Failures  []FailureGroup        // the commonest first
	BadLines  FailureGroup          // lines that are no URL; they are among Failures too

	Latency     Latency       // of the URLs that have an answer
	Slowest     []HostLatency // at most five, the slowest first
	HostsMissed bool          // there were more hosts than those that Slowest was chosen from
}

// URLs is how many have ended.
func (s *Summary) URLs() int64 { return s.Pages + s.Failed + s.Skipped }

// Unchanged is how many pages are as an earlier run knew them. They are among Skipped.
func (s *Summary) Unchanged() int64 { return s.Skips[parse.Unchanged] }

// StatusCount is how many records have this status; 0 is no answer.
type StatusCount struct {
	Status int
	Count  int64
}

// FailureGroup is a number of failures that read alike.
type FailureGroup struct {
	Label       string // "http 503 after 3 attempts", "timeout after 10 s", "no such host"
	Class       fetch.Class
	Count       int64
	FirstURL    string // of the one with the lowest position, without secrets
	FirstSource string // where that stands: "urls.txt:17"
}

// Latency is the duration of last attempts.
type Latency struct{ P50, P90, P95, P99, Max time.Duration }

// HostLatency is how long the pages of one host took.
type HostLatency struct {
	Host  string
	P95   time.Duration
	Pages int64
}

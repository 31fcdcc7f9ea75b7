package display

import (
	"encoding/json"
	"io"
	"math"

	"trawl/crawl"
	"trawl/fetch"
)

// metrics is a summary for programs. The names are those of the metrics, a label
// and its values are an object.
type metrics struct {
	LastRun   int64                 `json:"trawl_last_run_timestamp_seconds"`
	Exit      int                   `json:"trawl_last_exit_code"`
	Duration  float64               `json:"trawl_run_duration_seconds"`
	URLs      outcomes              `json:"trawl_urls_total"`
	Changes   *changed              `json:"trawl_changes_total,omitempty"` // of a run that compares
	Errors    map[fetch.Class]int64 `json:"trawl_errors_total"`
	Responses map[string]int64      `json:"trawl_responses_total"`
	Retries   int64                 `json:"trawl_retries_total"`
	Bytes     int64                 `json:"trawl_body_bytes_total"`
	Latency   *quantiles            `json:"trawl_request_duration_seconds,omitempty"`
}

type outcomes struct {
	Page      int64 `json:"page"`
	Failed    int64 `json:"failed"`
	Skipped   int64 `json:"skipped"`
	Remaining int64 `json:"remaining,omitempty"`
}

type changed struct {
	New       int64 `json:"new"`
	Changed   int64 `json:"changed"`
	Gone      int64 `json:"gone"`
	Unchanged int64 `json:"unchanged"`
}

type quantiles struct {
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// WriteSummaryJSON writes the summary as one JSON object on one line.
func WriteSummaryJSON(w io.Writer, sum crawl.Summary, end End) error {
	m := metrics{
		LastRun:   sum.Started.Add(sum.Elapsed).Unix(),
		Exit:      end.Exit,
		Duration:  milli(sum.Elapsed.Seconds()),
		URLs:      outcomes{Page: sum.Pages, Failed: sum.Failed, Skipped: sum.Skipped, Remaining: sum.Remaining},
		Errors:    orEmpty(sum.Classes),
		Responses: orEmpty(sum.Responses),
		Retries:   sum.Retries,
		Bytes:     sum.Bytes,
	}
	if end.Compared {
		m.Changes = &changed{New: sum.New, Changed: sum.Changed, Gone: sum.Gone, Unchanged: sum.Unchanged()}
	}
	if l := sum.Latency; l.Max > 0 {
		m.Latency = &quantiles{
			P50: micro(l.P50.Seconds()), P90: micro(l.P90.Seconds()), P95: micro(l.P95.Seconds()),
			P99: micro(l.P99.Seconds()), Max: micro(l.Max.Seconds()),
		}
	}
	line, err := json.Marshal(m)
	if err != nil {
		return err
	}
	_, err = w.Write(append(line, '\n'))
	return err
}

// orEmpty makes an object of no counts, not null.
func orEmpty[K comparable](counts map[K]int64) map[K]int64 {
	if counts == nil {
		return map[K]int64{}
	}
	return counts
}

// micro leaves six decimals.
func micro(v float64) float64 { return math.Round(v*1e6) / 1e6 }

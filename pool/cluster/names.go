package cluster

import (
	"fmt"
	"strings"
)

// names are a run's on its server.
type names struct{ run string }

func (n names) jobsStream() string    { return "trawl_" + n.run + "_jobs" }
func (n names) resultsStream() string { return "trawl_" + n.run + "_results" }

// subject is of what is stored (jobs, results), of what a worker asks the coordinator (hello,
// status, remain, failed), or of what the coordinator tells all workers (cancel, end).
func (n names) subject(what string) string { return "trawl." + n.run + "." + what }

const (
	jobs    = "jobs"
	results = "results"
	hello   = "hello"
	status  = "status"
	remain  = "remain"
	failed  = "failed"
	cancel  = "cancel"
	end     = "end"

	anyJobs = "trawl.*.jobs"

	// news has nothing in it: a run has begun, and workers that have none may look.
	news = "trawl.news"

	workersConsumer     = "workers"     // of the jobs
	coordinatorConsumer = "coordinator" // of the results
)

// runOf is the run of a stream of jobs.
func runOf(stream string) (run string, ok bool) {
	run, ok = strings.CutPrefix(stream, "trawl_")
	if ok {
		run, ok = strings.CutSuffix(run, "_jobs")
	}
	return run, ok && checkRun(run) == nil
}

func checkRun(run string) error {
	if run == "" || len(run) > 200 || strings.ContainsFunc(run, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) {
		return fmt.Errorf("%q is no name of a run: it has letters, digits, - and _", run)
	}
	return nil
}

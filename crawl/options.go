package crawl

import (
	"time"

	"trawl/fetch"
	"trawl/parse"
	"trawl/pool"
	"trawl/robots"
	"trawl/sinks"
)

// DefaultOutput is the results file of who names none.
const DefaultOutput = "db.txt"

// Options of a run. The zero value fetches politely into db.txt.
type Options struct {
	Stage  fetch.StageOptions  // who may be asked when
	Client fetch.ClientOptions // how; Accept and Follow are taken from Stage, whose Agent is taken from it

	// Parse is what is taken from a page beside its size. Header, Title and Digest are
	// switched on for a format that has them.
	Parse parse.Options

	// Output is where the records go. OnCommit and Figures are Crawl's own. With Resume
	// the list must have been told so too, see [List.Resume].
	Output sinks.Options

	// ParsePage is called instead of [parse.ParsePage]; nil is that. With Processes it
	// must be nil: what parses there is what the worker's program gives to [Serve].
	ParsePage ParsePage

	Processes *ProcessOptions // has pages fetched and parsed in worker processes; nil: in this one

	// Elsewhere makes the engine on which jobs run; nil: in this process, or in Processes. The
	// engine is Crawl's, which closes it. With Elsewhere ParsePage and Processes must be nil: workers
	// have their own, see [NewWorker]; and Stage.Concurrency is at most what the engine says that
	// it takes ([Jobs].Resize), 0 is no less.
	Elsewhere func(Jobs) (pool.Engine[fetch.Request, Parsed], error)

	MaxDuration time.Duration       // no request is started after it; 0 is no limit
	OnRecord    func(*parse.Record) // of each record when it is on disk, one at a time; must not keep it
	Reopen      <-chan struct{}     // each value has the files opened anew by name, after they were moved; nil: never
	ExitCode    func(Summary) int   // what the program will exit with, for formats that keep it; nil is 0
	Stats       *Stats              // counts the run, for who wants to watch it; nil: Crawl makes one
}

// withDefaults fills in what one part takes from another.
func (o Options) withDefaults() Options {
	if o.Output.Output == "" {
		o.Output.Output = DefaultOutput
		o.Output.Errors = sinks.ErrorsPath(DefaultOutput)
	}
	if o.Output.Format == "" {
		o.Output.Format = sinks.FormatOf(o.Output.Output)
	}
	if o.Output.Run == "" {
		o.Output.Run = NewRunID(time.Now())
	}
	if o.Stage.Concurrency == 0 && o.Elsewhere == nil {
		o.Stage.Concurrency = fetch.DefaultConcurrency
	}
	if o.Stage.Agent == "" {
		o.Stage.Agent = robots.Agent(o.Client.Agent())
	}
	o.Client.Accept = o.Stage.Accept
	o.Client.Follow = o.Stage.MaxRedirects >= 0
	records := o.Output.Format != sinks.Text && o.Output.Format != sinks.WARC
	o.Parse.Header = o.Parse.Header || records
	o.Parse.Title = o.Parse.Title || records
	o.Parse.Digest = o.Parse.Digest || records
	if o.Output.Pages != nil { // by which pages are compared
		o.Parse.Header, o.Parse.Fingerprint = true, true
	}
	o.Output.KeepOrder = o.Output.KeepOrder || o.Stage.KeepOrder
	o.Stage.KeepOrder = o.Output.KeepOrder
	if o.Stats == nil {
		o.Stats = NewStats()
	}
	return o
}

package main

import (
	"crypto/x509"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"trawl/fetch"
	"trawl/parse"
	"trawl/sinks"
)

// config is what a command line and its environment ask for, checked. Each
// field is the option of its name in flags.go.
type config struct {
	Args []string // what to fetch, in order: pages, names of lists, "-"

	Dedupe     bool
	MaxPages   int64 // 0 is all
	AllowEmpty bool

	Method         string
	Header         []fetch.Field // an empty Value takes a default field away
	UserAgent      string        // "" is fetch's own
	Proxy          *url.URL      // nil is what the environment says
	Timeout        time.Duration
	ConnectTimeout time.Duration
	MaxRedirects   int   // 0 is do not follow
	MaxSize        int64 // bytes
	Accept         fetch.StatusSet
	HTTP           fetch.Version
	Insecure       bool
	RootCAs        *x509.CertPool    // the system's and those of --cacert; nil without that
	Resolve        map[string]string // "host:port" → IP address; nil is none

	Concurrency     int
	HostConcurrency int
	Rate            float64 // request starts a second; 0 is no limit
	HostDelay       time.Duration
	Retries         int // 0 is one attempt
	RetryWait       time.Duration
	RetryMaxWait    time.Duration
	RetryOn         fetch.RetryOn
	MaxDuration     time.Duration // 0 is no limit

	Select []parse.Selector

	Output    string // as given, see outputFile; "-" is standard output
	Format    sinks.Format
	JSON      bool // has done its work on Output and Format
	Overwrite bool
	Errors    string // as given, see errorsFile; "" is by the output's name
	KeepOrder bool

	Quiet    int // 0 to 2
	Verbose  int // 0 to 2
	Progress string
	Summary  string
	Color    string

	DryRun bool

	from           map[string]string // option name → "option -c" or "TRAWL_CONCURRENCY"; the others have their defaults
	afterOverwrite string            // the argument right behind -O, which takes no value
}

// byOption reports whether the option was set on the command line.
func (c *config) byOption(name string) bool { return strings.HasPrefix(c.from[name], "option ") }

// where says where the option's value comes from, for a message: "option -o",
// "TRAWL_OUTPUT". A default has the option that would change it.
func (c *config) where(name string) string {
	if from := c.from[name]; from != "" {
		return from
	}
	for _, o := range new(config).table() {
		if o.name == name {
			return "option " + o.spelling()
		}
	}
	return ""
}

// settle finds what follows from several options together.
func (c *config) settle() error {
	if c.JSON {
		if err := c.settleJSON(); err != nil {
			return err
		}
	}
	if c.Output == "" {
		c.Output = defaultOutput
	}
	if c.Format == "" {
		c.Format = sinks.FormatOf(c.Output)
	}
	if c.Errors != "" && c.Errors != "none" && filepath.Clean(c.Errors) == filepath.Clean(c.Output) {
		return usage("--errors and --output are the same file: "+shown(c.Output)+" ("+c.where("errors")+")",
			"Give the failures a file of their own, or --errors none.")
	}
	return nil
}

// settleJSON gives -j its meaning. An option wins over a variable of the other
// name; two options must agree.
func (c *config) settleJSON() error {
	if c.byOption("format") && c.Format != sinks.JSONL {
		if c.byOption("json") {
			return usage("--json and --format "+string(c.Format)+" contradict each other ("+c.where("json")+")",
				"Leave one of them out.")
		}
		c.JSON = false
		return nil
	}
	c.Format = sinks.JSONL
	if c.Output == "" {
		c.Output = "-"
	}
	return nil
}

const defaultOutput = "db.txt"

// expand fills the placeholders of a file name: {date} and {time} of the start
// as at's clock shows it (2026-11-22, 092439), {run} the run's id.
func expand(name, run string, at time.Time) string {
	return strings.NewReplacer(
		"{date}", at.Format("2006-01-02"),
		"{time}", at.Format("150405"),
		"{run}", run,
	).Replace(name)
}

// outputFile is the name of the results file; "-" is standard output.
func (c *config) outputFile(run string, at time.Time) string { return expand(c.Output, run, at) }

// errorsFile is the name of the errors file, "" if there is none. Unless one
// is asked for, an output that is no regular file has none.
func (c *config) errorsFile(run string, at time.Time) string {
	switch c.Errors {
	case "none":
		return ""
	case "":
		return sinks.ErrorsPath(c.outputFile(run, at))
	}
	return expand(c.Errors, run, at)
}

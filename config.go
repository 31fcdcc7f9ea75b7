package main

import (
	"cmp"
	"net/url"
	"runtime"
	"strings"
	"time"

	"trawl/crawl"
	"trawl/fetch"
	"trawl/parse"
	"trawl/sinks"
)

// config is what a command line and its environment ask for, checked. Each field
// is the option of that name in flags.go.
type config struct {
	command string   // "crawl" or "worker"; "" is one that is done
	Args    []string // what to fetch, in order: pages, names of lists, "-"

	Dedupe      bool
	Resume      bool
	RetryFailed bool
	MaxPages    int64 // 0 is all
	Shard       crawl.Share
	AllowEmpty  bool
	Robots      fetch.RobotsRule

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
	CACert         []byte            // the file of --cacert; nil is none
	Resolve        map[string]string // "host:port" → IP address; nil is none
	DenyPrivate    bool

	Concurrency     int
	HostConcurrency int
	Rate            float64 // request starts a second; 0 is no limit
	HostDelay       time.Duration
	Retries         int // 0 is one attempt
	RetryWait       time.Duration
	RetryMaxWait    time.Duration
	RetryOn         fetch.RetryOn
	HostMaxErrors   int           // 0 is never
	MaxDuration     time.Duration // 0 is no limit

	Executor      string // inThreads, inProcesses or inCluster
	Processes     int    // 0 is one for each processor
	ProcessMemory int64  // bytes
	NATS          string // as given, with its secrets; "" is a server of our own
	NATSListen    string // "" is a free port of this machine alone
	NATSReplicas  int

	Select []parse.Selector

	Output    string // as given (see outputFile); "-" is standard output
	Format    sinks.Format
	JSON      bool     // settle has applied it to Output and Format
	Fields    []string // of jsonl and csv; nil is all
	Overwrite bool
	Errors    string // as given (see errorsFile); "" is named after the output
	KeepOrder bool

	Quiet    int // 0 to 2
	Verbose  int // 0 to 2
	Progress string
	Summary  string
	Color    string

	Lock            string // one of lockFail and the like
	IfChanged       bool
	ErrorOnNoChange bool // only with IfChanged
	FailIf          []failRule
	MetricsTextfile string // "" is none

	ConfigFile string // "" is those that are found
	NoConfig   bool
	DryRun     bool

	WorkerRun string // of trawl worker: the run that it is for; "" is any
	Once      bool   // of trawl worker

	from           map[string]origin // of each option that has not its default
	read           []string          // the configuration files that were read
	caCertFile     string
	afterOverwrite string // the argument right behind -O, which takes no value
}

// workers is how many worker processes there are with inProcesses.
func (c *config) workers() int { return cmp.Or(c.Processes, runtime.GOMAXPROCS(0)) }

// bound is how many requests may be in flight in a cluster, as somebody has asked for; 0
// is as many as the workers take.
func (c *config) bound() int {
	if c.from["concurrency"].rank == fromDefault {
		return 0
	}
	return c.Concurrency
}

// An origin is where an option's value comes from.
type origin struct {
	rank rank
	text string // "option -c", "TRAWL_CONCURRENCY", "trawl.toml:5"
}

// A rank says which of several origins counts: the highest.
type rank int

const (
	fromDefault rank = iota
	fromSystem       // a configuration file for all users
	fromUser         // one of the user
	fromHere         // one in the current folder, that was only found
	fromNamed        // the one that --config names
	fromVariable
	fromLine
)

// code is what the program exits with because of a wrong value.
func (o origin) code() int {
	if o.rank == fromLine {
		return exitUsage
	}
	return exitConfig
}

// byOption reports whether the option was set on the command line.
func (c *config) byOption(name string) bool { return c.from[name].rank == fromLine }

// where says where the option's value comes from, for a message: "option -o",
// "TRAWL_OUTPUT", "trawl.toml:5". For a default it names the option that would
// change it.
func (c *config) where(name string) string {
	if from := c.from[name]; from.text != "" {
		return from.text
	}
	for _, o := range new(config).table() {
		if o.name == name {
			return "option " + o.spelling()
		}
	}
	return ""
}

// The choices of --executor.
const (
	inThreads   = "thread"
	inProcesses = "process"
	inCluster   = "cluster"
)

// The choices of --lock.
const (
	lockFail = "fail"
	lockWait = "wait"
	lockSkip = "skip"
	lockOff  = "off"
)

const defaultOutput = crawl.DefaultOutput

// expand fills in the placeholders of a file name: {date} and {time} of at, in its
// own time zone (2026-11-22, 092439), and {run}, the run's id.
func expand(name, run string, at time.Time) string {
	return strings.NewReplacer(
		"{date}", at.Format("2006-01-02"),
		"{time}", at.Format("150405"),
		"{run}", run,
	).Replace(name)
}

// outputFile is the name of the results file; "-" is standard output.
func (c *config) outputFile(run string, at time.Time) string { return expand(c.Output, run, at) }

// errorsFile is the name of the errors file, "" if there is none. By default an
// output that is not a regular file has none.
func (c *config) errorsFile(run string, at time.Time) string {
	switch c.Errors {
	case "none":
		return ""
	case "":
		return sinks.ErrorsPath(c.outputFile(run, at))
	}
	return expand(c.Errors, run, at)
}

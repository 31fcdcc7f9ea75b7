package main

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"trawl/fetch"
	"trawl/sinks"
)

// An option is one line of the table from which everything about options is made:
// the command line, the environment, the help.
type option struct {
	group  string // its heading in the help
	name   string // the long name
	short  string // the letter, "" if it has none
	arg    string // placeholder of its value; "" if it takes none
	preset string // its value if it is not given, as a user would write it
	shown  string // what the help says instead of preset
	usage  string
	off    string // the value that users look for as --no-name

	many  bool // may be given several times, and each counts
	named bool // the value is the name of a file
	risky bool // changes whom trawl trusts and what it tells them: not for a file that was only found

	kind // without a set, it stands for a command
}

// The groups of options, in their order.
var groups = []string{"INPUT", "REQUEST", "RATE AND RETRY", "EXECUTOR", "PARSE", "OUTPUT", "DISPLAY", "CRON", "CONFIG", "OTHER"}

// table is the table of all options. The set functions store into c.
func (c *config) table() []option {
	const atLeast = time.Millisecond // where a zero would read as "the default"
	return []option{
		{group: "INPUT", name: "dedupe", kind: onOffFlag(&c.Dedupe),
			usage: "skip a URL already seen in this run (at most 16 bytes of memory a URL)"},
		{group: "INPUT", name: "resume", kind: onOffFlag(&c.Resume),
			usage: "go on where the last run of this output stopped; just start if none did"},
		{group: "INPUT", name: "retry-failed", kind: onOffFlag(&c.RetryFailed),
			usage: "fetch the failed URLs of the last run of this output again, instead of a list"},
		{group: "INPUT", name: "max-pages", arg: "N", preset: "0", shown: "0, all", kind: numberFlag(&c.MaxPages, 0, math.MaxInt64),
			usage: "take N URLs from the list, then finish"},
		{group: "INPUT", name: "shard", arg: "I/N", preset: "1/1", shown: "1/1, all", kind: kind{c.setShard, c.showShard},
			usage: "only the hosts of this share of the list (I from 1); other lines are in no count, seq stays the list's"},
		{group: "INPUT", name: "allow-empty", kind: onOffFlag(&c.AllowEmpty),
			usage: "an empty input is success"},
		{group: "INPUT", name: "robots", off: "never", arg: "WHEN", preset: "auto", kind: kind{c.setRobots, c.showRobots},
			usage: "obey robots.txt: auto, for links that trawl follows itself, not for the URLs that you list; always, for all; never"},

		{group: "REQUEST", name: "method", short: "X", arg: "M", preset: "GET", kind: kind{c.setMethod, textOf(&c.Method)},
			usage: "request method"},
		{group: "REQUEST", name: "header", short: "H", risky: true, arg: "'N: V'", many: true, kind: kind{c.addHeader, c.showHeader},
			usage: "add a header; 'N:' takes a default one away; @FILE reads headers from a file (secrets), one a line"},
		{group: "REQUEST", name: "user-agent", short: "A", arg: "S", shown: fetch.DefaultUserAgent, kind: kind{c.setUserAgent, c.showUserAgent},
			usage: "who is asking"},
		{group: "REQUEST", name: "proxy", short: "x", risky: true, arg: "URL", shown: "$HTTPS_PROXY, $HTTP_PROXY, $NO_PROXY", kind: kind{c.setProxy, c.showProxy},
			usage: "http, https or socks5 proxy"},
		{group: "REQUEST", name: "timeout", short: "t", arg: "D", preset: "30s", kind: durationFlag(&c.Timeout, atLeast),
			usage: "each attempt: DNS to last byte, including redirects, not the wait for a host's turn"},
		{group: "REQUEST", name: "connect-timeout", arg: "D", preset: "10s", kind: durationFlag(&c.ConnectTimeout, atLeast),
			usage: "DNS, TCP and TLS"},
		{group: "REQUEST", name: "max-redirects", arg: "N", preset: "10", kind: numberFlag(&c.MaxRedirects, 0, 1000),
			usage: "redirects of one URL; 0 is do not follow"},
		{group: "REQUEST", name: "max-size", arg: "SIZE", preset: "10MiB", kind: sizeFlag(&c.MaxSize, 1, "1 byte or more"),
			usage: "a longer decoded body fails as too_large"},
		{group: "REQUEST", name: "accept", arg: "CODES", preset: "200-299", kind: kind{c.setAccept, c.showAccept},
			usage: "statuses that are a success: 200-299,404"},
		{group: "REQUEST", name: "http", arg: "VERSION", preset: "auto", kind: kind{c.setHTTP, c.showHTTP},
			usage: "protocol version: auto, 1.1 or 2"},
		{group: "REQUEST", name: "insecure", short: "k", risky: true, kind: onOffFlag(&c.Insecure),
			usage: "take any certificate; warns once"},
		{group: "REQUEST", name: "cacert", risky: true, named: true, arg: "FILE", shown: "the system's", kind: kind{c.setCACert, textOf(&c.caCertFile)},
			usage: "trust the certificates in this file too"},
		{group: "REQUEST", name: "resolve", risky: true, arg: "HOST:PORT:ADDR", many: true, kind: kind{c.addResolve, c.showResolve},
			usage: "use this address for that host and port"},
		{group: "REQUEST", name: "deny-private", kind: onOffFlag(&c.DenyPrivate),
			usage: "no connection to loopback, private, link-local or metadata addresses (class denied); not with a proxy"},

		{group: "RATE AND RETRY", name: "concurrency", short: "c", arg: "N", preset: "128", kind: kind{numberFlag(&c.Concurrency, 1, 65535).set, c.showConcurrency},
			usage: "requests in flight, all hosts together; cluster: at most, where the default is what all workers take"},
		{group: "RATE AND RETRY", name: "host-concurrency", arg: "N", preset: "8", kind: numberFlag(&c.HostConcurrency, 1, 65535),
			usage: "requests in flight per host"},
		{group: "RATE AND RETRY", name: "rate", short: "r", arg: "N[/s|/m|/h]", preset: "0", shown: "0, no limit", kind: rateFlag(&c.Rate),
			usage: "request starts, all hosts together"},
		{group: "RATE AND RETRY", name: "host-delay", arg: "D", preset: "0", kind: durationFlag(&c.HostDelay, 0),
			usage: "pause after a request to a host before its next; with it a host has one request in flight"},
		{group: "RATE AND RETRY", name: "retries", arg: "N", preset: "2", kind: numberFlag(&c.Retries, 0, 1000),
			usage: "attempts after the first; 0 is one attempt"},
		{group: "RATE AND RETRY", name: "retry-wait", arg: "D", preset: "1s", kind: durationFlag(&c.RetryWait, atLeast),
			usage: "pause before the first retry; doubles, ±20 %"},
		{group: "RATE AND RETRY", name: "retry-max-wait", arg: "D", preset: "1m", kind: durationFlag(&c.RetryMaxWait, atLeast),
			usage: "longest such pause, also for Retry-After"},
		{group: "RATE AND RETRY", name: "retry-on", arg: "LIST", preset: fetch.DefaultRetryOn.String(),
			kind: kind{c.setRetryOn, c.showRetryOn}, usage: "what is worth another try"},
		{group: "RATE AND RETRY", name: "host-max-errors", arg: "N", preset: "20", kind: numberFlag(&c.HostMaxErrors, 0, 1_000_000),
			usage: "connection failures in a row, then the rest of that host fails as host_down; 0 is never"},
		{group: "RATE AND RETRY", name: "max-duration", arg: "D", preset: "0", shown: "0, no limit", kind: durationFlag(&c.MaxDuration, 0),
			usage: "no new requests after D; finish those in flight"},

		{group: "EXECUTOR", name: "executor", arg: "WHERE", preset: inThreads, kind: choiceFlag(&c.Executor, inThreads, inProcesses, inCluster),
			usage: "where pages are fetched and parsed: thread, in this process; process, in worker processes; cluster, by trawl worker, on any machines"},
		{group: "EXECUTOR", name: "processes", arg: "N", shown: "number of CPUs", kind: kind{numberFlag(&c.Processes, 1, 1024).set, c.showProcesses},
			usage: "worker processes; -c stays the total, over all of them"},
		{group: "EXECUTOR", name: "process-memory", arg: "SIZE", preset: "512MiB", kind: sizeFlag(&c.ProcessMemory, 64<<20, "64MiB or more"),
			usage: "a worker process that grows past it is ended and replaced"},
		{group: "EXECUTOR", name: "nats", risky: true, arg: "URL", shown: "a server in this process", kind: kind{c.setNATS, c.showNATS},
			usage: "cluster: over this NATS server, or these of one cluster, with commas; trawl help worker"},
		{group: "EXECUTOR", name: "nats-listen", risky: true, arg: "ADDR:PORT", shown: "a free port of 127.0.0.1", kind: kind{c.setNATSListen, textOf(&c.NATSListen)},
			usage: "cluster: where the server in this process is for workers of other machines, with TLS; -v prints their command line"},
		{group: "EXECUTOR", name: "nats-replicas", arg: "N", preset: "1", kind: numberFlag(&c.NATSReplicas, 1, 5),
			usage: "cluster: on how many servers of --nats what is under way is kept"},

		{group: "PARSE", name: "select", arg: "NAME=CSS[@ATTR]", many: true, kind: kind{c.addSelect, c.showSelect},
			usage: "data.NAME of a JSON record: the texts of all matches, or the values of ATTR"},

		{group: "OUTPUT", name: "output", short: "o", named: true, arg: "FILE", shown: defaultOutput, kind: nameFlag(&c.Output),
			usage: "results; - is standard output; {date}, {time} and {run} in the name are filled in"},
		{group: "OUTPUT", name: "format", short: "f", arg: "FMT", shown: "by extension, else text", kind: kind{c.setFormat, c.showFormat},
			usage: "results format: " + orList(formatNames())},
		{group: "OUTPUT", name: "json", short: "j", kind: onOffFlag(&c.JSON),
			usage: "same as -f jsonl; with -o unset also -o -"},
		{group: "OUTPUT", name: "fields", arg: "A,B,...", shown: "all, of csv " + strconv.Itoa(len(sinks.CSVFields())), kind: kind{c.setFields, c.showFields},
			usage: "columns of jsonl and csv, in this order"},
		{group: "OUTPUT", name: "overwrite", short: "O", kind: onOffFlag(&c.Overwrite), shown: "append",
			usage: "replace the output, when the run has ended whole and not every URL failed"},
		{group: "OUTPUT", name: "errors", off: "none", named: true, arg: "FILE|none", shown: "NAME.errors.jsonl beside the output", kind: kind{c.setErrors, c.showErrors},
			usage: "failed URLs, usable as input"},
		{group: "OUTPUT", name: "keep-order", kind: onOffFlag(&c.KeepOrder),
			usage: "results in input order"},

		{group: "DISPLAY", name: "quiet", short: "q", kind: countFlag(&c.Quiet),
			usage: "only errors behind a non-zero exit; -qq: nothing"},
		{group: "DISPLAY", name: "verbose", short: "v", kind: countFlag(&c.Verbose),
			usage: "retries, redirects, throttling; -vv: headers and timings"},
		{group: "DISPLAY", name: "progress", off: "none", arg: "WHAT", preset: "auto", kind: choiceFlag(&c.Progress, "auto", "bar", "lines", "json", "none"),
			usage: "auto, bar, lines, json or none"},
		{group: "DISPLAY", name: "summary", off: "never", arg: "WHEN", preset: "auto", kind: choiceFlag(&c.Summary, "auto", "always", "never", "json"),
			usage: "at the end: auto, always, never or json"},
		{group: "DISPLAY", name: "color", off: "never", arg: "WHEN", preset: "auto", kind: choiceFlag(&c.Color, "auto", "always", "never"),
			usage: "auto, always or never"},

		{group: "CRON", name: "lock", off: "off", arg: "HOW", preset: lockFail, kind: choiceFlag(&c.Lock, lockFail, lockWait, lockSkip, lockOff),
			usage: "if another run has this output: fail, with exit code 11; wait; skip, with exit code 0; off, no lock and no state"},
		{group: "CRON", name: "if-changed", kind: onOffFlag(&c.IfChanged),
			usage: "write only pages that are new or have changed since the last run of this output; what it knows of them is in NAME.pages"},
		{group: "CRON", name: "error-on-no-change", kind: onOffFlag(&c.ErrorOnNoChange),
			usage: "exit code 9 if --if-changed has found nothing new, changed or gone"},
		{group: "CRON", name: "fail-if", off: "never", arg: "EXPR", many: true, shown: "failed > 0, exit code 4", kind: kind{c.addFailIf, c.showFailIf},
			usage: "exit code 99 if this holds at the end, such as 'failed > 1%', instead of 4 and 5; never: failed URLs are no failure"},
		{group: "CRON", name: "metrics-textfile", named: true, arg: "FILE.prom", shown: "none", kind: nameFlag(&c.MetricsTextfile),
			usage: "write the run's metrics at the end, for node_exporter"},

		{group: "CONFIG", name: "config", arg: "FILE", shown: "what is found", kind: kind{nameFlag(&c.ConfigFile).set, c.showConfig},
			usage: "read options from this file instead of ./trawl.toml and the user's and the system's trawl/config.toml"},
		{group: "CONFIG", name: "no-config", kind: onOffFlag(&c.NoConfig),
			usage: "read no configuration file"},
		{group: "CONFIG", name: "dry-run", short: "n", kind: onOffFlag(&c.DryRun),
			usage: "print what would be fetched, with which limits and outputs; fetch nothing, make no file"},

		{group: "OTHER", name: "version", short: "V", usage: "print the version"},
		{group: "OTHER", short: "h", usage: "the short help"},
		{group: "OTHER", name: "help", usage: "this help"},
	}
}

// takesValue reports whether a value must follow the option.
func (o option) takesValue() bool { return o.arg != "" }

// canBeNegated reports whether the option has a --no- form.
func (o option) canBeNegated() bool {
	return o.set != nil && !o.takesValue() && !strings.HasPrefix(o.name, "no-")
}

// spelling is the shortest way to write the option.
func (o option) spelling() string {
	if o.short != "" {
		return "-" + o.short
	}
	return "--" + o.name
}

// variable is the environment variable that stands for the option.
func (o option) variable() string {
	return "TRAWL_" + strings.ToUpper(strings.ReplaceAll(o.name, "-", "_"))
}

// flags makes the table a command's flags. An option that the line gives is not
// looked up in the environment: the line replaces what is set there.
func (l *line) flags(c *config, table []option) []cli.Flag {
	var flags []cli.Flag
	for _, o := range table {
		if o.set == nil {
			continue
		}
		s := &setting{option: o, config: c, line: l}
		flag := &cli.GenericFlag{Name: o.name, Value: s}
		for _, g := range l.given {
			if g.name == o.name {
				s.spelled = append(s.spelled, g.spelled)
			}
		}
		if s.spelled == nil {
			flag.EnvVars = []string{o.variable()}
		}
		flags = append(flags, flag)
	}
	return flags
}

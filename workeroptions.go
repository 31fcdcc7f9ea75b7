package main

import "slices"

// fromCrawl are the options of `trawl worker` that a crawl has too.
var fromCrawl = []string{
	"nats", "concurrency", "executor", "processes", "process-memory", "quiet", "verbose", "config", "no-config", "help",
}

// workerTable is the table of the options of `trawl worker`.
func (c *config) workerTable() (options []option) {
	for _, o := range c.table() {
		switch o.name {
		case "nats":
			o.shown, o.usage = "", "the server, or the servers of one cluster, with commas; needed"
		case "concurrency":
			o.usage = "pages in flight here; of each host what the runs allow"
		case "executor":
			o.usage = "thread, in this process; process, in worker processes, so that a page that crashes its parser costs one of those"
		case "processes":
			o.usage = "worker processes; -c stays the total, over all of them"
		case "quiet":
			o.usage = "no log; only errors behind a non-zero exit; -qq: nothing"
		case "verbose":
			o.usage = "more in the log"
		}
		if slices.Contains(fromCrawl, o.name) || o.short == "h" {
			options = append(options, o)
		}
	}
	return append(options, c.ownOfWorker()...)
}

// ownOfWorker are the options that nothing but `trawl worker` has.
func (c *config) ownOfWorker() []option {
	return []option{
		{group: "WORKER", name: "run", arg: "ID", shown: "any, the oldest first", kind: kind{c.setWorkerRun, textOf(&c.WorkerRun)},
			usage: "fetch for this run alone"},
		{group: "WORKER", name: "once", kind: onOffFlag(&c.Once),
			usage: "end when the first run has ended"},
	}
}

// optionsOf is the table of a command's options; of one that has hardly any, the crawl's.
func (c *config) optionsOf(command string) []option {
	if command == workerCommand {
		return c.workerTable()
	}
	return c.table()
}

// setWorkerRun is the set function of --run.
func (c *config) setWorkerRun(s string) error {
	if s == "" || len(s) > 64 || slices.ContainsFunc([]byte(s), func(b byte) bool {
		return !('a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == '-' || b == '_')
	}) {
		return isNot(s, "the id of a run", "Use what the coordinator says of it with -v: 20261122T092439Z-7f3a.")
	}
	c.WorkerRun = s
	return nil
}

// settleWorker works out what the options of `trawl worker` mean together.
func (c *config) settleWorker() error {
	switch {
	case len(c.Args) > 0:
		return usage("worker takes no lists and no URLs: "+shown(c.Args[0]),
			"It fetches what the runs on its server have: trawl help worker. A list of that name is ./worker.")
	case c.NATS == "":
		return usage("worker needs the address of a server (option --nats)",
			"Use "+natsForm+".", "A run with --executor cluster -v prints the whole command line.")
	case c.Executor != inCluster: // settleExecutor looks after the rest
	case c.byOption("executor"):
		return usage("--executor cluster is for the run, which workers serve (option --executor)", "Use thread or process, or leave --executor out.")
	default:
		c.Executor = inThreads // a variable or a file is for the runs of this machine
	}
	for _, name := range []string{"processes", "process-memory"} {
		if c.Executor != inProcesses && c.byOption(name) {
			return c.onlyWith(inProcesses, "worker processes", name)
		}
	}
	return nil
}

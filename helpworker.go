package main

import "strings"

// workerHelp is about a run on many machines: the command that serves it, and its options.
func workerHelp() string {
	var b strings.Builder
	b.WriteString(`trawl worker --nats URL [options]

Fetch and parse for the runs that are on a NATS server (with JetStream), until
it is stopped: the oldest first, then the next, then whatever comes. A run is
on its server with

  trawl urls.txt --executor cluster --nats URL

and its results, exit code and limits are as on one machine: the run alone reads
the list, decides what each host may be asked, and writes. Without --nats a run
has a server of its own in its process, and one worker beside it. With

  trawl urls.txt --executor cluster --nats-listen :4222 -v

that server is there for other machines, with TLS, and the run prints the line
to be pasted there. It holds a password: in TRAWL_NATS, instead of --nats, it is
not in the list of processes. Between both the same trawl is needed.

A worker may come and go at any time. What it had in hand when it died is
fetched by others; a page that kills every worker that takes it fails alone, as
worker_lost. Headers, timeouts and the like come from the run, secrets among
them only over TLS or on one machine. A server that is gone is waited for.

Ctrl-C finishes what was taken, and the exit code is 0: nothing is left undone.
A second one ends it at once, with 130 (SIGTERM: 143); others then do the rest.
If its server is gone then, it ends after a few seconds, with 10.
The log is on standard error. -c is bounded by the open files that are allowed.

`)
	for _, o := range new(config).workerTable() {
		o.writeHelp(&b)
	}
	return b.String()
}

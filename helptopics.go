package main

import (
	"fmt"
	"slices"
	"strings"

	"trawl/sinks"
)

// The pages of `trawl help` about what is neither an option nor a command.

const environmentHelp = `Every option has a variable: TRAWL_ and its long name in capitals, with _ for -.

  TRAWL_CONCURRENCY=50       as --concurrency 50
  TRAWL_DEDUPE=true          as --dedupe; false as --no-dedupe
  TRAWL_SELECT               of an option that may be repeated: one value a line

What counts is the first of these that has the option. Lists replace, they do
not add up.

  1. the option
  2. its TRAWL_ variable
  3. the file of --config or TRAWL_CONFIG; if there is none,
  4. trawl.toml in this folder
  5. $XDG_CONFIG_HOME/trawl/config.toml   [~/.config/trawl/config.toml]
  6. trawl/config.toml in each of $XDG_CONFIG_DIRS   [/etc/trawl/config.toml]
  7. the default

'trawl config' prints every value and where it comes from; 'trawl help config'
says what such a file looks like.

Also read:

  HTTP_PROXY HTTPS_PROXY NO_PROXY       proxies, if --proxy names none; in small
                                        letters, too
  NO_COLOR FORCE_COLOR CLICOLOR_FORCE   colour, if --color is auto
  TERM COLUMNS                          what the terminal can do, and its width
  XDG_CACHE_HOME                        robots.txt files, kept for a day
  SSL_CERT_FILE SSL_CERT_DIR            the system's certificates
  GOMEMLIMIT                            the memory that Go may use

What a NATS server of yours is to be told, beside --nats, as its own tools read
it; a password in --nats can be seen in the list of processes, these cannot:

  NATS_USER NATS_PASSWORD NATS_TOKEN    who is asking
  NATS_CREDS NATS_NKEY                  files that say so
  NATS_CA NATS_CERT NATS_KEY            files: who may sign the server's
                                        certificate, our own, and its key
`

const configHelp = `trawl config [options]

Print every option, its value and where that comes from, secrets masked. Nothing
is fetched. The exit code is 3 if a configuration file is wrong.

A configuration file is TOML. Its keys are the long names of options; an option
that may be repeated has an array.

  # trawl.toml
  output      = "pages.jsonl"
  concurrency = 50
  timeout     = "30s"
  header      = ["Accept-Language: en, de;q=0.5", "@secret-headers.txt"]
  dedupe      = true
  fail-if     = ["failed > 1%"]

Lists and URLs are arguments, never in the file; config, no-config and dry-run
are no keys. A relative file name is relative to the folder of the file.

A trawl.toml that is found in the current folder, and not named by --config,
cannot have header, proxy, insecure, cacert, resolve, nats, nats-listen,
deny-private = false, or files outside of that folder: pass it with --config
trawl.toml to trust it. --config FILE reads that file alone, --no-config none.
Where they are looked for: trawl help environment.
`

const cronHelp = `trawl says nothing when all is well and nobody watches, so cron mails only if a
run is worth reading: at most twenty lines, and the exit code (help exit-codes).

  MAILTO=ops@example.org
  17 3 * * *  cd ~/crawl && trawl urls.txt --if-changed --lock skip --resume

--if-changed fetches what may have changed, and writes only pages that are new
or have changed since the last run; with --error-on-no-change the exit code is 9
if there was nothing. --lock skip leaves quietly if yesterday's run is still
going. --resume goes on where a run was interrupted, and just starts if none
was. Give trawl's whole path if it is not in /usr/bin or /bin: cron looks
nowhere else.

  17 3 * * *  trawl --config "$HOME/crawl/nightly.toml" "$HOME/crawl/urls.txt"

Cron turns % into a line break, and no option needs one: 'failed > 1%' is also
--fail-if 'failed_ratio > 0.01', and {date} in an output's name is the day. Or
write \%, or keep such options in a configuration file.

With systemd, make a service of Type=oneshot whose ExecStart is such a command,
with SuccessExitStatus=8 9 and the folder as WorkingDirectory. Make a timer
beside it, with OnCalendar=*-*-* 03:17:00 and Persistent=true.
`

// formatPages says of each format which names choose it and what it holds.
var formatPages = map[sinks.Format]struct{ ends, holds string }{
	"text":    {"any other name", "a line for each page that succeeded: url:<https://example.com/> size:[1256]; size is in characters, or in bytes if it is no text"},
	"jsonl":   {".jsonl", "a JSON object for each URL, failures too; what has no value is left out"},
	"csv":     {".csv", fmt.Sprintf("a line for each URL, and one header: %d columns, no title among them, unless --fields names others", len(sinks.CSVFields())) + "; an empty field is no value, an object is JSON"},
	"sqlite":  {".db .sqlite", "tables runs and pages, a row for each URL; the view latest has each URL's last one"},
	"parquet": {".parquet", "a row for each URL; made at the end, from NAME.part.jsonl; cannot be appended to"},
	"warc":    {".warc.gz", "every request and answer as it was on the wire, in files of 1 GiB; HTTP/1.1 only"},
}

const formatIndent = 29 // columns before what a format holds

// formatsHelp is about the formats that exist.
func formatsHelp() string {
	var b strings.Builder
	b.WriteString("-f          name ends in     what it holds\n")
	for _, f := range sinks.Formats() {
		page := formatPages[f]
		head := fmt.Sprintf("%-12s%s", f, page.ends)
		for _, line := range wrap(page.holds, helpWidth-formatIndent) {
			fmt.Fprintf(&b, "%-*s%s\n", formatIndent, head, line)
			head = ""
		}
	}
	b.WriteString("\nFailed URLs are also in the errors file, whatever the format, which is a list\n" +
		"itself. What a record has; --fields chooses columns of jsonl and csv, and their\norder:\n\n")
	for _, line := range wrap(strings.Join(sinks.FieldNames(), " "), helpWidth-2) {
		b.WriteString("  " + line + "\n")
	}
	b.WriteString("\nsize counts characters, bytes is the decoded body's length, wire_bytes what came\n" +
		"of it; change is new, changed or gone, with --if-changed; class and error say\n" +
		"why there is no page; run is the run's id.\n")
	return b.String()
}

// expressionsHelp is about the values of --fail-if.
func expressionsHelp() string {
	ops := slices.Clone(ruleOps)
	slices.Sort(ops)
	return `--fail-if 'NAME OP VALUE' gives exit code 99 if it is true of the run. It may be
repeated; one that is true is enough. Without it the rule is failed > 0, and its
exit code 4, or 5 if no URL succeeded; with it these two are never used.
--fail-if never: URLs that failed are no failure of the run.

  --fail-if 'failed > 1%'            --fail-if 'failed_ratio > 0.01'
  --fail-if 'pages < 1000'           --fail-if 'p95 > 2s'
  --fail-if 'status_5xx >= 10'       --fail-if 'bytes < 10MB'

OP is one of ` + strings.Join(ops, " ") + `

NAME is one of                              VALUE is
  failed pages skipped changed timeouts     a whole number, or a share of all
  status_4xx status_5xx                     URLs: 100, 1%
  failed_ratio                              a share: 0.01, 1%
  retries                                   a whole number
  bytes                                     a size: 65536, 10MB, 10MiB
  p50 p90 p95 p99                           a duration: 2, 500ms; how long
                                            requests took
  duration                                  a duration: 3600, 1h
  rate                                      pages a second: 10, 600/m

changed counts pages that --if-changed has found to be others than before; new
ones are not among them.

In a crontab % must be written \%.
`
}

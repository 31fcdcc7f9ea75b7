package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

const helpWidth = 80 // columns

// shortHelp is what -h prints. It fits a terminal of 80 columns and 40 lines.
var shortHelp = strings.Replace(`trawl - fetch many web pages at once and write one line per page

Usage:
  trawl [options] urls.txt           fetch a list into db.txt
  trawl [options] https://a/ ...     fetch these pages
  ... | trawl [options]              fetch URLs from a pipe
  trawl COMMAND                      worker, config, help, version
Examples:
  trawl urls.txt                     writes db.txt, failures to db.errors.jsonl
  trawl urls.txt -o pages.jsonl      all fields, one JSON object per line
  trawl urls.txt -o - | sort         results on standard output
  trawl urls.txt --resume            go on after an interruption
  trawl --retry-failed               try the failures again

Output:   -o, --output FILE         results [db.txt], - for standard output
          -f, --format FMT          FORMATS
                                    [by file name]
          -j, --json                JSON lines on standard output
          -O, --overwrite           replace the output [append]
Parse:        --select NAME=CSS     a field from each page, CSS@ATTR for values
Request:  -H, --header 'N: V'       add a header   -A, --user-agent S
          -t, --timeout D           per attempt [30s]  -x, --proxy URL
Rate:     -c, --concurrency N       in flight, all hosts together [128]
              --host-concurrency N  in flight per host [8]
          -r, --rate N/s            starts, all hosts together [no limit]
              --retries N           attempts after the first [2]
Run on:       --executor WHERE      thread process cluster [thread]
Display:  -q quiet  -v verbose      -n, --dry-run  say what would be fetched
Cron:         --lock skip           leave quietly if a run is still going
              --if-changed          only new and changed pages
              --fail-if EXPR        what makes a run a failed one
More:     trawl --help (all options), trawl help exit-codes
`, "FORMATS", strings.Join(formatNames(), " "), 1)

var topics = map[string]func() string{
	"crawl":       crawlHelp,
	"config":      func() string { return configHelp },
	"cron":        func() string { return cronHelp },
	"environment": func() string { return environmentHelp },
	"exit-codes":  exitHelp,
	"expressions": expressionsHelp,
	"formats":     formatsHelp,
	"help":        func() string { return helpHelp },
	"version": func() string {
		return "trawl version [--json]\n\nPrint the version, the commit and the Go it was built with, and the results\n" +
			"formats; --json prints them as an object. -V prints the version alone.\n"
	},
	workerCommand: workerHelp,
}

const helpHelp = `trawl help [COMMAND|TOPIC]

Commands: crawl, worker, config, help, version
Topics:   cron, environment, exit-codes, expressions, formats
`

// writeHelp prints the help for a command or topic; none is the short help.
func writeHelp(w io.Writer, words []string) error {
	text := shortHelp
	if len(words) > 0 {
		topic, ok := topics[words[0]]
		if !ok || len(words) > 1 {
			return noTopic(words)
		}
		text = topic()
	}
	_, err := io.WriteString(w, text)
	return err
}

func noTopic(words []string) error {
	var names []string
	for name := range topics {
		names = append(names, name)
	}
	slices.Sort(names)
	m := usage(fmt.Sprintf("no help for %s", shown(strings.Join(words, " "))), "There is help for "+orList(names)+".")
	if near := nearest(words[0], names); near != "" {
		m.hints[0] = "Did you mean: trawl help " + near
	}
	return m
}

// crawlHelp is the list of all options.
func crawlHelp() string {
	var b strings.Builder
	b.WriteString(`trawl - fetch many web pages at once and write one line per page

Usage: trawl [crawl] [options] [URL|LIST|-]...
       trawl worker --nats URL [options]
       trawl config [options]
       trawl help [COMMAND|TOPIC]
       trawl version [--json]

An argument that begins with http:// or https:// is a page, - is standard input,
any other is the name of a file with one URL a line (blank lines and # comments
are skipped; gzip and zstd are unpacked; a line may be a JSON object with url,
headers, timeout and meta). Without arguments standard input is read.

Options may stand before or after arguments; what follows -- is no option. What
is on or off has a --no- form. In brackets: the default, and the variable that
is taken if the option is not given (several values: one a line). After that
come configuration files: trawl help config. D is seconds, or has a unit: 500ms,
30s, 2m, 1h, 7d. SIZE is bytes, or has one: 10MB, 10MiB.
`)
	all := new(config).table()
	for _, group := range groups {
		fmt.Fprintf(&b, "\n%s\n", group)
		for _, o := range all {
			if o.group == group {
				o.writeHelp(&b)
			}
		}
	}
	b.WriteString("\nMore: trawl help cron, environment, exit-codes, expressions or formats\n")
	return b.String()
}

const helpIndent = 30 // columns before an option's text

func (o option) writeHelp(b *strings.Builder) {
	head := "      "
	if o.short != "" {
		head = "  -" + o.short + ", "
	}
	if o.name == "" {
		head = strings.TrimSuffix(head, ", ")
	} else {
		head += "--" + o.name
	}
	if o.arg != "" {
		head += " " + o.arg
	}
	lines := wrap(o.helpText(), helpWidth-helpIndent)
	if len(head) > helpIndent-2 {
		fmt.Fprintln(b, head)
		head = ""
	}
	for _, line := range lines {
		fmt.Fprintf(b, "%-*s%s\n", helpIndent, head, line)
		head = ""
	}
}

// helpText is the option's usage with its default and its variable.
func (o option) helpText() string {
	text := o.usage
	if o.many {
		text += "; may be repeated"
	}
	if o.set == nil {
		return text
	}
	if preset := o.presetText(); preset != "" {
		return text + " [" + preset + "; " + o.variable() + "]"
	}
	return text + " [" + o.variable() + "]"
}

func (o option) presetText() string {
	switch {
	case o.shown != "":
		return o.shown
	case o.preset != "":
		return o.preset
	case !o.takesValue():
		return "off"
	}
	return ""
}

// wrap breaks text into lines of at most width characters. A longer word is broken
// after a comma.
func wrap(text string, width int) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		for utf8.RuneCountInString(word) > width {
			cut := strings.LastIndexByte(word[:width], ',') + 1
			if cut == 0 {
				break
			}
			if line != "" {
				lines = append(lines, line)
			}
			lines = append(lines, word[:cut])
			line, word = "", word[cut:]
		}
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width:
			lines = append(lines, line)
			line = word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}

// exitHelp is the table of the exit codes.
func exitHelp() string {
	var b strings.Builder
	b.WriteString("code  meaning\n")
	for _, e := range exitCodes {
		head := fmt.Sprint(e.code)
		for _, line := range wrap(e.meaning, helpWidth-6) {
			fmt.Fprintf(&b, "%-6s%s\n", head, line)
			head = ""
		}
	}
	b.WriteString("\nIf several hold: 130 or 143, 6, 7, 10, 99, 5, 4, 8, 9, 0.\n")
	return b.String()
}

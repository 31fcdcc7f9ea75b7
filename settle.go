package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"trawl/display"
	"trawl/fetch"
	"trawl/sinks"
)

// settle works out what several options mean together.
func (c *config) settle() error {
	if c.JSON {
		if err := c.settleJSON(); err != nil {
			return err
		}
	}
	if c.Output == "" {
		c.Output = defaultOutput
	}
	if err := c.settleFormat(); err != nil {
		return err
	}
	if c.Errors != "" && c.Errors != "none" && filepath.Clean(c.Errors) == filepath.Clean(c.Output) {
		return usage("--errors and --output are the same file: "+shown(c.Output)+" ("+c.where("errors")+")",
			"Give the failures a file of their own, or --errors none.")
	}
	for _, name := range []string{"output", "errors"} {
		if err := c.checkPlaceholders(name); err != nil {
			return err
		}
	}
	if err := c.settleExecutor(); err != nil {
		return err
	}
	if err := c.settleCron(); err != nil {
		return err
	}
	return c.checkProxies()
}

// settleArchive refuses what an archive of the wire cannot be.
func (c *config) settleArchive() error {
	switch {
	case c.Format != sinks.WARC:
		return nil
	case c.Output == "-" || sinks.StatePath(c.Output) == "":
		return usage("warc results are files that are begun anew as they grow: "+outputName(c.Output)+" cannot be one ("+c.where("output")+")",
			"Use a name that ends in .warc.gz.")
	case c.HTTP == fetch.HTTP2:
		return usage("warc results hold HTTP/1.1 only ("+c.where("http")+")", "Leave --http out.")
	case c.Overwrite:
		return usage("-O does not replace warc results: each run has files of its own ("+c.where("overwrite")+")", "Leave -O out.")
	}
	return nil
}

// others are endings that say of a file what trawl does not write: to write lines of text
// into it would surprise.
var others = []string{".json", ".ndjson", ".tsv", ".xls", ".xlsx", ".xml", ".html", ".txt.gz", ".jsonl.gz", ".csv.gz", ".zst", ".zip"}

// settleFormat chooses the format, and refuses what that cannot hold.
func (c *config) settleFormat() error {
	if c.Format == "" {
		if i := slices.IndexFunc(others, func(end string) bool { return strings.HasSuffix(c.Output, end) }); i >= 0 {
			return usage("there is no results format for names that end in "+others[i]+": "+shown(c.Output)+" ("+c.where("output")+")",
				"Use .jsonl, .csv, .db, .parquet or .warc.gz, or say what it is to be with -f.")
		}
		c.Format = sinks.FormatOf(c.Output)
	}
	if c.Format == sinks.Text && len(c.Select) > 0 && c.byOption("select") {
		return usage("text results cannot hold fields ("+c.where("select")+")",
			"Use -j, or a results file that ends in .jsonl or .csv.")
	}
	if c.Format == sinks.CSV && c.Fields == nil && len(c.Select) > 0 {
		c.Fields = append(sinks.CSVFields(), "data")
	}
	return c.settleArchive()
}

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// checkPlaceholders refuses one that does not exist in the name of that option.
func (c *config) checkPlaceholders(option string) error {
	name := c.Output
	if option == "errors" {
		name = c.Errors
	}
	for _, p := range placeholder.FindAllString(name, -1) {
		if expand(p, "", time.Time{}) == p {
			return usage("unknown placeholder "+p+" in "+shown(name)+" ("+c.where(option)+")",
				"There are {date}, {time} and {run}.")
		}
	}
	return nil
}

// proxyVariables name proxies, if they are not empty.
var proxyVariables = []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"}

// checkProxies looks at the variables that name proxies, unless an option does.
func (c *config) checkProxies() error {
	if c.Proxy != nil {
		return c.checkGuard(c.where("proxy"))
	}
	for _, name := range proxyVariables {
		value := os.Getenv(name)
		if value == "" {
			continue
		}
		if !strings.Contains(value, "://") {
			value = "http://" + value
		}
		if _, err := fetch.ParseProxy(value); err != nil {
			return &message{
				what:  name + "=" + quoted(display.CleanURL(value)) + ": want the address of a proxy",
				hints: []string{"Such as http://proxy.example:3128, or leave it empty."},
				code:  exitConfig,
			}
		}
		if err := c.checkGuard(name); err != nil {
			return err
		}
	}
	return nil
}

// checkGuard refuses --deny-private beside a proxy, which is named by an option or
// a variable.
func (c *config) checkGuard(proxy string) error {
	if !c.DenyPrivate {
		return nil
	}
	return usage("--deny-private does not hold for a proxy, and there is one: "+proxy+" ("+c.where("deny-private")+")",
		"A proxy connects by itself, to any address. Leave one of them out.")
}

// settleJSON applies --json to format and output. If it disagrees with --format, an
// option wins over a variable; two options must agree.
func (c *config) settleJSON() error {
	format, json := c.from["format"].rank, c.from["json"].rank
	if c.Format != "" && c.Format != sinks.JSONL && format >= json {
		if format == json {
			return c.conflict("json", "and --format "+string(c.Format)+" contradict each other", "Leave one of them out.")
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

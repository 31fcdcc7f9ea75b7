package main

import (
	"bytes"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"trawl/sinks"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got), -update rewrites it:\n%s", file, diff)
	}
}

// asked is what a command line prints that asks for help or version.
func asked(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	_, code, done := parseArgs(args, &stdout, &stderr)
	if !done || code != exitOK || stderr.Len() > 0 {
		t.Errorf("trawl %s: done %v, code %d, stderr %q", strings.Join(args, " "), done, code, &stderr)
	}
	return stdout.String()
}

func TestHelpPages(t *testing.T) {
	for name, lines := range map[string][]string{
		"help-short":       {"-h", "help", "crawl -h", "-c 5 urls.txt -h"},
		"help-options":     {"--help", "help crawl", "crawl --help", "urls.txt --help"},
		"help-exit-codes":  {"help exit-codes"},
		"help-help":        {"help help", "help -h", "help --help"},
		"help-config":      {"help config", "config -h", "config --help", "config -c 5 --help"},
		"help-cron":        {"help cron"},
		"help-environment": {"help environment"},
		"help-expressions": {"help expressions"},
		"help-formats":     {"help formats"},
		"help-version":     {"help version", "version -h", "version --help"},
		"help-worker":      {"help worker", "worker -h", "worker --help", "worker --nats h -c 5 -h", "--nats h worker --help"},
	} {
		for _, args := range lines {
			golden(t, name, asked(t, strings.Fields(args)...))
		}
	}
}

func TestHelpFitsATerminal(t *testing.T) {
	pages := map[string]string{"-h": asked(t, "-h")}
	for topic := range topics {
		pages[topic] = asked(t, "help", topic)
	}
	for name, text := range pages {
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		if name == "-h" && len(lines) > 40 {
			t.Errorf("-h has %d lines", len(lines))
		}
		for _, line := range lines {
			if n := utf8.RuneCountInString(line); n > 80 || strings.TrimRight(line, " ") != line || strings.ContainsAny(line, "\x1b\r\t") {
				t.Errorf("%s: %d characters, or ends with a blank, or has a control character: %q", name, n, line)
			}
		}
	}
}

// All that the short help says of options is what the table has.
func TestShortHelpAgreesWithTheTable(t *testing.T) {
	options := new(config).table()
	for _, m := range regexp.MustCompile(`--([a-z-]+)`).FindAllStringSubmatch(shortHelp, -1) {
		if !slices.ContainsFunc(options, func(o option) bool { return o.name == m[1] }) {
			t.Errorf("there is no --%s", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`-([a-zA-Z]), --([a-z-]+)`).FindAllStringSubmatch(shortHelp, -1) {
		if !slices.ContainsFunc(options, func(o option) bool { return o.name == m[2] && o.short == m[1] }) {
			t.Errorf("-%s is not --%s", m[1], m[2])
		}
	}
	for _, m := range regexp.MustCompile(`--([a-z-]+).*\[(\w+)\]`).FindAllStringSubmatch(shortHelp, -1) {
		i := slices.IndexFunc(options, func(o option) bool { return o.name == m[1] })
		if o := options[i]; o.preset != m[2] && o.shown != m[2] {
			t.Errorf("--%s is said to be %s by default, not %s", m[1], m[2], o.presetText())
		}
	}
	if formats := strings.Join(formatNames(), " "); !strings.Contains(shortHelp, " "+formats+"\n") {
		t.Errorf("the formats are %s", formats)
	}
}

func TestTheTableIsWhole(t *testing.T) {
	text := asked(t, "--help")
	names, letters := map[string]bool{}, map[string]bool{}
	for _, o := range new(config).table() {
		if o.name != "" && names[o.name] || o.short != "" && letters[o.short] {
			t.Errorf("%s %s is there twice", o.name, o.short)
		}
		names[o.name], letters[o.short] = true, true
		if !slices.Contains(groups, o.group) || o.usage == "" {
			t.Errorf("--%s has the group %q and the usage %q", o.name, o.group, o.usage)
		}
		if !strings.Contains(text, "--"+o.name) || o.set != nil && !strings.Contains(text, o.variable()+"]") {
			t.Errorf("--%s or %s is not in the help", o.name, o.variable())
		}
		if o.preset != "" {
			if err := o.set(o.preset); err != nil {
				t.Errorf("--%s refuses its default: %v", o.name, err)
			}
		}
	}
}

func TestTopicsThatDoNotExist(t *testing.T) {
	for args, want := range map[string]string{
		"help enviroment":   "trawl: no help for enviroment\n  Did you mean: trawl help environment\n",
		"help exitcodes":    "trawl: no help for exitcodes\n  Did you mean: trawl help exit-codes\n",
		"help report":       "trawl: no help for report\n  There is help for config, crawl, cron, environment, exit-codes, expressions, formats, help, version or worker.\n",
		"help crawl crawl":  "trawl: no help for crawl crawl\n  Did you mean: trawl help crawl\n",
		"help -- --version": "trawl: no help for --version\n  Did you mean: trawl help version\n",
	} {
		if got := refused(t, exitUsage, strings.Fields(args)...); got != want {
			t.Errorf("trawl %s:\n%swant:\n%s", args, got, want)
		}
	}
}

// Every topic is named where people look for topics, and the other way round.
func TestHelpNamesItsTopics(t *testing.T) {
	_, list, _ := strings.Cut(helpHelp, "Commands: ")
	named := strings.FieldsFunc(strings.ReplaceAll(list, "Topics:", ","), func(r rune) bool { return strings.ContainsRune(", \n", r) })
	slices.Sort(named)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(topics)), named); diff != "" {
		t.Errorf("trawl help help (-exist +named):\n%s", diff)
	}
	for _, command := range commands {
		if topics[command] == nil || command != "crawl" && !strings.Contains(shortHelp, command) {
			t.Errorf("%s has no page, or -h does not name it", command)
		}
	}
}

// What the topics say of formats, fields and measures is what there is.
func TestTopicsAgreeWithWhatThereIs(t *testing.T) {
	for topic, words := range map[string][]string{
		"formats":     append(formatNames(), sinks.FieldNames()...),
		"expressions": append(slices.Clone(measureNames), ruleOps...),
	} {
		page := strings.Fields(asked(t, "help", topic))
		for _, word := range words {
			if !slices.Contains(page, word) {
				t.Errorf("trawl help %s does not name %s", topic, word)
			}
		}
	}
	for _, format := range sinks.Formats() {
		if formatPages[format].holds == "" {
			t.Errorf("trawl help formats does not say what %s is", format)
		}
	}
	for _, rule := range regexp.MustCompile(`--fail-if '([^']+)'`).FindAllStringSubmatch(asked(t, "help", "expressions")+cronHelp, -1) {
		if _, err := parseFailRule(rule[1]); err != nil && rule[1] != "NAME OP VALUE" {
			t.Errorf("the example %s is refused: %v", rule[0], err)
		}
	}
	for _, o := range new(config).table() {
		if o.risky && !strings.Contains(configHelp, o.name) {
			t.Errorf("trawl help config does not say that a found file cannot have %s", o.name)
		}
	}
}

// No crontab line of the help has a % that cron would turn into a line break.
func TestCrontabLinesHaveNoPercentSign(t *testing.T) {
	lines := regexp.MustCompile(`(?m)^ +\d+ \d+ \* \* \*.*$`).FindAllString(cronHelp, -1)
	if len(lines) < 2 {
		t.Fatalf("only %d crontab lines", len(lines))
	}
	for _, line := range lines {
		if strings.Contains(strings.ReplaceAll(line, `\%`, ""), "%") {
			t.Errorf("cron would break %s", line)
		}
	}
}

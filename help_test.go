package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
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
		"help-short":      {"-h", "help", "crawl -h", "-c 5 urls.txt -h"},
		"help-options":    {"--help", "help crawl", "crawl --help", "urls.txt --help"},
		"help-exit-codes": {"help exit-codes"},
		"help-help":       {"help help", "help -h", "help --help"},
		"help-version":    {"help version", "version -h", "version --help"},
	} {
		for _, args := range lines {
			golden(t, name, asked(t, strings.Fields(args)...))
		}
	}
}

func TestHelpFitsATerminal(t *testing.T) {
	for name, text := range map[string]string{"-h": asked(t, "-h"), "--help": asked(t, "--help"), "exit-codes": asked(t, "help", "exit-codes")} {
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
	if formats := strings.Join(formatNames(), " "); !strings.Contains(shortHelp, " "+formats+" ") {
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
		"help exitcodes":    "trawl: no help for exitcodes\n  Did you mean: trawl help exit-codes\n",
		"help cron":         "trawl: no help for cron\n  There is help for crawl, exit-codes, help or version.\n",
		"help crawl crawl":  "trawl: no help for crawl crawl\n  Did you mean: trawl help crawl\n",
		"help -- --version": "trawl: no help for --version\n  Did you mean: trawl help version\n",
	} {
		if got := refused(t, exitUsage, strings.Fields(args)...); got != want {
			t.Errorf("trawl %s:\n%swant:\n%s", args, got, want)
		}
	}
}

package main

import (
	"os"
	"strings"
	"testing"
)

func TestOptionsThatGoOnNeedSomethingToGoOnWith(t *testing.T) {
	t.Chdir(t.TempDir())
	for args, want := range map[string]string{
		"--resume -o -":                "--resume finds nothing to go on with: no state is kept of standard output (option --resume)\n  Give a results file with -o, or leave --resume out.",
		"-j --resume":                  "--resume finds nothing to go on with: no state is kept of standard output (option --resume)\n  Give a results file with -o, or leave --resume out.",
		"--resume -o db-{run}.txt":     "--resume finds nothing to go on with: each run has another results file: db-{run}.txt (option --resume)\n  Use a name without {run} and {time}, or leave --resume out.",
		"--resume -o {time}.txt":       "--resume finds nothing to go on with: each run has another results file: {time}.txt (option --resume)\n  Use a name without {run} and {time}, or leave --resume out.",
		"--resume --lock off":          "--resume finds nothing to go on with: --lock off keeps no state (option --resume)\n  Leave one of them out.",
		"--resume --no-lock":           "unknown option --no-lock\n  Use --lock off.",
		"--retry-failed urls.txt":      "--retry-failed takes no lists and no URLs: urls.txt (option --retry-failed)\n  It fetches the failed URLs of the last run. Leave one of them out.",
		"--retry-failed http://a/":     "--retry-failed takes no lists and no URLs: http://a/ (option --retry-failed)\n  It fetches the failed URLs of the last run. Leave one of them out.",
		"--retry-failed -":             "--retry-failed takes no lists and no URLs: - (option --retry-failed)\n  It fetches the failed URLs of the last run. Leave one of them out.",
		"--retry-failed -o -":          "--retry-failed needs an errors file, and standard output has none (option --retry-failed)\n  Name the one of the last run with --errors FILE.",
		"--retry-failed --errors none": "--retry-failed needs the errors file of the last run, and --errors is none (option --retry-failed)\n  Name it with --errors FILE.",
		"--fields url":                 "--fields chooses columns, and text results have none to choose (option --fields)\n  Use -f jsonl or -f csv, or leave --fields out.",
		"--lock maybe":                 "--lock \"maybe\" is unknown (option --lock)\n  Use fail, wait, skip or off.",
		"--metrics-textfile=":          "--metrics-textfile \"\" is not a file name (option --metrics-textfile)\n  Give a file name, or leave the option out.",
		"--config=":                    "--config \"\" is not a file name (option --config)\n  Give a file name, or leave the option out.",
	} {
		if got, want := refused(t, exitUsage, strings.Fields(args)...), "trawl: "+want+"\n"; got != want {
			t.Errorf("trawl %s:\n%swant:\n%s", args, got, want)
		}
	}
	for _, args := range []string{"--resume", "--resume -o db-{date}.txt", "--retry-failed", "--retry-failed --resume", "--retry-failed -o - --errors e", "-j --fields url,size", "-o x.jsonl --fields size,url", "--lock off"} {
		parsed(t, strings.Fields(args)...)
	}
}

func TestDevicesKeepNoState(t *testing.T) {
	for _, args := range []string{"--resume -o " + os.DevNull, "--retry-failed -o /dev/stdout"} {
		if got := refused(t, exitUsage, strings.Fields(args)...); !strings.Contains(got, "/dev/") {
			t.Errorf("trawl %s:\n%s", args, got)
		}
	}
}

func TestUnknownFieldsAreToldWithTheList(t *testing.T) {
	got := refused(t, exitUsage, "-j", "--fields", "url,sise")
	for _, words := range []string{`--fields "url,sise" is not a list of fields (option --fields)`, "\n  \"sise\" is no field.\n", "\n  Fields: seq url final_url ", " data run\n"} {
		if !strings.Contains(got, words) {
			t.Errorf("--fields url,sise does not say %s:\n%s", words, got)
		}
	}
}

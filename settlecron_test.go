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

func TestChangesNeedAnEarlierRunToCompareWith(t *testing.T) {
	t.Chdir(t.TempDir())
	const cannot, beside = "--if-changed cannot compare with an earlier run: ", "what is known is kept beside the output, whose name is another each time: "
	for args, want := range map[string]string{
		"--if-changed -o -":             cannot + "nothing is kept of standard output (option --if-changed)\n  Give a results file with -o, or leave --if-changed out.",
		"-j --if-changed":               cannot + "nothing is kept of standard output (option --if-changed)\n  Give a results file with -o, or leave --if-changed out.",
		"--if-changed -o " + os.DevNull: cannot + "nothing is kept of " + os.DevNull + " (option --if-changed)\n  Give a results file with -o, or leave --if-changed out.",
		"--if-changed -o db-{date}.txt": cannot + beside + "db-{date}.txt (option --if-changed)\n  Use a name without {date}, or leave --if-changed out.",
		"--if-changed -o {time}.txt":    cannot + beside + "{time}.txt (option --if-changed)\n  Use a name without {time}, or leave --if-changed out.",
		"--if-changed -o {run}.parquet": cannot + beside + "{run}.parquet (option --if-changed)\n  Use a name without {run}, or leave --if-changed out.",
		"--if-changed --lock off":       cannot + "--lock off keeps no state (option --if-changed)\n  Leave one of them out.",
		"--fail-if changed>50%":         "--fail-if 'changed>50%' needs --if-changed: without it nothing is compared (option --fail-if)\n  Add --if-changed, or leave it out.",
		"--error-on-no-change":          "--error-on-no-change needs --if-changed: without it nothing is compared (option --error-on-no-change)\n  Add --if-changed, or leave it out.",
	} {
		if got, want := refused(t, exitUsage, strings.Fields(args)...), "trawl: "+want+"\n"; got != want {
			t.Errorf("trawl %s:\n%swant:\n%s", args, got, want)
		}
	}
	for _, args := range []string{"--if-changed", "--if-changed --error-on-no-change -O", "--if-changed -o db.parquet -O", "--if-changed -f warc", "--if-changed --retry-failed", "--if-changed --fail-if changed>0", "--if-changed --resume --lock skip"} {
		if cfg := parsed(t, strings.Fields(args)...); !cfg.IfChanged {
			t.Errorf("trawl %s compares nothing", args)
		}
	}
}

// A variable is for many runs: it gives way in one that has nothing to compare with.
func TestChangesAskedForInAllRunsGiveWay(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("TRAWL_IF_CHANGED", "1")
	t.Setenv("TRAWL_ERROR_ON_NO_CHANGE", "1")
	if cfg := parsed(t, "urls.txt"); !cfg.IfChanged || !cfg.ErrorOnNoChange {
		t.Errorf("the variables have no effect: %v, %v", cfg.IfChanged, cfg.ErrorOnNoChange)
	}
	for _, args := range []string{"-o -", "-o {run}.txt", "--lock off", "--no-if-changed"} {
		if cfg := parsed(t, strings.Fields(args)...); cfg.IfChanged || cfg.ErrorOnNoChange {
			t.Errorf("trawl %s: %v, %v", args, cfg.IfChanged, cfg.ErrorOnNoChange)
		}
	}
	t.Setenv("TRAWL_OUTPUT", "-")
	if got := refused(t, exitConfig); !strings.Contains(got, "--if-changed cannot compare with an earlier run: nothing is kept of standard output (TRAWL_IF_CHANGED)") {
		t.Errorf("variables that contradict each other: %s", got)
	}
	t.Setenv("TRAWL_IF_CHANGED", "0")
	if got := refused(t, exitConfig); !strings.Contains(got, "--error-on-no-change needs --if-changed") {
		t.Errorf("a variable that lacks the other: %s", got)
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

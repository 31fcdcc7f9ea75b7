package main

import (
	"bytes"
	"io"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"trawl/crawl"
	"trawl/fetch"
)

// everything makes cmp look into all fields; of a rule into what was written, since
// it has functions.
var everything = cmp.Options{
	cmp.Exporter(func(reflect.Type) bool { return true }),
	cmp.Comparer(func(a, b failRule) bool {
		return a.text == b.text && a.op == b.op && a.limit == b.limit && a.share == b.share
	}),
}

// parsed is the config of a command line that must be good.
func parsed(t *testing.T, args ...string) config {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cfg, code, done := parseArgs(args, &stdout, &stderr)
	if done || code != exitOK || stdout.Len() > 0 || stderr.Len() > 0 {
		t.Fatalf("trawl %s: done %v, code %d, stdout %q, stderr %q", strings.Join(args, " "), done, code, &stdout, &stderr)
	}
	return cfg
}

// refused is what stderr has of a command line that must be refused with code:
// with nothing on stdout and no file made.
func refused(t *testing.T, code int, args ...string) string {
	t.Helper()
	before := here(t)
	var stdout, stderr bytes.Buffer
	_, got, done := parseArgs(args, &stdout, &stderr)
	if !done || got != code {
		t.Errorf("trawl %q: done %v, code %d, want done with code %d", args, done, got, code)
	}
	if stdout.Len() > 0 {
		t.Errorf("trawl %q: %q on stdout", args, &stdout)
	}
	if lines := strings.Count(stderr.String(), "\n"); lines < 2 || lines > 4 || !strings.HasPrefix(stderr.String(), "trawl: ") {
		t.Errorf("trawl %q: stderr is not 2 to 4 lines of a message:\n%s", args, &stderr)
	}
	if diff := cmp.Diff(before, here(t)); diff != "" {
		t.Errorf("trawl %q made files:\n%s", args, diff)
	}
	return stderr.String()
}

func here(t *testing.T) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestDefaults(t *testing.T) {
	cfg := parsed(t, "urls.txt")
	if got, want := cfg.Accept.String(), "200-299"; got != want {
		t.Errorf("Accept is %s, want %s", got, want)
	}
	if diff := cmp.Diff(fetch.DefaultRetryOn, cfg.RetryOn); diff != "" {
		t.Errorf("RetryOn is not fetch's default (-want +got):\n%s", diff)
	}
	want := config{
		command: "crawl", Args: []string{"urls.txt"}, Method: "GET", Timeout: 30e9, ConnectTimeout: 10e9, MaxRedirects: 10, MaxSize: 10 << 20,
		Accept: cfg.Accept, Concurrency: 128, HostConcurrency: 8, Retries: 2, RetryWait: 1e9, RetryMaxWait: 60e9, RetryOn: cfg.RetryOn, HostMaxErrors: 20,
		Executor: "thread", ProcessMemory: 512 << 20, NATSReplicas: 1, Shard: crawl.Share{Number: 1, Of: 1},
		Output: "db.txt", Format: "text", Progress: "auto", Summary: "auto", Color: "auto", Lock: "fail", from: map[string]origin{},
	}
	if diff := cmp.Diff(want, cfg, everything); diff != "" {
		t.Errorf("without options (-want +got):\n%s", diff)
	}
}

func TestOptionsMayStandAnywhere(t *testing.T) {
	const page1, page2 = "http://a.example/", "http://b.example/"
	words := [][]string{{"-c", "5"}, {"-o", "f"}, {page1}, {page2}}
	want := parsed(t, "-c", "5", "-o", "f", page1, page2)
	if want.Concurrency != 5 || want.Output != "f" || len(want.Args) != 2 {
		t.Fatalf("-c 5 -o f and two pages: %+v", want)
	}
	orders := 0
	permute(words, func(order [][]string) {
		orders++
		var args []string
		want.Args = nil
		for _, w := range order {
			args = append(args, w...)
			if len(w) == 1 {
				want.Args = append(want.Args, w[0])
			}
		}
		if diff := cmp.Diff(want, parsed(t, args...), everything); diff != "" {
			t.Errorf("trawl %s (-want +got):\n%s", strings.Join(args, " "), diff)
		}
	})
	if orders != 24 {
		t.Errorf("%d orders, want 24", orders)
	}
}

func permute(words [][]string, each func([][]string)) {
	var place func(done, rest [][]string)
	place = func(done, rest [][]string) {
		if len(rest) == 0 {
			each(done)
		}
		for i := range rest {
			others := append(append([][]string{}, rest[:i]...), rest[i+1:]...)
			place(append(done[:len(done):len(done)], rest[i]), others)
		}
	}
	place(nil, words)
}

func TestWaysToWriteAnOption(t *testing.T) {
	for _, test := range []struct {
		args string
		want line
	}{
		{"--concurrency=7", line{given: []given{{"concurrency", "7", "--concurrency"}}}},
		{"--concurrency 7", line{given: []given{{"concurrency", "7", "--concurrency"}}}},
		{"-c7", line{given: []given{{"concurrency", "7", "-c"}}}},
		{"-c 7", line{given: []given{{"concurrency", "7", "-c"}}}},
		{"-c=7", line{given: []given{{"concurrency", "7", "-c"}}}},
		{"-qv", line{given: []given{{"quiet", "true", "-q"}, {"verbose", "true", "-v"}}}},
		{"-qq", line{given: []given{{"quiet", "true", "-q"}, {"quiet", "true", "-q"}}}},
		{"-jc7", line{given: []given{{"json", "true", "-j"}, {"concurrency", "7", "-c"}}}},
		{"-jo out", line{given: []given{{"json", "true", "-j"}, {"output", "out", "-o"}}}},
		{"-o -", line{given: []given{{"output", "-", "-o"}}}},
		{"-o- -", line{given: []given{{"output", "-", "-o"}}, operands: []string{"-"}}},
		{"--retries -1", line{given: []given{{"retries", "-1", "--retries"}}}},
		{"--output=", line{given: []given{{"output", "", "--output"}}}},
		{"--output=a=b", line{given: []given{{"output", "a=b", "--output"}}}},
		{"--dedupe a", line{given: []given{{"dedupe", "true", "--dedupe"}}, operands: []string{"a"}}},
		{"--no-dedupe", line{given: []given{{"dedupe", "false", "--no-dedupe"}}}},
		{"--dedupe=false", line{given: []given{{"dedupe", "false", "--dedupe"}}}},
		{"-- -x --nope", line{operands: []string{"-x", "--nope"}}},
		{"-q -- -c", line{given: []given{{"quiet", "true", "-q"}}, operands: []string{"-c"}}},
		{"a crawl b", line{operands: []string{"a", "crawl", "b"}}},
		{"crawl a", line{operands: []string{"a"}}},
		{"-q crawl a -v", line{given: []given{{"quiet", "true", "-q"}, {"verbose", "true", "-v"}}, operands: []string{"a"}}},
		{"crawl crawl", line{operands: []string{"crawl"}}},
		{"./crawl", line{operands: []string{"./crawl"}}},
		{"-- help", line{operands: []string{"help"}}},
		{"-O old.txt", line{given: []given{{"overwrite", "true", "-O"}}, operands: []string{"old.txt"}, afterOverwrite: "old.txt"}},
		{"-O -q a", line{given: []given{{"overwrite", "true", "-O"}, {"quiet", "true", "-q"}}, operands: []string{"a"}}},
		{"version --json", line{command: "version", given: []given{{"json", "true", "--json"}}}},
		{"-j version", line{command: "version", given: []given{{"json", "true", "-j"}}}},
		{"help exit-codes", line{command: "help", operands: []string{"exit-codes"}}},
		{"-h", line{command: "help"}},
		{"crawl -h", line{command: "help"}},
		{"-c 7 a -h --nope", line{command: "help"}},
		{"--help", line{command: "help", operands: []string{"crawl"}}},
		{"version --help", line{command: "help", operands: []string{"version"}}},
		{"help -h", line{command: "help", operands: []string{"help"}}},
		{"-V", line{command: "version", given: []given{{name: oneLine, value: "true"}}}},
		{"-qV a", line{command: "version", given: []given{{name: oneLine, value: "true"}}}},
	} {
		if test.want.command == "" {
			test.want.command = "crawl"
		}
		got, err := scan(strings.Fields(test.args))
		if err != nil {
			t.Errorf("trawl %s: %v", test.args, err)
			continue
		}
		if diff := cmp.Diff(&test.want, got, everything); diff != "" {
			t.Errorf("trawl %s (-want +got):\n%s", test.args, diff)
		}
	}
}

func TestArgumentsBehindTheDashesReachTheConfig(t *testing.T) {
	cfg := parsed(t, "-c", "5", "--", "-x", "--nope", "crawl", "-")
	if diff := cmp.Diff([]string{"-x", "--nope", "crawl", "-"}, cfg.Args); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
}

func TestAnArgumentBehindACommandIsNoCommand(t *testing.T) {
	for _, name := range []string{"help", "h", "crawl", "version", "concurrency"} {
		if diff := cmp.Diff([]string{name, "a"}, parsed(t, "crawl", name, "a").Args); diff != "" {
			t.Errorf("trawl crawl %s a (-want +got):\n%s", name, diff)
		}
	}
}

func TestABareNumberIsSeconds(t *testing.T) {
	if diff := cmp.Diff(parsed(t, "-t", "30s"), parsed(t, "-t", "30"), everything); diff != "" {
		t.Errorf("-t 30s and -t 30 (-30s +30):\n%s", diff)
	}
}

func TestBooleansCanBeTakenBack(t *testing.T) {
	for _, o := range new(config).table() {
		if !o.canBeNegated() {
			continue
		}
		cfg := parsed(t, "--"+o.name, "--no-"+o.name)
		cfg.from = nil
		plain := parsed(t)
		plain.from = nil
		if diff := cmp.Diff(plain, cfg, everything); diff != "" {
			t.Errorf("--%s --no-%s is not as neither of them (-want +got):\n%s", o.name, o.name, diff)
		}
	}
}

func TestQuietAndVerboseAreCounted(t *testing.T) {
	for args, want := range map[string][2]int{
		"-q": {1, 0}, "-qq": {2, 0}, "-q -q": {2, 0}, "-qqq": {2, 0}, "--quiet --quiet": {2, 0}, "-qv": {1, 1}, "-vv": {0, 2}, "--verbose=2": {0, 2},
	} {
		cfg := parsed(t, strings.Fields(args)...)
		if got := [2]int{cfg.Quiet, cfg.Verbose}; got != want {
			t.Errorf("trawl %s: quiet and verbose are %v, want %v", args, got, want)
		}
	}
}

func TestOptionWithoutItsValue(t *testing.T) {
	for args, want := range map[string]string{
		"-c":           "trawl: --concurrency needs a value (option -c)\n  Write -c N; a value that begins with - as --concurrency=-...\n",
		"--output":     "trawl: --output needs a value (option --output)\n  Write -o FILE; a value that begins with - as --output=-...\n",
		"-o -q a":      "trawl: --output needs a value (option -o)\n  Write -o FILE; a value that begins with - as --output=-...\n",
		"--proxy -- a": "trawl: --proxy needs a value (option --proxy)\n  Write -x URL; a value that begins with - as --proxy=-...\n",
		"--errors --no-dedupe a": "trawl: --errors needs a value (option --errors)\n" +
			"  Write --errors FILE|none; a value that begins with - as --errors=-...\n",
	} {
		if got := refused(t, exitUsage, strings.Fields(args)...); got != want {
			t.Errorf("trawl %s:\n%swant:\n%s", args, got, want)
		}
	}
}

func TestOptionsThatACommandDoesNotHave(t *testing.T) {
	for args, want := range map[string]string{
		"version -c 5":       "trawl: unknown option -c of version\n  See 'trawl help version'.\n",
		"--dedupe help":      "trawl: unknown option --dedupe of help\n  See 'trawl help help'.\n",
		"--no-dedupe=x a":    "trawl: --no-dedupe takes no value (option --no-dedupe=x)\n  Write --no-dedupe alone.\n",
		"--help=x":           "trawl: --help takes no value\n  See 'trawl --help'.\n",
		"version --nope":     "trawl: unknown option --nope\n  See 'trawl --help'.\n",
		"version --one-line": "trawl: unknown option --one-line\n  See 'trawl --help'.\n",
	} {
		if got := refused(t, exitUsage, strings.Fields(args)...); got != want {
			t.Errorf("trawl %s:\n%swant:\n%s", args, got, want)
		}
	}
}

func TestCommandLinesShareNothing(t *testing.T) {
	first := parsed(t, "-c", "5", "-H", "A: 1", "a")
	second := parsed(t, "b")
	if second.Concurrency != 128 || second.Header != nil || first.Concurrency != 5 {
		t.Errorf("a second command line has %d and %v of the first", second.Concurrency, second.Header)
	}
	done := make(chan struct{})
	for range 8 {
		go func() {
			defer func() { done <- struct{}{} }()
			parseArgs([]string{"-c", "5", "a"}, io.Discard, io.Discard)
		}()
	}
	for range 8 {
		<-done
	}
}

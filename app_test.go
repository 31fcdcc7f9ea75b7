package main

import (
	"bytes"
	"encoding/pem"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"trawl/crawl"
	"trawl/fetch"
)

func TestValuesThatAreRefused(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"-c", "0", "urls.txt"}, "--concurrency 0 is out of range (option -c)\n  Use 1 to 65535."},
		{[]string{"--concurrency", "0"}, "--concurrency 0 is out of range (option --concurrency)\n  Use 1 to 65535."},
		{[]string{"-c65536"}, "--concurrency 65536 is out of range (option -c)\n  Use 1 to 65535."},
		{[]string{"-c", "99999999999999999999"}, "--concurrency 99999999999999999999 is out of range (option -c)\n  Use 1 to 65535."},
		{[]string{"-c", "x"}, "--concurrency \"x\" is not a whole number (option -c)\n  Use 1 to 65535."},
		{[]string{"-c", "5", "-c", "1.5"}, "--concurrency \"1.5\" is not a whole number (option -c)\n  Use 1 to 65535."},
		{[]string{"-c1", "--concurrency=b"}, "--concurrency \"b\" is not a whole number (option --concurrency)\n  Use 1 to 65535."},
		{[]string{"--retries", "-1"}, "--retries -1 is out of range (option --retries)\n  Use 0 to 1000."},
		{[]string{"--shard", "3"}, "--shard \"3\" is not a share of the list (option --shard)\n  Use I/N: of three shares 1/3, 2/3 or 3/3."},
		{[]string{"--shard=a/b"}, "--shard \"a/b\" is not a share of the list (option --shard)\n  Use I/N: of three shares 1/3, 2/3 or 3/3."},
		{[]string{"--shard", "0/3"}, "--shard 0/3 is out of range (option --shard)\n  Use 1/3 to 3/3."},
		{[]string{"--shard", "4/3"}, "--shard 4/3 is out of range (option --shard)\n  Use 1/3 to 3/3."},
		{[]string{"--shard", "1/0"}, "--shard 1/0 is out of range (option --shard)\n  Use one of 1 to 65535 shares."},
		{[]string{"--shard", "1/65536"}, "--shard 1/65536 is out of range (option --shard)\n  Use one of 1 to 65535 shares."},
		{[]string{"--max-pages=-1"}, "--max-pages -1 is out of range (option --max-pages)\n  Use 0 or more."},
		{[]string{"-t", "30x", "urls.txt"}, "--timeout \"30x\" is not a duration (option -t)\n  Use seconds or a unit: 30, 500ms, 2m."},
		{[]string{"-t", "0"}, "--timeout 0 is out of range (option -t)\n  Use 1ms to 36500d."},
		{[]string{"--host-delay", "-1"}, "--host-delay -1 is out of range (option --host-delay)\n  Use 0 to 36500d."},
		{[]string{"--robots", "yes"}, "--robots \"yes\" is unknown (option --robots)\n  Use auto, always or never."},
		{[]string{"--host-max-errors", "-1"}, "--host-max-errors -1 is out of range (option --host-max-errors)\n  Use 0 to 1000000."},
		{[]string{"--max-size", "10M"}, "--max-size \"10M\" is not a size (option --max-size)\n  Use bytes or a unit: 65536, 10MB, 10MiB."},
		{[]string{"--max-size", "0"}, "--max-size 0 is out of range (option --max-size)\n  Use 1 byte or more."},
		{[]string{"-r", "fast"}, "--rate \"fast\" is not a rate (option -r)\n  Use a number a second, or a unit: 10, 10/s, 600/m, 3600/h."},
		{[]string{"-r", "-1"}, "--rate -1 is out of range (option -r)\n  Use 0 (no limit) or more."},
		{[]string{"--executor", "clouds"}, "--executor \"clouds\" is unknown (option --executor)\n  Use thread, process or cluster."},
		{[]string{"--nats", "nats://h:4222"}, "--nats is for workers over NATS, and there are none (option --nats)\n  Add --executor cluster, or leave --nats out."},
		{[]string{"--executor", "process", "--nats-listen", ":4222"}, "--nats-listen is for workers over NATS, and there are none (option --nats-listen)\n  Add --executor cluster, or leave --nats-listen out."},
		{[]string{"--nats-replicas", "3"}, "--nats-replicas is for workers over NATS, and there are none (option --nats-replicas)\n  Add --executor cluster, or leave --nats-replicas out."},
		{[]string{"--executor", "cluster", "--nats-replicas", "3"}, "--nats-replicas is for a cluster of servers, and there is one, in this process (option --nats-replicas)\n  Name them with --nats, or leave --nats-replicas out."},
		{[]string{"--executor", "cluster", "--nats", "h", "--nats-replicas", "6"}, "--nats-replicas 6 is out of range (option --nats-replicas)\n  Use 1 to 5."},
		{[]string{"--executor", "cluster", "--nats", "h", "--nats-listen", ":4222"}, "--nats-listen is for a server in this process, and --nats names another (option --nats-listen)\n  Leave one of them out."},
		{[]string{"--executor", "cluster", "--nats-listen", "0.0.0.0"}, "--nats-listen \"0.0.0.0\" is not ADDR:PORT (option --nats-listen)\n  Use an address of this machine and a port: 192.0.2.7:4222, or :4222 for all of its addresses."},
		{[]string{"--executor", "cluster", "--processes", "2"}, "--processes is for worker processes, and there are none (option --processes)\n  Add --executor process, or leave --processes out."},
		{[]string{"--executor", "process", "--processes", "0"}, "--processes 0 is out of range (option --processes)\n  Use 1 to 1024."},
		{[]string{"--executor", "process", "--process-memory", "1MB"}, "--process-memory 1MB is out of range (option --process-memory)\n  Use 64MiB or more."},
		{[]string{"--processes", "2"}, "--processes is for worker processes, and there are none (option --processes)\n  Add --executor process, or leave --processes out."},
		{[]string{"--process-memory", "1GB"}, "--process-memory is for worker processes, and there are none (option --process-memory)\n  Add --executor process, or leave --process-memory out."},
		{[]string{"--once", "urls.txt"}, "unknown option --once\n  It is one of trawl worker: see 'trawl help worker'."},
		{[]string{"--http", "3"}, "--http \"3\" is unknown (option --http)\n  Use auto, 1.1 or 2."},
		{[]string{"--progress", "dots"}, "--progress \"dots\" is unknown (option --progress)\n  Use auto, bar, lines, json or none."},
		{[]string{"-f", "xml"}, "--format \"xml\" is unknown (option -f)\n  Use " + orList(formatNames()) + "."},
		{[]string{"--accept", "2xx"}, "--accept \"2xx\" is not a list of statuses (option --accept)\n  Use statuses and ranges of them: 200-299,404."},
		{[]string{"-X", "GE T"}, "--method \"GE T\" is not a method (option -X)\n  Use GET, HEAD, POST or another word of that kind."},
		{[]string{"-X", "connect"}, "--method \"connect\" is not a method (option -X)\n  Use GET, HEAD, POST or another word of that kind."},
		{[]string{"-A", "a\nb"}, "--user-agent \"a\\x0ab\" is not a user agent (option -A)\n  Use printable text, or -H 'User-Agent:' to send none."},
		{[]string{"-x", "ftp://p:1"}, "--proxy \"ftp://p:1\" is not a proxy (option -x)\n  Use http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT."},
		{[]string{"-x", "me:secret@p:1"}, "--proxy \"***@p:1\" is not a proxy (option -x)\n  Use http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT."},
		{[]string{"--resolve", "a:443"}, "--resolve \"a:443\" is not HOST:PORT:ADDR (option --resolve)\n  Use a name, a port and an IP address: example.com:443:127.0.0.1."},
		{[]string{"--deny-private", "-x", "http://me:topsecret@p:1"}, "--deny-private does not hold for a proxy, and there is one: option -x (option --deny-private)\n  A proxy connects by itself, to any address. Leave one of them out."},
		{[]string{"--cacert", "none.pem"}, "--cacert \"none.pem\" cannot be read: no such file or directory (option --cacert)\n  Check the file's name and its permissions."},
		{[]string{"-o", ""}, "--output \"\" is not a file name (option -o)\n  Give a file name, or leave the option out."},
		{[]string{"--errors", "-"}, "--errors \"-\" is not a file name (option --errors)\n  Use the name of a file, or none."},
		{[]string{"--errors", "./db.txt"}, "--errors and --output are the same file: db.txt (option --errors)\n  Give the failures a file of their own, or --errors none."},
		{[]string{"-j", "-f", "text"}, "--json and --format text contradict each other (option -j)\n  Leave one of them out."},
		{[]string{"--dedupe=maybe"}, "--dedupe \"maybe\" is not true or false (option --dedupe)\n  Use true or false."},
		{[]string{"--quiet=3"}, "--quiet \"3\" is not true, false, 1 or 2 (option --quiet)\n  Use true, false, 1 or 2."},
		{
			[]string{"--retry-on", "timeout,never"}, "--retry-on \"timeout,never\" is not a list of failures (option --retry-on)\n" +
				"  Use timeout,dns,connect,reset,truncated,503 and the like.\n" +
				"  \"never\" is neither a status nor one of timeout dns connect reset truncated tls proxy protocol decode.",
		},
	} {
		if got, want := refused(t, exitUsage, test.args...), "trawl: "+test.want+"\n"; got != want {
			t.Errorf("trawl %q:\n%swant:\n%s", test.args, got, want)
		}
	}
}

func TestSelectorThatIsNone(t *testing.T) {
	got := refused(t, exitUsage, "--select", "h1")
	if want := "trawl: --select \"h1\" is not NAME=CSS[@ATTR] (option --select)\n  Use a name and a selector: 'h1=h1', 'links=a@href'.\n"; !strings.HasPrefix(got, want) {
		t.Errorf("--select h1:\n%swant\n%s", got, want)
	}
}

func TestEveryOptionReachesTheConfig(t *testing.T) {
	cfg := parsed(t, strings.Fields(`--dedupe --max-pages 3 --shard 3/16 --allow-empty --robots always --host-max-errors 12 -X HEAD -H A:1 -A me -x socks5://p:1 -t 1m --connect-timeout 2
		--max-redirects 0 --max-size 1kB --accept 200,404 --http 2 -k --resolve Example.COM:443:[::1] --resolve a:80:127.0.0.2 -c 4 --host-concurrency 5
		-r 60/m --host-delay 6s --retries 7 --retry-wait 8 --retry-max-wait 9 --retry-on 503 --max-duration 1d --executor process --processes 3 --process-memory 64MiB --select h=h1 --select b=b
		-o out.jsonl -O --errors bad.jsonl --keep-order -q -v --progress bar --summary json --color never -n`)...)
	if got := cfg.Accept.String(); got != "200,404" {
		t.Errorf("Accept is %s", got)
	}
	if got := cfg.Proxy.String(); got != "socks5://p:1" {
		t.Errorf("Proxy is %s", got)
	}
	if len(cfg.Select) != 2 {
		t.Errorf("%d selectors, want 2", len(cfg.Select))
	}
	want := config{
		command: "crawl", Args: []string{}, Dedupe: true, MaxPages: 3, Shard: crawl.Share{Number: 3, Of: 16}, AllowEmpty: true, Robots: fetch.RobotsAlways, Method: "HEAD", Header: []fetch.Field{{Name: "A", Value: "1"}}, UserAgent: "me",
		Proxy: cfg.Proxy, Timeout: time.Minute, ConnectTimeout: 2 * time.Second, MaxSize: 1000, Accept: cfg.Accept, HTTP: fetch.HTTP2, Insecure: true,
		Resolve: map[string]string{"example.com:443": "::1", "a:80": "127.0.0.2"}, Concurrency: 4, HostConcurrency: 5, Rate: 1, HostDelay: 6 * time.Second,
		Retries: 7, RetryWait: 8 * time.Second, RetryMaxWait: 9 * time.Second, RetryOn: fetch.RetryOn{"503": true}, HostMaxErrors: 12, MaxDuration: 24 * time.Hour,
		Executor: "process", Processes: 3, ProcessMemory: 64 << 20, NATSReplicas: 1,
		Select: cfg.Select, Output: "out.jsonl", Format: "jsonl", Overwrite: true, Errors: "bad.jsonl", KeepOrder: true, Quiet: 1, Verbose: 1,
		Progress: "bar", Summary: "json", Color: "never", Lock: "fail", DryRun: true, from: cfg.from,
	}
	if diff := cmp.Diff(want, cfg, everything); diff != "" {
		t.Errorf("all options (-want +got):\n%s", diff)
	}
}

func TestJSONAndFormatAndOutput(t *testing.T) {
	type result struct{ Format, Output string }
	for args, want := range map[string]result{
		"":                      {"text", "db.txt"},
		"-o -":                  {"text", "-"},
		"-o pages.jsonl":        {"jsonl", "pages.jsonl"},
		"-o pages.jsonl -ftext": {"text", "pages.jsonl"},
		"-f jsonl":              {"jsonl", "db.txt"},
		"-j":                    {"jsonl", "-"},
		"-j -o x":               {"jsonl", "x"},
		"-j -f jsonl":           {"jsonl", "-"},
	} {
		cfg := parsed(t, strings.Fields(args)...)
		if got := (result{string(cfg.Format), cfg.Output}); got != want {
			t.Errorf("trawl %s: %v, want %v", args, got, want)
		}
	}
	t.Setenv("TRAWL_FORMAT", "text")
	if cfg := parsed(t, "-j"); cfg.Format != "jsonl" || cfg.Output != "-" {
		t.Errorf("TRAWL_FORMAT=text and -j: %s into %s, want the option to win", cfg.Format, cfg.Output)
	}
	t.Setenv("TRAWL_FORMAT", "")
	t.Setenv("TRAWL_JSON", "1")
	if cfg := parsed(t, "-f", "text"); cfg.Format != "text" || cfg.Output != "db.txt" {
		t.Errorf("TRAWL_JSON=1 and -f text: %s into %s, want the option to win", cfg.Format, cfg.Output)
	}
	t.Setenv("TRAWL_OUTPUT", "out.txt")
	if cfg := parsed(t); cfg.Format != "jsonl" || cfg.Output != "out.txt" {
		t.Errorf("TRAWL_JSON=1 and TRAWL_OUTPUT: %s into %s", cfg.Format, cfg.Output)
	}
}

func TestEveryOptionHasAVariable(t *testing.T) {
	for _, o := range new(config).table() {
		if o.set == nil {
			continue
		}
		value := map[string]string{
			"header": "A: 1", "user-agent": "me", "proxy": "http://p:1", "resolve": "a:80:127.0.0.1", "select": "h=h1", "output": "x", "format": "jsonl", "errors": "e", "processes": "2", "fields": "url,size",
			"fail-if": "failed > 1%", "shard": "3/16", "metrics-textfile": "m.prom", "config": os.DevNull,
			"nats": "nats://h:4222", "nats-listen": ":4222",
		}[o.name]
		switch {
		case o.name == "cacert": // needs a file: has a test of its own
			continue
		case !o.takesValue():
			value = "true"
		case value == "":
			value = o.preset
		}
		t.Run(o.name, func(t *testing.T) {
			withoutProxies(t)
			var beside []string // what makes sense of it
			switch o.name {
			case "select", "fields":
				beside = []string{"-f", "jsonl"}
			case "processes", "process-memory":
				beside = []string{"--executor", "process"}
			case "nats", "nats-listen":
				beside = []string{"--executor", "cluster"}
			case "nats-replicas":
				beside = []string{"--executor", "cluster", "--nats", "h"}
			case "error-on-no-change":
				beside = []string{"--if-changed"}
			}
			t.Setenv(o.variable(), value)
			fromVariable := parsed(t, beside...)
			if got := fromVariable.where(o.name); got != o.variable() {
				t.Errorf("the value comes from %q, want %s", got, o.variable())
			}
			os.Unsetenv(o.variable())
			fromOption := parsed(t, append(beside, "--"+o.name+"="+value)...)
			fromVariable.from, fromOption.from = nil, nil
			if diff := cmp.Diff(fromOption, fromVariable, everything); diff != "" {
				t.Errorf("%s=%s is not as the option (-option +variable):\n%s", o.variable(), value, diff)
			}
		})
	}
}

// A variable for worker processes does not stand in the way of who wants none.
func TestExecutorOfTheLineWinsOverVariablesForAnother(t *testing.T) {
	t.Setenv("TRAWL_PROCESSES", "3")
	if cfg := parsed(t); cfg.Executor != "thread" {
		t.Errorf("TRAWL_PROCESSES alone: executor %s", cfg.Executor)
	}
	t.Setenv("TRAWL_EXECUTOR", "process")
	if cfg := parsed(t); cfg.Executor != "process" || cfg.Processes != 3 {
		t.Errorf("both variables: %d in executor %s", cfg.Processes, cfg.Executor)
	}
	if cfg := parsed(t, "--executor", "thread"); cfg.Executor != "thread" {
		t.Errorf("--executor thread: %s", cfg.Executor)
	}
}

func TestBadVariables(t *testing.T) {
	for _, test := range []struct{ name, value, want string }{
		{"TRAWL_CONCURRENCY", "abc", `TRAWL_CONCURRENCY="abc": want a whole number` + "\n  Use 1 to 65535.\n"},
		{"TRAWL_CONCURRENCY", "0", `TRAWL_CONCURRENCY="0": want 1 to 65535` + "\n  It stands for --concurrency: change it, or unset it.\n"},
		{"TRAWL_TIMEOUT", "30x", `TRAWL_TIMEOUT="30x": want a duration` + "\n  Use seconds or a unit: 30, 500ms, 2m.\n"},
		{"TRAWL_DEDUPE", "maybe", `TRAWL_DEDUPE="maybe": want true or false` + "\n  It stands for --dedupe: change it, or unset it.\n"},
		{"TRAWL_HTTP", "3", `TRAWL_HTTP="3": want auto, 1.1 or 2` + "\n  It stands for --http: change it, or unset it.\n"},
		{"TRAWL_HEADER", "A: 1\nB: secret\x01", `TRAWL_HEADER="B:***": want a header` + "\n  Write 'Name: value', or @FILE for a file of such lines.\n"},
	} {
		t.Run(test.name+test.value, func(t *testing.T) {
			t.Setenv(test.name, test.value)
			if got, want := refused(t, exitConfig, "urls.txt"), "trawl: "+test.want; got != want {
				t.Errorf("%s=%q:\n%swant:\n%s", test.name, test.value, got, want)
			}
		})
	}
}

func TestAnOptionReplacesItsVariable(t *testing.T) {
	t.Setenv("TRAWL_CONCURRENCY", "abc")
	t.Setenv("TRAWL_HEADER", "A: 1\n\nB: a,b")
	t.Setenv("TRAWL_VERBOSE", "2")
	cfg := parsed(t, "-c", "5")
	if want := []fetch.Field{{Name: "A", Value: "1"}, {Name: "B", Value: "a,b"}}; cfg.Concurrency != 5 || cfg.Verbose != 2 || !cmp.Equal(want, cfg.Header) {
		t.Errorf("concurrency %d, verbose %d, header %v, want 5, 2, %v", cfg.Concurrency, cfg.Verbose, cfg.Header, want)
	}
	cfg = parsed(t, "-c", "5", "-H", "C: 1", "-v")
	if want := []fetch.Field{{Name: "C", Value: "1"}}; cfg.Verbose != 1 || !cmp.Equal(want, cfg.Header) {
		t.Errorf("verbose %d, header %v, want 1, %v", cfg.Verbose, cfg.Header, want)
	}
	if got := []string{cfg.where("concurrency"), cfg.where("output"), cfg.where("retries")}; !cmp.Equal(got, []string{"option -c", "option -o", "option --retries"}) {
		t.Errorf("values come from %q", got)
	}
}

func TestVersionOnOneLine(t *testing.T) {
	for _, arg := range []string{"-V", "--version"} {
		var stdout, stderr bytes.Buffer
		_, code, done := parseArgs([]string{arg}, &stdout, &stderr)
		if want := "trawl " + fetch.Release + "\n"; stdout.String() != want || stderr.Len() > 0 || code != exitOK || !done {
			t.Errorf("trawl %s: %q, stderr %q, code %d, done %v", arg, &stdout, &stderr, code, done)
		}
	}
	if cfg := parsed(t, "-v", "a"); cfg.Verbose != 1 {
		t.Errorf("-v: verbose %d", cfg.Verbose)
	}
}

// A closed pipe ends a help well, a full disk does not.
func TestHelpThatCannotBeWritten(t *testing.T) {
	var stderr bytes.Buffer
	if _, code, done := parseArgs([]string{"-h"}, failing{syscall.EPIPE}, &stderr); code != exitOK || !done || stderr.Len() > 0 {
		t.Errorf("into a closed pipe: code %d, done %v, stderr %q", code, done, &stderr)
	}
	_, code, done := parseArgs([]string{"--help"}, failing{&fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}}, &stderr)
	if want := "trawl: cannot write standard output: no space left on device\n"; code != exitWrite || !done || stderr.String() != want {
		t.Errorf("onto a full disk: code %d, done %v, stderr %q", code, done, &stderr)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestSecretsAreInNoMessage(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("headers", []byte("Good: fine\nAuthorization Basic topsecret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"-H", "Authorization: topsecret\r\n"}, {"-H", "Authorization : topsecret"}, {"-H", "Bearer topsecret"}, {"-H", "@headers"},
		{"-x", "http://me:topsecret@"}, {"-x", "me:topsecret@host:80"}, {"-x", "http://me:topsecret@[::1"}, {"-x", "http://me:top/secret@host"}, {"-x", "http://me:top?@secret@host:x"},
	} {
		if got := refused(t, exitUsage, args...); strings.Contains(got, "secret") {
			t.Errorf("trawl %q tells the secret:\n%s", args, got)
		}
	}
}

func TestCertificates(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "no.pem"), []byte("hello\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), testCertificate(t), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	if got, want := refused(t, exitUsage, "--cacert", "no.pem"), "holds no certificate"; !strings.Contains(got, want) {
		t.Errorf("a file without one:\n%s", got)
	}
	t.Setenv("TRAWL_CACERT", "ca.pem")
	if cfg := parsed(t); cfg.CACert == nil {
		t.Error("TRAWL_CACERT with a certificate: no CACert")
	}
}

// testCertificate is that of httptest's servers.
func testCertificate(t *testing.T) []byte {
	t.Helper()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
}

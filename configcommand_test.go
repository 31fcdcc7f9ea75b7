package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// rowsOf is what `trawl config` prints of an option: its rows without the name.
func rowsOf(t *testing.T, name string, args ...string) string {
	t.Helper()
	var rows []string
	for _, line := range linesOf(asked(t, append([]string{"config"}, args...)...)) {
		if of, rest, _ := strings.Cut(line, " "); of == name {
			rows = append(rows, regexp.MustCompile(` +`).ReplaceAllString(strings.TrimSpace(rest), " "))
		}
	}
	return strings.Join(rows, "; ")
}

func TestConfigShowsEveryOptionWithItsOrigin(t *testing.T) {
	folders(t)
	withoutProxies(t)
	put(t, "t.toml", "retries = 5\ntimeout = 30\nheader = ['A: topsecret']\nselect = ['a=a', 'b=b@href']\nfail-if = ['failed > 1%', 'never']")
	args := []string{"-c", "50", "--config", "t.toml", "-j", "--rate=600/m", "--max-size", "65536", "--host-delay=90", "--no-dedupe", "--resolve=b:1:::1", "--resolve=a:1:1.1.1.1"}
	t.Setenv("TRAWL_ACCEPT", "200,404")
	for name, want := range map[string]string{
		"concurrency":      "50 option -c",
		"retries":          "5 t.toml:1",
		"timeout":          "30s t.toml:2",
		"header":           "(1 set) t.toml:3",
		"select":           "a=a t.toml:4; b=b@href t.toml:4",
		"fail-if":          "failed > 1% t.toml:5; never t.toml:5",
		"host-concurrency": "8 default",
		"accept":           "200,404 TRAWL_ACCEPT",
		"rate":             "10/s option --rate",
		"max-size":         "64KiB option --max-size",
		"host-delay":       "1m30s option --host-delay",
		"dedupe":           "false option --no-dedupe",
		"resolve":          "a:1:1.1.1.1 option --resolve; b:1:::1 option --resolve",
		"json":             "true option -j",
		"format":           "jsonl option -j",
		"output":           "- option -j",
		"errors":           "none option -j",
		"proxy":            "none default",
		"cacert":           "none default",
		"config":           "t.toml option --config",
		"fields":           "all default",
		"lock":             "fail default",
	} {
		if got := rowsOf(t, name, args...); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	for args, want := range map[string]string{
		"":                         "text default",
		"-o x.jsonl":               "jsonl option -o",
		"-o x -f jsonl":            "jsonl option -f",
		"--output=x.jsonl -f text": "text option -f",
	} {
		if got := rowsOf(t, "format", strings.Fields(args)...); got != want {
			t.Errorf("trawl config %s: format %s, want %s", args, got, want)
		}
	}
	if got, want := rowsOf(t, "errors", "-o", "a/x.jsonl"), "a/x.errors.jsonl option -o"; got != want {
		t.Errorf("errors: %s, want %s", got, want)
	}
	if got, want := rowsOf(t, "fail-if"), "failed > 0 default"; got != want {
		t.Errorf("fail-if: %s, want %s", got, want)
	}
}

// sampleValues are values of options that have no default to try.
var sampleValues = map[string]string{
	"header": "A: 1", "user-agent": "me", "proxy": "http://p:1", "resolve": "a:80:127.0.0.1", "select": "h=h1", "output": "x", "format": "jsonl", "errors": "e", "processes": "2", "fields": "url,size",
	"fail-if": "failed > 1%", "metrics-textfile": "m.prom", "config": os.DevNull, "cacert": "ca.pem",
	"nats": "nats://h:4222", "nats-listen": ":4222",
}

func sampleOf(o option) string {
	switch value := sampleValues[o.name]; {
	case value != "":
		return value
	case !o.takesValue():
		return "true"
	}
	return o.preset
}

func TestEveryVariableShowsInConfig(t *testing.T) {
	folders(t)
	put(t, "ca.pem", string(testCertificate(t)))
	for _, o := range new(config).table() {
		if o.set == nil {
			continue
		}
		t.Run(o.name, func(t *testing.T) {
			withoutProxies(t)
			t.Setenv(o.variable(), sampleOf(o))
			var beside []string
			switch o.name {
			case "select":
				beside = []string{"--format=jsonl"}
			case "error-on-no-change":
				beside = []string{"--if-changed"}
			}
			if got := rowsOf(t, o.name, beside...); !strings.HasSuffix(got, " "+o.variable()) {
				t.Errorf("%s=%s: %q", o.variable(), sampleOf(o), got)
			}
			os.Unsetenv(o.variable())
			if got := rowsOf(t, o.name, beside...); got == "" || strings.Contains(got, "TRAWL_") {
				t.Errorf("without %s: %q", o.variable(), got)
			}
		})
	}
}

// What `trawl config` shows of a value, secrets aside, is that value in the one form
// that it has.
func TestWhatConfigShowsCanBeGivenBack(t *testing.T) {
	folders(t)
	put(t, "ca.pem", string(testCertificate(t)))
	more := map[string][]string{
		"timeout": {"500ms", "90", "1d", "1h30m", "0.0015"}, "max-size": {"1", "1000", "1024", "1.5GB", "10MiB", "1536KiB", "1TB"},
		"rate": {"10", "0.5", "600/m", "1/h", "7/m", "0.3", "100/h"}, "fail-if": {"never", "p95>2s"}, "quiet": {"2"}, "resolve": {"A.b:1:[::1]"}, "accept": {"404,200-204"},
		"proxy": {"socks5h://p:1"}, "fields": {"size, url"}, "http": {"2", "1.1"},
	}
	for _, o := range new(config).table() {
		if o.set == nil || o.name == "header" || o.name == "config" {
			continue
		}
		for _, value := range append(more[o.name], sampleOf(o)) {
			if show := shownAs(t, o.name, value); shownAs(t, o.name, strings.Split(show, "\n")...) != show {
				t.Errorf("--%s %s shows as %q, and that as %q", o.name, value, show, shownAs(t, o.name, show))
			}
		}
	}
	for a, b := range map[string]string{"30": "30s", "90": "1m30s", "0.5": "500ms"} {
		if got, want := shownAs(t, "timeout", a), shownAs(t, "timeout", b); got != want || got != b {
			t.Errorf("-t %s shows as %s, and -t %s as %s", a, got, b, want)
		}
	}
}

func shownAs(t *testing.T, name string, values ...string) string {
	t.Helper()
	for _, o := range new(config).table() {
		if o.name != name {
			continue
		}
		for _, value := range values {
			if err := o.set(value); err != nil {
				t.Errorf("--%s %s: %v", name, value, err)
			}
		}
		return o.show()
	}
	t.Fatalf("no option %s", name)
	return ""
}

func TestConfigShowsNoSecret(t *testing.T) {
	folders(t)
	withoutProxies(t)
	put(t, "secrets", "X-Key: topsecret\n")
	put(t, "t.toml", "header = ['Authorization: topsecret', '@secrets']\nproxy = 'http://topsecret:topsecret@p:1'")
	t.Setenv("HTTPS_PROXY", "http://topsecret:topsecret@q:1")
	for _, args := range [][]string{
		{}, {"--config", "t.toml"}, {"--executor", "cluster", "--nats", "nats://a:topsecret@h"}, {"-x", "socks5://a:topsecret@p"}, {"-H", "Cookie: topsecret"}, {"-H", "@secrets"},
	} {
		if got := asked(t, append([]string{"config"}, args...)...); strings.Contains(got, "topsecret") {
			t.Errorf("trawl config %q:\n%s", args, got)
		}
	}
	t.Setenv("TRAWL_HEADER", "A: topsecret")
	if got, want := rowsOf(t, "header", "--config", "t.toml"), "(1 set) TRAWL_HEADER"; got != want {
		t.Errorf("headers of a variable: %s, want %s", got, want)
	}
	os.Unsetenv("TRAWL_HEADER")
	if got, want := rowsOf(t, "header", "--config", "t.toml"), "(2 set) t.toml:1"; got != want {
		t.Errorf("headers of a file: %s, want %s", got, want)
	}
	if got, want := rowsOf(t, "proxy", "--config", "t.toml"), "http://***@p:1 t.toml:2"; got != want {
		t.Errorf("a proxy of a file: %s, want %s", got, want)
	}
}

// Where no option names a proxy, its row says which variable does.
func TestConfigShowsTheEnvironmentsProxies(t *testing.T) {
	folders(t)
	withoutProxies(t)
	t.Setenv("http_proxy", "me:pw@c:1")
	t.Setenv("HTTPS_PROXY", "https://d:2")
	t.Setenv("https_proxy", "https://other:2")
	t.Setenv("no_proxy", "localhost,.corp")
	if got, want := rowsOf(t, "proxy"), "***@c:1 http_proxy; https://d:2 HTTPS_PROXY; none for localhost,.corp no_proxy"; got != want {
		t.Errorf("proxy: %s, want %s", got, want)
	}
	if got, want := rowsOf(t, "proxy", "-x", "http://p:1"), "http://p:1 option -x"; got != want {
		t.Errorf("proxy: %s, want %s", got, want)
	}
}

func TestConfigTakesNoInput(t *testing.T) {
	folders(t)
	if got, want := refused(t, exitUsage, "config", "urls.txt"), "trawl: config takes no lists and no URLs: urls.txt\n  See 'trawl help config'.\n"; got != want {
		t.Errorf("trawl config urls.txt:\n%swant:\n%s", got, want)
	}
}

// A run leaves nothing in the folders of its user.
func TestNothingIsLeftAtHome(t *testing.T) {
	s := newSite(t)
	dir, home := t.TempDir(), t.TempDir()
	for _, args := range [][]string{{"config"}, {s.URL + "/page/1"}} {
		cmd := trawl(t, dir, args...)
		cmd.Env = append(cmd.Env, "HOME="+home, "USERPROFILE="+home, "XDG_CONFIG_HOME=", "XDG_CACHE_HOME=", "XDG_STATE_HOME=", "TRAWL_EXECUTOR="+inProcesses)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("trawl %s: %v\n%s", args, err, out)
		}
	}
	if left, err := filepath.Glob(filepath.Join(home, "*")); err != nil || len(left) > 0 {
		t.Errorf("%q, %v", left, err)
	}
	if hidden, err := filepath.Glob(filepath.Join(home, ".*")); err != nil || len(hidden) > 0 {
		t.Errorf("%q, %v", hidden, err)
	}
}

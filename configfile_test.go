package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"trawl/fetch"
)

// The tests do not read what whoever runs them has configured.
func init() {
	if filepath.Base(os.Args[0]) == "trawl" { // the command of a script, which has an environment of its own
		return
	}
	for _, name := range []string{"XDG_CONFIG_HOME", "XDG_CONFIG_DIRS"} {
		os.Setenv(name, filepath.Join(os.TempDir(), "no-such-folder-of-trawl"))
	}
}

// folders makes a current folder, one of the user and one of the system, and returns
// the latter two.
func folders(t *testing.T) (user, system string) {
	t.Helper()
	t.Chdir(t.TempDir())
	user, system = t.TempDir(), t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", user)
	t.Setenv("XDG_CONFIG_DIRS", system)
	return user, system
}

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestKeysThatAreRefused(t *testing.T) {
	folders(t)
	const test = " 'trawl config' tests the file.\n"
	for text, want := range map[string]string{
		"# first\n\n\nconcurency = 50\n": `unknown key "concurency" (t.toml:4)` + "\n  Did you mean concurrency?" + test,
		"max_pages = 5":                  `unknown key "max_pages" (t.toml:1)` + "\n  Did you mean max-pages?" + test,
		"zzzzzzzz = 5":                   `unknown key "zzzzzzzz" (t.toml:1)` + "\n  See 'trawl --help' for the names." + test,
		"timeout.x = 5":                  `unknown key "timeout.x" (t.toml:1)` + "\n  Did you mean timeout?" + test,
		"\"q\\u001b[1m\" = 5":            `unknown key "q\x1b[1m" (t.toml:1)` + "\n  See 'trawl --help' for the names." + test,
		"no-dedupe = true":               `unknown key "no-dedupe" (t.toml:1)` + "\n  Write dedupe = false." + test,
		"urls = ['a']":                   `unknown key "urls" (t.toml:1)` + "\n  Lists and URLs are arguments: trawl urls.txt." + test,
		"dry-run = true":                 `"dry-run" is no key of a configuration file (t.toml:1)` + "\n  Give it on the command line." + test,
		"config = 'x'":                   `"config" is no key of a configuration file (t.toml:1)` + "\n  Give it on the command line." + test,
		"no-config = true":               `"no-config" is no key of a configuration file (t.toml:1)` + "\n  Give it on the command line." + test,
		"version = 1":                    `"version" is no key of a configuration file (t.toml:1)` + "\n  Give it on the command line." + test,
		"help = true":                    `"help" is no key of a configuration file (t.toml:1)` + "\n  Give it on the command line." + test,
		"retries = 1\n[timeout]\nx = 1":  `unknown table "timeout" (t.toml:2)` + "\n  There are no tables: every key is the long name of an option." + test,
		"[[host]]":                       `unknown table "host" (t.toml:1)` + "\n  There are no tables: every key is the long name of an option." + test,

		"retries = '3'":                  "wrong type of retries: it is a string, and must be a whole number (t.toml:1)\n  Write retries = 2." + test,
		"retries = 3.5":                  "wrong type of retries: it is a number, and must be a whole number (t.toml:1)\n  Write retries = 2." + test,
		"\ntimeout = true":               "wrong type of timeout: it is true or false, and must be a string, a whole number or a number (t.toml:2)\n  Write timeout = \"30s\"." + test,
		"timeout = ['1s']":               "wrong type of timeout: it is an array, and must be a string, a whole number or a number (t.toml:1)\n  Write timeout = \"30s\"." + test,
		"timeout = 07:32:00":             "wrong type of timeout: it is a date or a time, and must be a string, a whole number or a number (t.toml:1)\n  Write timeout = \"30s\"." + test,
		"output = {name = 'x'}":          "wrong type of output: it is a table, and must be a string (t.toml:1)\n  Write output = \"FILE\"." + test,
		"dedupe = 1":                     "wrong type of dedupe: it is a whole number, and must be true or false (t.toml:1)\n  Write dedupe = true." + test,
		"dedupe = 'yes'":                 "wrong type of dedupe: it is a string, and must be true or false (t.toml:1)\n  Write dedupe = true." + test,
		"header = [\n'A: 1',\n5]":        "wrong type of header: it is a whole number, and must be a string (t.toml:3)\n  Write header = [\"N: V\"]." + test,
		"header = [['A: 1']]":            "wrong type of header: it is an array, and must be a string (t.toml:1)\n  Write header = [\"N: V\"]." + test,
		"timeout = 30s":                  "no TOML: strings must be quoted (t.toml:1)\n  A string stands in quotes: timeout = \"30s\"." + test,
		"retries = 1\n\nretries = 2":     "no TOML: key retries is already defined (t.toml:3)\n  A key stands once; several values are an array." + test,
		"retries":                        "no TOML: expected '=' after key (t.toml:1)\n  A string stands in quotes: timeout = \"30s\"." + test,
		"\n\ntimeout = \"30x\"":          "--timeout \"30x\" is not a duration (t.toml:3)\n  Use seconds or a unit: 30, 500ms, 2m.\n",
		"retries = 2000":                 "--retries 2000 is out of range (t.toml:1)\n  Use 0 to 1000.\n",
		"timeout = nan":                  "--timeout \"NaN\" is not a duration (t.toml:1)\n  Use seconds or a unit: 30, 500ms, 2m.\n",
		"header = ['A: 1',\n  'secret']": "--header \"secret\" is not a header (t.toml:2)\n  Write 'Name: value', or @FILE for a file of such lines.\n",
		"quiet = 3":                      "--quiet \"3\" is not true, false, 1 or 2 (t.toml:1)\n  Use true, false, 1 or 2.\n",
	} {
		put(t, "t.toml", text)
		for _, command := range []string{"config", "crawl"} {
			if got, want := refused(t, exitConfig, command, "--config", "t.toml"), "trawl: "+want; got != want {
				t.Errorf("%s of %q:\n%swant:\n%s", command, text, got, want)
			}
		}
	}
}

// A file is wrong even where an option overrides what it says.
func TestAllOfAFileIsChecked(t *testing.T) {
	user, _ := folders(t)
	put(t, configIn(user), "timeout = '30x'")
	if got := refused(t, exitConfig, "-t", "5"); !strings.Contains(got, configIn(user)+":1)") {
		t.Errorf("a wrong value that -t overrides:\n%s", got)
	}
	if cfg := parsed(t, "-t", "5", "--no-config"); cfg.Timeout != 5e9 {
		t.Errorf("--no-config: timeout %v", cfg.Timeout)
	}
}

func TestEveryKindOfValueIsTaken(t *testing.T) {
	folders(t)
	put(t, "sub/secrets", "B: 2\n")
	put(t, "sub/t.toml", "\ufeff"+`dedupe = true
keep-order = false
quiet = 2
verbose = true
concurrency = 0x10
max-pages = 1_000
timeout = 1.5
host-delay = 2
connect-timeout = "1m30s"
max-size = 1000
rate = 0.5
http = 1.1
accept = [200, "404"]
retry-on = ["timeout", 503]
header = ["A: a,b", "@secrets"]
select = "h=h1"
fields = ["url", "size"]
format = "jsonl"
output = "out.jsonl"
errors = "none"
metrics-textfile = "/m.prom"
lock = "skip"
`)
	cfg := parsed(t, "--config", "sub/t.toml")
	got := fmt.Sprintln(cfg.Dedupe, cfg.KeepOrder, cfg.Quiet, cfg.Verbose, cfg.Concurrency, cfg.MaxPages, cfg.Timeout, cfg.HostDelay, cfg.ConnectTimeout,
		cfg.MaxSize, cfg.Rate, cfg.HTTP, cfg.Accept, cfg.RetryOn, cfg.Header, cfg.Select, cfg.Fields, cfg.Format, filepath.ToSlash(cfg.Output), cfg.Errors, cfg.MetricsTextfile, cfg.Lock)
	want := "true false 2 1 16 1000 1.5s 2s 1m30s 1000 0.5 1.1 200,404 timeout,503 [{A a,b} {B 2}] [h=h1] [url size] jsonl sub/out.jsonl none /m.prom skip\n"
	if got != want {
		t.Errorf("from a file:\n%swant:\n%s", got, want)
	}
	for name, want := range map[string]string{"dedupe": "sub/t.toml:1", "lock": "sub/t.toml:22", "retries": "option --retries"} {
		if got := cfg.where(name); got != want {
			t.Errorf("%s comes from %s, want %s", name, got, want)
		}
	}
}

func TestLargeNumbersOfAFileAreRefusedWithTheirLine(t *testing.T) {
	folders(t)
	put(t, "t.toml", "\nretries = 99999999999999999999")
	if got := refused(t, exitConfig, "--config", "t.toml"); !strings.Contains(got, "(t.toml:2)") {
		t.Errorf("retries of 20 digits:\n%s", got)
	}
}

// precedence is an option of each type, with six values as a file has them and as an
// option or a variable has them.
var precedence = []struct {
	name string
	toml [6]string
	text [6]string
}{
	{"retries", [6]string{"1", "2", "3", "4", "5", "6"}, [6]string{"1", "2", "3", "4", "5", "6"}},
	{"timeout", [6]string{"1", "'2s'", "3", "4.0", "5", "6"}, [6]string{"1s", "2s", "3s", "4s", "5s", "6s"}},
	{"rate", [6]string{"1", "'2/s'", "3", "4.0", "5", "6"}, [6]string{"1/s", "2/s", "3/s", "4/s", "5/s", "6/s"}},
	{"max-size", [6]string{"1", "'2B'", "3", "4", "5", "6"}, [6]string{"1", "2", "3", "4", "5", "6"}},
	{"output", [6]string{"'a'", "'b'", "'c'", "'d'", "'e'", "'f'"}, [6]string{"a", "b", "c", "d", "e", "f"}},
	{"lock", [6]string{"'wait'", "'skip'", "'off'", "'wait'", "'skip'", "'off'"}, [6]string{"wait", "skip", "off", "wait", "skip", "off"}},
	{"select", [6]string{"['a=a']", "['b=b']", "['c=c']", "['d=d']", "['e=e']", "['f=f']"}, [6]string{"a=a", "b=b", "c=c", "d=d", "e=e", "f=f"}},
	{"keep-order", [6]string{"true", "false", "true", "false", "true", "false"}, [6]string{"true", "false", "true", "false", "true", "false"}},
	{"quiet", [6]string{"1", "2", "1", "2", "1", "2"}, [6]string{"1", "2", "1", "2", "1", "2"}},
}

// Of any two places that set an option, the higher one counts, whole: lists do not
// add up.
func TestPrecedence(t *testing.T) {
	places := []string{"option", "variable", "--config", "here", "user", "system"}
	for _, p := range precedence {
		for high := range places {
			for low := high + 1; low < len(places); low++ {
				if high == 2 || low == 2 && high < 2 { // --config is beside an option or a variable only
					if low > 2 {
						continue
					}
				}
				t.Run(p.name+"/"+places[high]+"/"+places[low], func(t *testing.T) {
					user, system := folders(t)
					var args []string
					for _, i := range []int{high, low} {
						switch i {
						case 0:
							args = append(args, "--"+p.name+"="+p.text[i])
						case 1:
							t.Setenv("TRAWL_"+strings.ToUpper(strings.ReplaceAll(p.name, "-", "_")), p.text[i])
						case 2:
							put(t, "named.toml", p.name+" = "+p.toml[i])
							args = append(args, "--config", "named.toml")
						case 3:
							put(t, hereFile, p.name+" = "+p.toml[i])
						case 4:
							put(t, configIn(user), p.name+" = "+p.toml[i])
						case 5:
							put(t, configIn(system), p.name+" = "+p.toml[i])
						}
					}
					cfg := parsed(t, append(args, "--format", "jsonl")...)
					want := p.text[high]
					if p.name == "output" && high > 3 { // beside its file
						want = filepath.Join(map[int]string{4: user, 5: system}[high], "trawl", want)
					}
					i := slices.IndexFunc(cfg.table(), func(o option) bool { return o.name == p.name })
					if got := cfg.table()[i].show(); got != want {
						t.Errorf("%s is %s, want %s", p.name, got, want)
					}
					if got, want := cfg.from[p.name].rank, []rank{fromLine, fromVariable, fromNamed, fromHere, fromUser, fromSystem}[high]; got != want {
						t.Errorf("%s has rank %d, want %d", p.name, got, want)
					}
				})
			}
		}
	}
}

func TestWhichFilesAreRead(t *testing.T) {
	user, system := folders(t)
	home, second := t.TempDir(), t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	put(t, hereFile, "retries = 1")
	put(t, "named.toml", "retries = 2")
	put(t, configIn(user), "retries = 3")
	put(t, configIn(filepath.Join(home, ".config")), "retries = 4")
	put(t, configIn(system), "retries = 5")
	put(t, configIn(second), "retries = 6\nmax-redirects = 6")
	inHome := configIn(filepath.Join(home, ".config"))
	for _, test := range []struct {
		what string
		env  map[string]string
		args []string
		want []string
	}{
		{"all", nil, nil, []string{hereFile, configIn(user), configIn(system)}},
		{"--config", nil, []string{"--config", "named.toml"}, []string{"named.toml"}},
		{"TRAWL_CONFIG", map[string]string{"TRAWL_CONFIG": "named.toml"}, nil, []string{"named.toml"}},
		{"--config wins over its variable", map[string]string{"TRAWL_CONFIG": "none.toml"}, []string{"--config=named.toml"}, []string{"named.toml"}},
		{"--config wins over TRAWL_NO_CONFIG", map[string]string{"TRAWL_NO_CONFIG": "1"}, []string{"--config=named.toml"}, []string{"named.toml"}},
		{"--no-config", nil, []string{"--no-config"}, nil},
		{"--no-config wins over TRAWL_CONFIG", map[string]string{"TRAWL_CONFIG": "none.toml"}, []string{"--no-config"}, nil},
		{"TRAWL_NO_CONFIG", map[string]string{"TRAWL_NO_CONFIG": "true"}, nil, nil},
		{"TRAWL_NO_CONFIG=0", map[string]string{"TRAWL_NO_CONFIG": "0"}, nil, []string{hereFile, configIn(user), configIn(system)}},
		{"no XDG_CONFIG_HOME", map[string]string{"XDG_CONFIG_HOME": ""}, nil, []string{hereFile, inHome, configIn(system)}},
		{"a relative XDG_CONFIG_HOME", map[string]string{"XDG_CONFIG_HOME": "sub"}, nil, []string{hereFile, inHome, configIn(system)}},
		{"two XDG_CONFIG_DIRS, and a relative one", map[string]string{"XDG_CONFIG_DIRS": strings.Join([]string{"sub", system, second}, string(os.PathListSeparator))}, nil,
			[]string{hereFile, configIn(user), configIn(system), configIn(second)}},
	} {
		t.Run(test.what, func(t *testing.T) {
			for name, value := range test.env {
				t.Setenv(name, value)
			}
			if diff := cmp.Diff(test.want, parsed(t, test.args...).read); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
		})
	}
	t.Setenv("XDG_CONFIG_DIRS", system+string(os.PathListSeparator)+second)
	os.Remove(hereFile)
	os.Remove(configIn(user))
	if cfg := parsed(t); cfg.Retries != 5 || cfg.MaxRedirects != 6 {
		t.Errorf("of two files of the system: %d retries and %d redirects, want 5 of the first and 6", cfg.Retries, cfg.MaxRedirects)
	}
	t.Setenv("XDG_CONFIG_DIRS", "")
	if dirs := systemDirs(); !slices.Equal(dirs, []string{"/etc"}) {
		t.Errorf("without XDG_CONFIG_DIRS: %q", dirs)
	}
}

func TestConfigAndNoConfigContradictEachOther(t *testing.T) {
	folders(t)
	if got, want := refused(t, exitUsage, "--config", "x", "--no-config"), "trawl: --no-config and --config contradict each other (option --no-config)\n  Leave one of them out.\n"; got != want {
		t.Errorf("both:\n%swant:\n%s", got, want)
	}
	if got := refused(t, exitUsage, "--no-no-config"); !strings.HasPrefix(got, "trawl: unknown option --no-no-config\n") {
		t.Errorf("--no-no-config:\n%s", got)
	}
}

// Help, version and worker processes have nothing to do with configuration files.
func TestHelpNeedsNoGoodFile(t *testing.T) {
	folders(t)
	put(t, hereFile, "nonsense")
	for _, args := range []string{"-h", "--help", "-V", "version", "help config"} {
		asked(t, strings.Fields(args)...)
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	user, _ := folders(t)
	const found = "\n  It was found, not named: mend or remove it, or do without with --no-config.\n"
	if got, want := refused(t, exitConfig, "--config", "none.toml"), "trawl: cannot read none.toml: no such file or directory (option --config)\n  Check the file's name and its permissions.\n"; got != want {
		t.Errorf("no such file:\n%swant:\n%s", got, want)
	}
	t.Run("variable", func(t *testing.T) {
		t.Setenv("TRAWL_CONFIG", "none.toml")
		if got := refused(t, exitConfig); !strings.Contains(got, "(TRAWL_CONFIG)") {
			t.Errorf("no such file:\n%s", got)
		}
	})
	put(t, hereFile, strings.Repeat("# large\n", maxOptionFile/8+1))
	if got, want := refused(t, exitConfig), "trawl: cannot read trawl.toml: it is over 1 MiB"+found; got != want {
		t.Errorf("a large file:\n%swant:\n%s", got, want)
	}
	os.Remove(hereFile)
	put(t, filepath.Join(hereFile, "x"), "")
	if got, want := refused(t, exitConfig), "trawl: cannot read trawl.toml: is a directory"+found; got != want {
		t.Errorf("a directory:\n%swant:\n%s", got, want)
	}
	os.RemoveAll(hereFile)
	link(t, os.DevNull, hereFile)
	if got, want := refused(t, exitConfig), "trawl: cannot read trawl.toml: it is no regular file"+found; got != want {
		t.Errorf("a device:\n%swant:\n%s", got, want)
	}
	os.Remove(hereFile)
	link(t, "nowhere", hereFile)
	if got, want := refused(t, exitConfig), "trawl: cannot read trawl.toml: no such file or directory"+found; got != want {
		t.Errorf("a link that leads nowhere:\n%swant:\n%s", got, want)
	}
	put(t, "nowhere", "retries = 7")
	if cfg := parsed(t); cfg.Retries != 7 || cfg.where("retries") != "trawl.toml:1" {
		t.Errorf("a link: %d retries from %s", cfg.Retries, cfg.where("retries"))
	}
	put(t, filepath.Join(user, "trawl"), "a file where a folder should be")
	parsed(t)
}

func link(t *testing.T, to, name string) {
	t.Helper()
	if err := os.Symlink(to, name); err != nil {
		t.Fatal(err)
	}
}

// A folder that one only works in does not decide whom trawl trusts, nor does it
// write beyond itself.
func TestAFoundFileIsNotTrusted(t *testing.T) {
	user, _ := folders(t)
	outside := t.TempDir()
	put(t, "ca.pem", string(testCertificate(t)))
	put(t, "sub/x", "")
	link(t, outside, "away")
	link(t, filepath.Join(outside, "none"), "leads")
	link(t, "sub", "near")
	for text, what := range map[string]string{
		"\nheader = ['A: 1']":                `"header"`,
		"\nproxy = 'http://me:secret@p:1'":   `"proxy"`,
		"\ninsecure = true":                  `"insecure"`,
		"\ninsecure = false":                 `"insecure"`,
		"\ncacert = 'ca.pem'":                `"cacert"`,
		"\nresolve = ['a:80:127.0.0.1']":     `"resolve"`,
		"\ndeny-private = false":             `"deny-private = false"`,
		"\noutput = '/tmp/x'":                `"output" outside of this folder`,
		"\noutput = '../x'":                  `"output" outside of this folder`,
		"\noutput = 'away/x'":                `"output" outside of this folder`,
		"\noutput = 'away/new/x'":            `"output" outside of this folder`,
		"\noutput = 'leads'":                 `"output" outside of this folder`,
		"\nerrors = '../x'":                  `"errors" outside of this folder`,
		"\nmetrics-textfile = 'sub/../../x'": `"metrics-textfile" outside of this folder`,
	} {
		put(t, hereFile, text)
		want := "trawl: " + what + ", which is not for a file that was only found (trawl.toml:2)\n  pass it with --config trawl.toml to trust it\n"
		if got := refused(t, exitConfig); got != want {
			t.Errorf("%q:\n%swant:\n%s", text, got, want)
		}
		parsed(t, "--config", hereFile)
		os.Remove(hereFile)
		put(t, configIn(user), text)
		put(t, filepath.Join(user, "trawl", "ca.pem"), string(testCertificate(t)))
		parsed(t)
		os.Remove(configIn(user))
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"deny-private = true", "output = '-'", "output = 'x'", "output = 'new/x-{date}'", "output = 'near/x'", "errors = 'none'", "output = '" + dir + "/x'"} {
		put(t, hereFile, text)
		parsed(t)
	}
}

// What a file says for many runs does not stand in the way of what this one is told.
func TestAFilesOptionsGiveWayToTheRunsOwn(t *testing.T) {
	user, _ := folders(t)
	put(t, configIn(user), "resume = true\nfields = ['url']\nprocesses = 3")
	if cfg := parsed(t); !cfg.Resume || cfg.Processes != 3 {
		t.Errorf("without options: %v, %d", cfg.Resume, cfg.Processes)
	}
	for _, args := range []string{"-o -", "-j", "--lock off", "-o x-{run}"} {
		if cfg := parsed(t, strings.Fields(args)...); cfg.Resume {
			t.Errorf("trawl %s resumes", args)
		}
	}
	put(t, configIn(user), "resume = true\nlock = 'off'")
	if got := refused(t, exitConfig); !strings.HasPrefix(got, "trawl: --resume finds nothing to go on with: --lock off keeps no state ("+configIn(user)+":1)\n") {
		t.Errorf("a file that contradicts itself:\n%s", got)
	}
}

func FuzzConfigurationFilesNeverPanic(f *testing.F) {
	for _, s := range []string{"retries = 3", "[x]\ny = 1", "a.b = 'c'", "header = ['A: 1',\n[2]]", "timeout = {a = 1}", "x = 1979-05-27T07:32:00Z", "\ufeff#", "rate = inf", "select = [\n]"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		cfg := config{from: map[string]origin{}}
		err := cfg.configure(configFile{"t.toml", fromHere}, data)
		if err == nil {
			return
		}
		var line int
		_, at, ok := strings.Cut(err.Error(), "(t.toml:")
		if _, scan := fmt.Sscanf(at, "%d)", &line); !ok || scan != nil || line < 1 || line > bytes.Count(data, []byte("\n"))+1 {
			t.Errorf("of %q: %v", data, err)
		}
	})
}

// An empty list is a list, too.
func TestAnEmptyListReplacesAnother(t *testing.T) {
	user, _ := folders(t)
	put(t, configIn(user), "select = ['a=a']")
	put(t, hereFile, "select = []\nformat = 'jsonl'")
	if cfg := parsed(t); len(cfg.Select) > 0 || cfg.where("select") != "trawl.toml:1" {
		t.Errorf("%v from %s", cfg.Select, cfg.where("select"))
	}
}

func TestHeadersOfAFileAreItsOwn(t *testing.T) {
	folders(t)
	put(t, "t.toml", "header = ['C: 3']")
	t.Setenv("TRAWL_HEADER", "B: 2")
	if cfg := parsed(t, "--config", "t.toml"); !slices.Equal(cfg.Header, []fetch.Field{{Name: "B", Value: "2"}}) {
		t.Errorf("headers %v, want the variable's alone", cfg.Header)
	}
}

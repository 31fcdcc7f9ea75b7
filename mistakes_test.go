package main

import (
	"os"
	"strings"
	"testing"
)

func TestUnknownOptions(t *testing.T) {
	for args, want := range map[string]string{
		"--concurency 50 urls.txt": "unknown option --concurency\n  Did you mean --concurrency? See 'trawl --help'.",
		"--concurency=50 urls.txt": "unknown option --concurency\n  Did you mean --concurrency? See 'trawl --help'.",
		"--nope":                   "unknown option --nope\n  See 'trawl --help'.",
		"--":                       "",
		"---":                      "unknown option ---\n  See 'trawl --help'.",
		"--=x":                     "unknown option --\n  See 'trawl --help'.",
		"--no-dedup":               "unknown option --no-dedup\n  Did you mean --no-dedupe? See 'trawl --help'.",
		"--no-color":               "unknown option --no-color\n  Use --color never.",
		"--no-progress":            "unknown option --no-progress\n  Use --progress none.",
		"--no-concurrency":         "unknown option --no-concurrency\n  Did you mean --concurrency? See 'trawl --help'.",
		"--max_pages 3":            "unknown option --max_pages\n  Did you mean --max-pages? See 'trawl --help'.",
		"--Retries 3":              "unknown option --Retries\n  Did you mean --retries? See 'trawl --help'.",
		"--user me":                "unknown option --user\n  Did you mean --user-agent? See 'trawl --help'.",
		"-output x":                "unknown option -output\n  Did you mean --output? See 'trawl --help'.",
		"-retries=3":               "unknown option -retries\n  Did you mean --retries? See 'trawl --help'.",
		"-C 5":                     "unknown option -C\n  Did you mean -c? See 'trawl --help'.",
		"-Z":                       "unknown option -Z\n  See 'trawl --help'.",
		"-qZ":                      "unknown option -Z\n  See 'trawl --help'.",
		"-5":                       "unknown option -5\n  See 'trawl --help'.",
		"-é":                       "unknown option -é\n  See 'trawl --help'.",
		"--\x1b[31m":               "unknown option --\\x1b[31m\n  See 'trawl --help'.",
		"-i list.txt":              "unknown option -i\n  a list needs no option: trawl list.txt",
		"-l list.txt":              "unknown option -l\n  a list needs no option: trawl list.txt",
		"-ilist.txt":               "unknown option -i\n  a list needs no option: trawl list.txt",
		"-i":                       "unknown option -i\n  a list needs no option: trawl urls.txt",
		"-l -q":                    "unknown option -l\n  a list needs no option: trawl urls.txt",
		"-s urls.txt":              "unknown option -s\n  did you mean -q?",
	} {
		if want == "" {
			parsed(t, args)
			continue
		}
		if got, want := refused(t, exitUsage, strings.Fields(args)...), "trawl: "+want+"\n"; got != want {
			t.Errorf("trawl %s:\n%swant:\n%s", args, got, want)
		}
	}
}

// What trawl cannot do does not exist: it is not taken and ignored.
func TestOptionsThatDoNotExistYet(t *testing.T) {
	for _, name := range []string{"exec", "ui", "report", "metrics-addr"} {
		if got := refused(t, exitUsage, "--"+name); !strings.HasPrefix(got, "trawl: unknown option --"+name+"\n") {
			t.Errorf("--%s: %s", name, got)
		}
		if strings.Contains(crawlHelp()+shortHelp, "--"+name+" ") {
			t.Errorf("--%s is in the help", name)
		}
	}
}

func TestOneLetterTyposAreFound(t *testing.T) {
	t.Chdir(t.TempDir())
	options := map[string]string{
		"concurency": "concurrency", "concurrencyy": "concurrency", "concurrencu": "concurrency", "cnocurrency": "concurrency",
		"timeuot": "timeout", "timout": "timeout", "retires": "retries", "retry-wiat": "retry-wait", "outptu": "output", "ouput": "output",
		"formt": "format", "jsom": "json", "heder": "header", "slect": "select", "ddupe": "dedupe", "acept": "accept", "hst-delay": "host-delay",
		"max-page": "max-pages", "insecur": "insecure", "dry-rum": "dry-run", "quite": "quiet", "overwite": "overwrite", "proxi": "proxy",
		"rat": "rate", "hlep": "help", "verson": "version", "colour": "color",
	}
	for typo, want := range options {
		if got := refused(t, exitUsage, "--"+typo); !strings.Contains(got, "\n  Did you mean --"+want+"? ") {
			t.Errorf("--%s, want --%s:\n%s", typo, want, got)
		}
	}
	for typo, want := range map[string]string{"crwal": "crawl", "crawll": "crawl", "confg": "config", "cnofig": "config", "hepl": "help", "hlp": "help", "verison": "version", "versio": "version"} {
		cfg := parsed(t, typo, "urls.txt")
		if got := cfg.noSuchFile(typo).hints[0]; got != "Did you mean: trawl "+want+" urls.txt" {
			t.Errorf("%s: %s, want %s", typo, got, want)
		}
	}
}

// Each name with any one letter left out, doubled, changed or swapped: nearly
// all are found, and what is told is never another error.
func TestNearlyAllTyposAreFound(t *testing.T) {
	var s scanner
	s.options = new(config).table()
	names := s.longNames()
	typos, right := 0, 0
	for _, name := range names {
		for i := range name {
			for _, typo := range []string{
				name[:i] + name[i+1:],
				name[:i] + name[i:i+1] + name[i:],
				name[:i] + "x" + name[i+1:],
				name[:i] + swapped(name[i:]),
			} {
				if _, _, exists := s.named(typo); exists || typo == name {
					continue
				}
				typos++
				if nearest(typo, names) == name {
					right++
				}
			}
		}
	}
	if typos < 1000 || float64(right) < 0.97*float64(typos) {
		t.Errorf("%d of %d typos are found, want 97 %%", right, typos)
	}
}

func swapped(s string) string {
	if len(s) < 2 {
		return s
	}
	return s[1:2] + s[:1] + s[2:]
}

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"abc", "ab", 1}, {"abc", "abxc", 1}, {"abc", "axc", 1},
		{"ca", "abc", 3}, {"kitten", "sitting", 3}, {"é", "e", 1}, {"concurency", "concurrency", 1}, {"ab", "ba", 1}, {"abcd", "badc", 2},
	} {
		if got := distance(test.a, test.b); got != test.want {
			t.Errorf("distance of %q and %q is %d, want %d", test.a, test.b, got, test.want)
		}
		if got := distance(test.b, test.a); got != test.want {
			t.Errorf("distance of %q and %q is %d, want %d", test.b, test.a, got, test.want)
		}
	}
}

func TestNamesThatAreNoFile(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, dir := range []string{"lists", "crawls"} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"urls.txt", "lists/pages.txt", "list2.txt"} {
		if err := os.WriteFile(name, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const neither = "Give a page that begins with http:// or https://, or a file of such lines."
	for _, test := range []struct{ args, name, hint string }{
		{"example.com", "example.com", "a page begins with http:// or https://; did you mean https://example.com ?"},
		{"example.com/a?b", "example.com/a?b", "a page begins with http:// or https://; did you mean https://example.com/a?b ?"},
		{"localhost", "localhost", "a page begins with http:// or https://; did you mean https://localhost ?"},
		{"myhost:8080/x", "myhost:8080/x", "a page begins with http:// or https://; did you mean https://myhost:8080/x ?"},
		{"htp://example.com/", "htp://example.com/", "a page begins with http:// or https://; did you mean https://example.com/ ?"},
		{"crwal urls.txt", "crwal", "Did you mean: trawl crawl urls.txt"},
		{"crwal -c 5 urls.txt -", "crwal", "Did you mean: trawl crawl urls.txt -"},
		{"crwal a b c d", "crwal", "Did you mean: trawl crawl a b c ..."},
		{"hlep", "hlep", "Did you mean: trawl help"},
		{"urls.txt crwal", "crwal", neither},
		{"url.txt", "url.txt", "There is a urls.txt in this directory."},
		{"urls", "urls", "There is a urls.txt in this directory."},
		{"URLS.TXT", "URLS.TXT", "There is a urls.txt in this directory."},
		{"lists/page.txt", "lists/page.txt", "There is a pages.txt in lists."},
		{"nowhere/page.txt", "nowhere/page.txt", neither},
		{"missing.txt", "missing.txt", neither},
		{"./missing", "./missing", neither},
		{"crawl2", "crawl2", "Did you mean: trawl crawl"},
		{"lists/", "lists/", neither},
		{"host:port", "host:port", neither},
		{"a b.c", "a b.c", neither},
		{"", "", neither},
		{"-- -x", "-x", neither},
		{"-O out.txt urls.txt", "out.txt", "-O takes no value; for an output file use -o"},
		{"-qO out.txt urls.txt", "out.txt", "-O takes no value; for an output file use -o"},
		{"-O urls.txt out.txt", "out.txt", neither},
	} {
		cfg := parsed(t, strings.Fields(test.args)...)
		m := cfg.noSuchFile(test.name)
		if m.code != exitRead || m.what != test.name+": no such file" || len(m.hints) != 1 || m.hints[0] != test.hint {
			t.Errorf("trawl %s: code %d, %q, hints %q, want %q", test.args, m.code, m.what, m.hints, test.hint)
		}
	}
}

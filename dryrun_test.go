package main

import (
	"strings"
	"testing"
)

func TestPlan(t *testing.T) {
	for _, test := range []struct {
		name, args string
		plan       plan
	}{
		{"plan", "-n urls.txt", plan{URLs: 100_000, Bad: 3, Hosts: 1234, Largest: "example.com", LargestCount: 4000, Output: "db.txt", Errors: "db.errors.jsonl"}},
		{"plan-one", "-n https://a.example/", plan{URLs: 1, Bad: 1, Hosts: 1, Largest: "a.example", LargestCount: 1, Output: "db.txt", Errors: "db.errors.jsonl"}},
		{
			"plan-options", "-n -O -j -r 90/m --host-delay 90 --retries 0 --max-redirects 1 --max-duration 1h --max-pages 5 --dedupe a b c d e - http://a/",
			plan{URLs: 5, Skipped: 2, Cut: true, Hosts: 2, Largest: "a", LargestCount: 4, Output: "-"},
		},
		{"plan-processes", "-n --executor process --processes 4 --process-memory 1.5GiB urls.txt", plan{URLs: 2, Hosts: 2, Largest: "a", LargestCount: 1, Output: "db.txt"}},
		{"plan-empty", "-n -o x.jsonl -O --retries 1 --retry-wait 1m30s", plan{Output: "x.jsonl", Errors: "none.jsonl"}},
	} {
		cfg := parsed(t, strings.Fields(test.args)...)
		var b strings.Builder
		if err := writePlan(&b, cfg, test.plan); err != nil {
			t.Fatal(err)
		}
		golden(t, test.name, b.String())
	}
}

// A page is one in any spelling of its scheme, for the plan as for the list.
func TestThePlanTellsPagesFromLists(t *testing.T) {
	for args, want := range map[string]string{
		"-n HTTP://example.com/":             "the command line",
		"-n Https://example.com/ a.txt":      "a.txt, the command line",
		"-n http:/example.com https.txt":     "http:/example.com, https.txt",
		"-n https://a.example/ - HTTPS://b/": "standard input, the command line",
	} {
		cfg := parsed(t, strings.Fields(args)...)
		if got := cfg.inputs(); got != want {
			t.Errorf("trawl %s: from %q, want %q", args, got, want)
		}
	}
}

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
			"plan-options", "-n -O -j -r 90/m --robots always --host-max-errors 0 --host-delay 90 --retries 0 --max-redirects 1 --max-duration 1h --max-pages 5 --dedupe a b c d e - http://a/",
			plan{URLs: 5, Skipped: 2, Cut: true, Hosts: 2, Largest: "a", LargestCount: 4, Output: "-"},
		},
		{"plan-processes", "-n --executor process --processes 4 --process-memory 1.5GiB urls.txt", plan{URLs: 2, Hosts: 2, Largest: "a", LargestCount: 1, Output: "db.txt"}},
		{"plan-cluster", "-n --executor cluster urls.txt", plan{URLs: 2, Hosts: 2, Largest: "a", LargestCount: 1, Output: "db.txt"}},
		{
			"plan-servers", "-n -c 1000 --executor cluster --nats tls://me:topsecret@a:4222,tls://b:4222 --nats-replicas 3 urls.txt",
			plan{URLs: 2, Hosts: 2, Largest: "a", LargestCount: 1, Output: "db.txt"},
		},
		{"plan-listen", "-n --executor cluster --nats-listen :4222 urls.txt", plan{URLs: 2, Hosts: 2, Largest: "a", LargestCount: 1, Output: "db.txt"}},
		{
			"plan-delay", "-n --host-delay 125ms --rate 10 urls.txt",
			plan{URLs: 100_000, Hosts: 41, Largest: "img.example.org", LargestCount: 12_000, Output: "db.txt", Errors: "db.errors.jsonl"},
		},
		{
			"plan-delay-one", "-n --host-delay 1h --max-duration 2h urls.txt",
			plan{URLs: 12, Hosts: 1, Largest: "a.example", LargestCount: 12, Output: "db.txt"},
		},
		{
			"plan-many-hosts", "-n --host-delay 2s --rate 90/m urls.txt",
			plan{URLs: 9_000_000, Hosts: exactHosts, MoreHosts: true, Largest: "a.example", LargestCount: 31, Output: "db.txt"},
		},
		{"plan-share", "-n --shard 3/16 urls.txt", plan{URLs: 6_250, Bad: 2, Hosts: 77, Largest: "a.example", LargestCount: 400, Output: "db.txt"}},
		{"plan-strangers", "-n urls.txt", plan{URLs: 9_000_000, Hosts: exactHosts, MoreHosts: true, Output: "db.txt"}},
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

// What -n says of time is what the limits imply, and nothing where they imply none.
func TestThePlanClaimsNoMoreThanTheLimitsImply(t *testing.T) {
	for args, want := range map[string]string{
		"":                       "2 hosts; the most, 9, from a",
		"--host-concurrency 1":   "2 hosts; the most, 9, from a",
		"--host-delay 100ms":     "2 hosts; the most, 9, from a", // under a second
		"--host-delay 125ms":     "2 hosts; at these limits the largest (a, 9 URLs) needs at least 1 s",
		"--host-delay 36500d":    "2 hosts; at these limits the largest (a, 9 URLs) needs at least 53375 d 23 h", // the longest there is
		"--host-delay 1s -r 100": "2 hosts; at these limits the largest (a, 9 URLs) needs at least 8 s",
	} {
		cfg := parsed(t, append(strings.Fields(args), "urls.txt")...)
		if got := cfg.hostsText(plan{URLs: 10, Hosts: 2, Largest: "a", LargestCount: 9}); got != want {
			t.Errorf("%s: %q, want %q", args, got, want)
		}
	}
	for args, want := range map[string]string{
		"":          "",
		"-r 0":      "",
		"-r 100":    "", // under a second
		"-r 3":      "10 URLs at 3 a second need at least 3 s",
		"-r 2/h":    "10 URLs at 0.000555556 a second need at least 4 h 30 min",
		"-r 0.5":    "10 URLs at 0.5 a second need at least 18 s",
		"-r 1.5/m":  "10 URLs at 0.025 a second need at least 6 min",
		"-r 0.0001": "10 URLs at 0.0001 a second need at least 1 d 1 h",
	} {
		cfg := parsed(t, append(strings.Fields(args), "urls.txt")...)
		if got := cfg.rateCost(10); got != want {
			t.Errorf("%s: %q, want %q", args, got, want)
		}
	}
}

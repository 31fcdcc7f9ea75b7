//go:build linux

package main

import (
	"fmt"
	"strings"
	"testing"

	"trawl/fetch"
	"trawl/fetch/hostile"
)

// With --deny-private there is no connection to an address that is not public, by whatever
// name and however it is written.
func TestWhatIsNotPublicIsNotConnectedTo(t *testing.T) {
	var here []string // with the port of the server in the place of P
	here = append(here, strings.Fields(`
		http://127.0.0.1:P/ https://127.0.0.1:P/ http://user:password@127.0.0.1:P/ http://127.0.0.1.:P/ http://127.1:P/ http://127.0.1:P/
		http://127.255.255.254:P/ http://0177.0.0.1:P/ http://0177.0.0.01:P/ http://0x7f.0.0.1:P/ http://0x7F.0x0.0x0.0x1:P/ http://0x7f000001:P/
		http://2130706433:P/ http://017700000001:P/ http://%31%32%37.0.0.1:P/ http://127%2e0%2e0%2e1:P/ http://１２７.0.0.1:P/ http://①②⑦.0.0.1:P/
		http://127。0。0。1:P/ http://localhost:P/ http://LOCALHOST:P/ http://0.0.0.0:P/ http://0:P/ http://[::1]:P/ http://[::]:P/
		http://[0:0:0:0:0:0:0:1]:P/ http://[::ffff:127.0.0.1]:P/ http://[::ffff:7f00:1]:P/ http://[::127.0.0.1]:P/ http://[64:ff9b::127.0.0.1]:P/
		http://[2002:7f00:1::1]:P/ http://named.example:P/ http://named6.example:P/`)...)
	elsewhere := strings.Fields(`
		http://10.0.0.1/ http://172.16.0.1/ http://172.31.255.255/ http://192.168.0.1/ http://169.254.1.1/ http://169.254.169.254/latest/meta-data/
		http://0xa9fea9fe/ http://2852039166/ http://[::ffff:a9fe:a9fe]/ http://[fd00:ec2::254]/ http://[fe80::1]/ http://[fc00::1]/ http://100.64.0.1/
		http://100.100.100.200/ http://192.0.0.1/ http://198.18.0.1/ http://224.0.0.1/ http://255.255.255.255/ http://240.0.0.1/ http://[ff02::1]/`)
	t.Parallel()
	for _, executor := range []string{inThreads, inProcesses} {
		t.Run("executor="+executor, func(t *testing.T) {
			o := newOrdeal(t, executor)
			site := o.faults[0].Good[0].URL
			port, _, _ := strings.Cut(strings.TrimPrefix(site, "http://127.0.0.1:"), "/")
			urls := append([]string{site}, elsewhere...)
			for i, url := range here {
				urls = append(urls, fmt.Sprint(strings.ReplaceAll(url, ":P/", ":"+port+"/"), i)) // some are the same but for that
			}
			list(t, o.dir, urls...)
			cmd := o.command(t, "--executor", executor, "--deny-private", "--resolve", "named.example:"+port+":127.0.0.1", "--resolve", "named6.example:"+port+":::1",
				"-o", "pages.jsonl", "urls.txt")
			cmd.Env = append(cmd.Env, "HTTP_PROXY=", "http_proxy=", "HTTPS_PROXY=", "https_proxy=")
			cmd.Stdout, cmd.Stderr = &o.said, &o.said
			if code := exitOf(t, cmd.Run()); code != exitNone {
				t.Errorf("exit %d, want %d: %s", code, exitNone, tail(o.said.String()))
			}
			records := o.records(t)
			for _, recs := range records {
				if rec := recs[0]; len(recs) != 1 || rec.Class != fetch.Denied || rec.Attempts != 1 {
					t.Errorf("%s: %d records, %s in %d attempts; want it denied in one", rec.URL, len(recs), rec, rec.Attempts)
				}
			}
			if len(records) != len(urls) {
				t.Errorf("%d URLs have a record, want %d", len(records), len(urls))
			}
			for _, f := range o.faults {
				if seen := f.Seen(); f.Kind == hostile.None && seen.Connections > 0 {
					t.Errorf("%s: %d connections", f.Name, seen.Connections)
				}
			}
		})
	}
}

//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkExecutors fetches the same pages with each executor, a run of the
// command after the other, and reports pages a second and the most memory that all of
// its processes had together. Web server, NATS server and the cluster's two workers, which
// serve run after run, take their share of the processors, and are not in the memory:
//
//	go test -run '^$' -bench Executors -benchtime 3x .
func BenchmarkExecutors(b *testing.B) {
	for _, size := range []int{1_000, 80_000} {
		server := answerWith(b, bytes.Repeat([]byte("a page of <b>so many</b> bytes\n"), size/31+1)[:size])
		list := manyURLs(b, server, 100, 400_000_000/(20_000+size))
		for _, executor := range []string{inThreads, inProcesses, inCluster} {
			b.Run(fmt.Sprintf("page=%d/executor=%s", size, executor), func(b *testing.B) {
				args := []string{list, "--executor", executor}
				if executor == inCluster {
					broker := newNATS(b)
					broker.hire(b, 2)
					args = append(args, "--nats", broker.url)
				}
				var pages, seconds, peak float64
				for b.Loop() {
					began := time.Now()
					lines, memory := crawlWith(b, args...)
					pages += float64(lines)
					seconds += time.Since(began).Seconds()
					peak = max(peak, memory)
				}
				b.ReportMetric(pages/seconds, "pages/s")
				b.ReportMetric(peak, "MiB")
			})
		}
	}
}

// manyURLs is a list of n pages of so many hosts on that port.
func manyURLs(b *testing.B, port string, hosts, n int) string {
	b.Helper()
	name := filepath.Join(b.TempDir(), "urls.txt")
	var urls bytes.Buffer
	for i := range n {
		h := i % hosts
		fmt.Fprintf(&urls, "http://127.0.%d.%d:%s/%d\n", 1+h/250, 1+h%250, port, i)
	}
	if err := os.WriteFile(name, urls.Bytes(), 0o644); err != nil {
		b.Fatal(err)
	}
	return name
}

// crawlWith is one run: how many lines it has written, and the most memory, in MiB.
func crawlWith(b *testing.B, args ...string) (lines int, peak float64) {
	b.Helper()
	dir := b.TempDir()
	cmd := exec.CommandContext(b.Context(), "trawl", args...)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	peak = largest(b, cmd)
	return lineCount(b, filepath.Join(dir, "db.txt")), peak
}

// resident is what a process and those that it has started have in memory, in MiB. What
// they share (the program itself) counts for each.
func resident(pid int) (mib float64) {
	for _, p := range append(workersOf(pid), pid) {
		var size, pages int64
		statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p))
		if err == nil { // it lives
			fmt.Sscan(string(statm), &size, &pages)
		}
		mib += float64(pages*int64(os.Getpagesize())) / (1 << 20)
	}
	return mib
}

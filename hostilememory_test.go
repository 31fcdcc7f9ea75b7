//go:build linux

package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"trawl/fetch/hostile"
)

// No fault fills the memory, with eight requests in flight and pages as large as they may
// be if nobody says otherwise. What a process has used at most is asked when all is recorded,
// and the command still waits for more of its list.
func TestNothingThatAServerSendsFillsTheMemory(t *testing.T) {
	t.Parallel()
	program := plainTrawl(t)
	for _, executor := range []string{inThreads, inProcesses} {
		t.Run("executor="+executor, func(t *testing.T) {
			o := newOrdeal(t, executor, hostile.Size, hostile.Framing, hostile.Encoding, hostile.HTTP2, hostile.Injection, hostile.LargeHTML)
			o.maxSize, o.selects = 10*mebibyte, true
			o.cmd = o.command(t, "--executor", executor, "-o", "pages.jsonl")
			o.cmd.Path = program
			o.cmd.Stdout, o.cmd.Stderr = &o.said, &o.said
			in, err := o.cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := o.cmd.Start(); err != nil {
				t.Fatal(err)
			}
			over := make(chan error, 1)
			go func() { over <- o.cmd.Wait() }()
			lines := contents(t, o.dir, "urls.txt")
			io.WriteString(in, lines)
			eventuallyWithin(t, 5*time.Minute, "all is recorded", func() bool {
				select {
				case err := <-over:
					t.Fatalf("the command has ended: %v\n%s", err, o.said.String())
				default:
				}
				records, _ := os.ReadFile(filepath.Join(o.dir, "pages.jsonl")) // there is none at first
				return strings.Count(string(records), "\n") >= strings.Count(lines, "\n")
			})
			for _, pid := range append(workersOf(o.cmd.Process.Pid), o.cmd.Process.Pid) {
				if got := highWater(t, pid); got > mostMemory {
					t.Errorf("process %d has had %.0f MiB, want no more than %.0f", pid, got, mostMemory)
				}
			}
			in.Close()
			o.check(t, <-over)
		})
	}
}

//go:build linux

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// BenchmarkMemory feeds lists on standard input to the command, with its
// defaults, and reports the most memory that it had. A million URLs must not take
// more than a tenth above what a hundred thousand take, in any format:
//
//	go test -run '^$' -bench Memory -benchtime 1x .
func BenchmarkMemory(b *testing.B) {
	server := answerEverything(b)
	run := func(output string, hosts int) {
		for _, urls := range []int{100_000, 1_000_000} {
			b.Run(fmt.Sprintf("output=%s/hosts=%d/urls=%d", output, hosts, urls), func(b *testing.B) {
				for b.Loop() {
					b.ReportMetric(peakMemory(b, server, output, hosts, urls), "MiB")
				}
			})
		}
	}
	run("db.txt", 1)
	for _, output := range []string{"db.txt", "db.jsonl", "db.csv", "db.sqlite", "db.parquet", "db.warc.gz"} {
		run(output, 100_000)
	}
}

// peakMemory is that of one run, in MiB.
func peakMemory(b *testing.B, port, output string, hosts, urls int) float64 {
	dir := b.TempDir()
	cmd := exec.CommandContext(b.Context(), "trawl", "-o", output)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	// A pipe holds 64 KiB: when its last part has been taken the run is as
	// large as it gets, but for what is made of its records then.
	w := bufio.NewWriter(in)
	for i := range urls {
		h := i % hosts
		fmt.Fprintf(w, "http://127.%d.%d.%d:%s/%d\n", 10+h/62500, h/250%250, 1+h%250, port, i)
	}
	w.Flush()
	peak := highWater(b, cmd.Process.Pid)
	in.Close()
	peak = max(peak, largest(b, cmd))
	if output != "db.txt" {
		return peak
	}
	if got := lineCount(b, filepath.Join(dir, output)); got != urls {
		b.Fatalf("%d lines, want %d", got, urls)
	}
	return peak
}

// largest waits for the command, and returns the most memory that it has had meanwhile,
// in MiB.
func largest(b *testing.B, cmd *exec.Cmd) (peak float64) {
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case err := <-ended:
			if err != nil {
				b.Fatal(err)
			}
			return peak
		case <-look.C:
			peak = max(peak, resident(cmd.Process.Pid))
		}
	}
}

// highWater is the most memory that the process has had so far: wait4 would tell
// that of the process that it was forked from, if that is larger.
func highWater(b testing.TB, pid int) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, line, _ := strings.Cut(string(status), "VmHWM:")
	kib, err := strconv.Atoi(strings.Fields(line)[0])
	if err != nil {
		b.Fatal(err)
	}
	return float64(kib) / 1024
}

func lineCount(b *testing.B, name string) (n int) {
	f, err := os.Open(name)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		n++
	}
	return n
}

// answerEverything is a server on all loopback addresses that costs little: it
// answers each request head with the same small page. It returns its port.
func answerEverything(tb testing.TB) string {
	return answerWith(tb, bytes.Repeat([]byte("a page\n"), 100))
}

// answerWith is answerEverything with that page.
func answerWith(tb testing.TB, page []byte) string {
	response := append(fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n", len(page)), page...)
	l, err := net.Listen("tcp4", ":0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if addr, ok := conn.RemoteAddr().(*net.TCPAddr); !ok || !addr.IP.IsLoopback() {
				conn.Close()
				continue
			}
			go answer(conn, response)
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

func answer(conn net.Conn, response []byte) {
	defer conn.Close()
	in := bufio.NewReaderSize(conn, 1024)
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return
		}
		if len(line) > 2 {
			continue // of the head; an empty line ends it
		}
		if _, err := conn.Write(response); err != nil && err != io.EOF {
			return
		}
	}
}

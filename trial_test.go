//go:build trial

package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The trials need programs beside Go: nginx, and Python with requests; or that the race
// detector is away, which takes many times the memory. They run with -tags trial.

// nginx serves a folder on the given loopback addresses and one free port.
func nginx(t *testing.T, root string, addresses []string) (port string) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ = net.SplitHostPort(l.Addr().String())
	l.Close()
	dir := t.TempDir()
	var listen strings.Builder
	for _, address := range addresses {
		fmt.Fprintf(&listen, "listen %s:%s;\n", address, port)
	}
	conf := filepath.Join(dir, "nginx.conf")
	text := fmt.Sprintf(`
daemon off; worker_processes 1; pid %[1]s/pid; error_log %[1]s/error.log;
events { worker_connections 4096; }
http {
	access_log off; gzip on; gzip_types text/html; gzip_min_length 100;
	types { text/html html; text/plain txt; }
	charset utf-8; client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s; uwsgi_temp_path %[1]s; scgi_temp_path %[1]s;
	server { %[2]s root %[3]s; location /gone/ { return 410; } location /short/ { return 302 http://%[4]s:%[5]s/1.html; } }
}`, dir, listen.String(), root, addresses[0], port)
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	path, err := exec.LookPath("nginx")
	if err != nil {
		path = "/usr/sbin/nginx"
	}
	server := exec.Command(path, "-c", conf, "-e", filepath.Join(dir, "error.log"), "-p", dir)
	server.Stderr = os.Stderr
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Process.Signal(os.Interrupt)
		server.Wait()
	})
	eventually(t, "nginx answers", func() bool {
		conn, err := net.Dial("tcp4", net.JoinHostPort(addresses[len(addresses)-1], port))
		if err != nil {
			return false
		}
		conn.Close()
		return true
	})
	return port
}

// pages writes n pages into a new folder that anybody may read.
func pages(t *testing.T, n int) (root string) {
	t.Helper()
	root, err := os.MkdirTemp("", "trawl-trial-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(root) })
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		text := fmt.Sprintf("<!doctype html><title>%d</title>%s", i, strings.Repeat("<p>Ein schöner Tag, 今天天气很好 🌍\n", i%400))
		if err := os.WriteFile(filepath.Join(root, fmt.Sprintf("%d.html", i)), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// Ten thousand pages over two hundred hosts, served by nginx, among them all that
// hosts do to a crawler; ten thousand short links to one host; every URL ends in
// one place.
func TestTrialTenThousandPagesOfTwoHundredHosts(t *testing.T) {
	everyExecutor(t, trialTenThousandPages)
}

func trialTenThousandPages(t *testing.T) {
	var addresses []string
	for i := range 200 {
		addresses = append(addresses, fmt.Sprintf("127.0.2.%d", i+1))
	}
	const n = 10_000
	port := nginx(t, pages(t, 500), addresses)
	odd := newSite(t)
	var urls []string
	for i := range n {
		urls = append(urls, fmt.Sprintf("http://%s:%s/%d.html?%d", addresses[i%200], port, i%500, i))
		urls = append(urls, fmt.Sprintf("http://%s:%s/short/%d", addresses[i%200], port, i))
	}
	bad := []string{
		odd.URL + "/hang/1", odd.URL + "/loop/1", odd.URL + "/cut/1", odd.URL + "/reset/1",
		"http://127.0.0.1:1/refused", "http://" + addresses[3] + ":" + port + "/gone/1", "htp:/example.com",
	}
	good := []string{odd.URL + "/busy/1/1", odd.URL + "/gbk", odd.URL + "/utf16", odd.URL + "/wrong"}
	urls = append(append(urls, bad...), good...)
	rand.Shuffle(len(urls), func(i, j int) { urls[i], urls[j] = urls[j], urls[i] })

	dir := t.TempDir()
	list(t, dir, urls...)
	cmd := trawl(t, dir, "urls.txt", "-o", "pages.jsonl", "-t", "3s", "--retries", "1", "--retry-wait", "50ms", "--summary", "json")
	said, err := cmd.CombinedOutput()
	if code := exitOf(t, err); code != exitFailed {
		t.Errorf("exit %d, want %d: %s", code, exitFailed, said)
	}
	seen := map[int]bool{}
	failed := 0
	for line := range strings.Lines(contents(t, dir, "pages.jsonl")) {
		var seq int
		if _, err := fmt.Sscanf(line, `{"seq":%d,`, &seq); err != nil || seen[seq] || seq < 1 || seq > len(urls) {
			t.Fatalf("position %d is twice in the results, or is none: %v", seq, err)
		}
		seen[seq] = true
		if strings.Contains(line, `"class":`) {
			failed++
		}
	}
	if len(seen) != len(urls) || failed != len(bad) {
		t.Errorf("%d records, %d failed; want %d and %d\n%s", len(seen), failed, len(urls), len(bad), contents(t, dir, "pages.errors.jsonl"))
	}
	if got := strings.Count(contents(t, dir, "pages.errors.jsonl"), "\n"); got != len(bad) {
		t.Errorf("the errors file has %d lines, want %d", got, len(bad))
	}
	want := fmt.Sprintf(`"trawl_urls_total":{"page":%d,"failed":%d,"skipped":0}`, len(urls)-len(bad), len(bad))
	if !bytes.Contains(said, []byte(want)) {
		t.Errorf("the summary lacks %s: %s", want, said)
	}
}

// The budget of bodies holds in a worker too: many large pages at once, packed ones, do
// not take it past what it may have.
func TestTrialHonestPagesDoNotExhaustAWorker(t *testing.T) {
	root := pages(t, 1)
	large := bytes.Repeat([]byte("<p>Une page honnête, mais longue.</p>\n"), 10<<20/40)
	if err := os.WriteFile(filepath.Join(root, "large.html"), large, 0o644); err != nil {
		t.Fatal(err)
	}
	port := nginx(t, root, []string{"127.0.4.1"})
	var urls []string
	for i := range 64 {
		urls = append(urls, fmt.Sprintf("http://127.0.4.1:%s/large.html?%d", port, i))
	}
	dir := t.TempDir()
	list(t, dir, urls...)
	cmd := trawl(t, dir, "-v", "--executor", "process", "--processes", "1", "--host-concurrency", "64", "urls.txt", "-o", "pages.jsonl")
	if said, err := cmd.CombinedOutput(); err != nil || len(said) > 0 {
		t.Errorf("%v: %s", err, said)
	}
	if got := strings.Count(contents(t, dir, "pages.jsonl"), fmt.Sprintf(`"bytes":%d,`, len(large))); got != len(urls) {
		t.Errorf("%d pages of %d", got, len(urls))
	}
}

// The original program and this one write the same lines, in another order.
func TestTrialTheOriginalProgramWritesTheSameLines(t *testing.T) {
	port := nginx(t, pages(t, 300), []string{"127.0.3.1"})
	var urls []string
	for i := range 300 {
		urls = append(urls, fmt.Sprintf("http://127.0.3.1:%s/%d.html", port, i))
	}
	ours, theirs := t.TempDir(), t.TempDir()
	name := list(t, ours, urls...)
	if said, err := trawl(t, ours, "urls.txt").CombinedOutput(); err != nil {
		t.Fatalf("trawl: %v: %s", err, said)
	}
	original, err := filepath.Abs("testdata/original.py")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "/usr/bin/python3", original, name)
	cmd.Dir = theirs
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("original.py: %v: %s", err, said)
	}
	got, want := linesOf(contents(t, ours, "db.txt")), linesOf(contents(t, theirs, "db.txt"))
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("db.txt (-original +trawl):\n%s", diff)
	}
}

// What curl makes of the site and what trawl makes of it is the same.
func TestTrialCurlSeesTheSameBodies(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/page/40", "/gzip/1", "/gbk", "/utf16", "/to/1?u=/page/3"} {
		curl := exec.CommandContext(t.Context(), "curl", "-sSL", "--compressed", "--noproxy", "*", s.URL+path)
		body, err := curl.Output()
		if err != nil {
			t.Fatal(err)
		}
		out, err := trawl(t, t.TempDir(), "-j", s.URL+path).Output()
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf(`"bytes":%d,`, len(body)); !bytes.Contains(out, []byte(want)) {
			t.Errorf("%s: curl has %d bytes, trawl says %s", path, len(body), out)
		}
	}
}

// A full tmpfs ends the run with its reason; what it holds is whole. In a mount
// namespace of its own, which takes the tmpfs away again.
func TestTrialAFullTmpfs(t *testing.T) {
	s := newSite(t)
	var urls []string
	for i := range 40_000 { // twice what there is room for, and more than one commit in any case
		urls = append(urls, fmt.Sprintf("%s/page/%d", s.URL, i))
	}
	dir := t.TempDir()
	name := list(t, dir, urls...)
	script := `mkdir full && mount -t tmpfs -o size=1m none full && trawl -o full/db.txt "$1"; code=$?; cat full/db.txt >kept; exit $code`
	cmd := exec.CommandContext(t.Context(), "unshare", "-rm", "sh", "-c", script, "sh", name)
	cmd.Dir = dir
	said, err := cmd.CombinedOutput()
	if code := exitOf(t, err); code != exitWrite || !bytes.Contains(said, []byte("cannot write full/db.txt: no space left on device")) {
		t.Errorf("exit %d: %s", code, said)
	}
	kept := contents(t, dir, "kept")
	for _, line := range linesOf(kept) {
		if !resultLine.MatchString(line) {
			t.Errorf("a torn line: %q", line)
		}
	}
	if kept == "" || !strings.HasSuffix(kept, "\n") {
		t.Errorf("%d bytes are kept, want whole lines", len(kept))
	}
}

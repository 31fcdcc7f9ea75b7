//go:build linux

package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	largestPage = 10 << 20          // --max-size
	mostMemory  = 256e6 / (1 << 20) // MiB that a process of a run may have
)

var manySelectors = []string{"--select", "a=body p a", "--select", "t=title", "--select", "d=div > p:nth-child(3)", "--select", "h=:root > a@href"}

// What eight servers at once may send that is the worst for a parser.
var bombs = map[string]func() string{
	"paragraphs": func() string { return filled("", "<p>") },
	"fonts":      func() string { return filled(fonts(400, 0), "<p>x") },
	"attributes": func() string { return filled(fonts(400, 64), "<p>x") },
	"element":    func() string { return numbered("<p", " %x") },
	"nested":     func() string { return filled("", "<div>") },
	"comments":   func() string { return filled("", "<!---->") },
	"title":      func() string { return filled("<title>", "title ") },
	"list": func() string {
		return numbered("<ul>", "<li><a href=\"/artikel/%[1]d\">Titel des Artikels %[1]d</a></li>\n")
	},
}

func TestEightHostilePagesAtOnceLeaveTheMemoryBounded(t *testing.T) {
	program := plainTrawl(t)
	pages := map[string]string{}
	for name, page := range bombs {
		pages[name] = page()
	}
	everyExecutor(t, func(t *testing.T) {
		s := serveBodies(t, pages)
		var urls []string
		for name := range pages {
			urls = append(urls, s.URL+"/"+name)
		}
		dir := t.TempDir()
		if peaks := s.peaks(t, dir, program, urls, manySelectors...); slices.Max(peaks) > mostMemory {
			t.Errorf("the run's processes had %.0f MiB, want no more than %.0f each", peaks, mostMemory)
		}
		records := contents(t, dir, "pages.jsonl")
		for name, want := range map[string]string{
			"paragraphs": `"error":"parse_page: page takes too much memory to be parsed"`,
			"fonts":      `"error":"parse_page: page takes too much memory to be parsed"`,
			"attributes": `"error":"parse_page: page takes too much memory to be parsed"`,
			"element":    `"error":"parse_page: page takes too much memory to be parsed"`,
			"nested":     `"error":"parse_page: page is nested too deeply: over 512 elements"`,
			"list":       `"size":104`,
		} {
			if got := recordOf(records, s.URL+"/"+name); !strings.Contains(got, want) {
				t.Errorf("%s: %.300s\nwant %s", name, got, want)
			}
		}
	})
}

// Eight requests in flight for honest pages of a megabyte: all succeed in 400 MB of data.
func TestHonestPagesAreParsedWithinALimitOfTheSystem(t *testing.T) {
	program := plainTrawl(t)
	page := numbered("<table>", "<tr><td>%[1]d</td><td><a href=\"/x/%[1]d\">thing %[1]d</a></td></tr>\n")[:1e6]
	everyExecutor(t, func(t *testing.T) {
		s := serveBodies(t, map[string]string{"page": page})
		close(s.held)
		dir := t.TempDir()
		var urls []string
		for i := range 32 {
			urls = append(urls, fmt.Sprintf("%s/page/%d", s.URL, i))
		}
		list(t, dir, urls...)
		script := fmt.Sprintf(`ulimit -d %d && exec "$@"`, int(400e6)/1024)
		args := append([]string{"-c", script, "sh", program, "urls.txt", "-f", "jsonl", "-o", "pages.jsonl", "-c", "8"}, "--select", "n=tr:last-child a@href", "--select", "t=td:first-child")
		cmd := exec.CommandContext(t.Context(), "sh", args...)
		cmd.Dir = dir
		if said, err := cmd.CombinedOutput(); err != nil || len(said) > 0 {
			t.Errorf("%v: %s", err, said)
		}
		if got := strings.Count(contents(t, dir, "pages.jsonl"), `"data":{"n":["http`); got != len(urls) {
			t.Errorf("%d pages have their data, want %d", got, len(urls))
		}
	})
}

// A page may have what GOMEMLIMIT leaves, if the user has set it, in worker processes too.
func TestTheUsersMemoryLimitHolds(t *testing.T) {
	program := plainTrawl(t)
	s := serveBodies(t, map[string]string{"page": strings.Repeat("<p>", 1e6)})
	close(s.held)
	everyExecutor(t, func(t *testing.T) {
		for limit, want := range map[string]int{"64MiB": exitNone, "200MiB": exitOK, "off": exitOK} {
			cmd := exec.CommandContext(t.Context(), program, s.URL+"/page", "-j", "--select", "t=title")
			cmd.Env = append(os.Environ(), "GOMEMLIMIT="+limit)
			said, err := cmd.CombinedOutput()
			if code := exitOf(t, err); code != want {
				t.Errorf("GOMEMLIMIT=%s: exit %d, want %d\n%s", limit, code, want, said)
			}
		}
	})
}

// recordOf is the line of a URL.
func recordOf(records, url string) string {
	for line := range strings.Lines(records) {
		if strings.Contains(line, `"url":"`+url+`"`) {
			return line
		}
	}
	return ""
}

// filled is a page of the largest size.
func filled(start, unit string) string {
	return start + strings.Repeat(unit, (largestPage-len(start))/len(unit))
}

// numbered is filled with units of which each has its number.
func numbered(start, format string) string {
	var b strings.Builder
	b.Grow(largestPage)
	b.WriteString(start)
	for i := 0; ; i++ {
		unit := fmt.Sprintf(format, i)
		if b.Len()+len(unit) > largestPage {
			return b.String()
		}
		b.WriteString(unit)
	}
}

// fonts are elements that a paragraph ends without closing them, so that each text is in
// new ones, with all their attributes.
func fonts(n, attributes int) string {
	var b strings.Builder
	b.WriteString("<p>")
	for i := range n {
		fmt.Fprintf(&b, "<font x=%d", i)
		for a := range attributes {
			fmt.Fprintf(&b, " %x", a)
		}
		b.WriteString(">")
	}
	return b.String()
}

// bodies is a server that answers each path with the page that its first part names, and
// /held when the test says so: a run that still waits for that is as large as it has ever been.
type bodies struct {
	*httptest.Server
	held chan struct{}
}

func serveBodies(t *testing.T, pages map[string]string) *bodies {
	t.Helper()
	b := &bodies{held: make(chan struct{})}
	b.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		if name == "held" {
			select {
			case <-b.held:
			case <-r.Context().Done():
			}
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Length", fmt.Sprint(len(pages[name])))
		io.WriteString(w, pages[name])
	}))
	b.Config.ErrorLog = quiet
	b.Start()
	t.Cleanup(b.Close)
	return b
}

// peaks runs the program over URLs, eight at once, and returns the most memory that each
// of its processes has had when all are recorded, the coordinator first, in MiB.
func (b *bodies) peaks(t *testing.T, dir, program string, urls []string, args ...string) (peaks []float64) {
	t.Helper()
	list(t, dir, append([]string{b.URL + "/held"}, urls...)...)
	args = append([]string{"urls.txt", "-o", "pages.jsonl", "-c", "9", "--host-concurrency", "9", "-t", "300"}, args...)
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = dir
	var said listener
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan error, 1)
	go func() { over <- cmd.Wait() }()
	eventuallyWithin(t, 5*time.Minute, "all pages are recorded", func() bool {
		select {
		case err := <-over:
			t.Fatalf("the command has ended: %v\n%s", err, said.String())
		default:
		}
		records, _ := os.ReadFile(filepath.Join(dir, "pages.jsonl")) // there is none at first
		return strings.Count(string(records), "\n") >= len(urls)
	})
	for _, pid := range append([]int{cmd.Process.Pid}, workersOf(cmd.Process.Pid)...) {
		peaks = append(peaks, highWater(t, pid))
	}
	close(b.held)
	if code := exitOf(t, <-over); code != exitOK && code != exitFailed {
		t.Errorf("exit %d: %s", code, said.String())
	}
	return peaks
}

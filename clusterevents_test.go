package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"trawl/crawl"
	"trawl/display"
	"trawl/pool/cluster"
)

func TestWhatHappensToWorkersIsSaidInTheProjectsWords(t *testing.T) {
	for _, tt := range []struct {
		kind           cluster.Kind
		worker, detail string
		want           string
	}{
		{cluster.Joined, "alpha-4121", "128", "worker alpha-4121 has joined: 128 requests at once"},
		{cluster.Joined, "alpha-4121", "1", "worker alpha-4121 has joined: 1 request at once"},
		{cluster.Joined, "alpha-4121", "12000", "worker alpha-4121 has joined: 12,000 requests at once"},
		{cluster.Joined, "alpha-4121", "", "worker alpha-4121 has joined"},
		{cluster.Left, "alpha-4121", "", "worker alpha-4121 has left"},
		{cluster.Gone, "alpha-4121", "5s", "worker alpha-4121 is gone: nothing heard for 5 s; its pages go to the others"},
		{cluster.Gone, "alpha-4121", "1m30s", "worker alpha-4121 is gone: nothing heard for 1 min 30 s; its pages go to the others"},
		{cluster.Gone, "alpha-4121", "its lease is over", "worker alpha-4121 is gone: its lease is over; its pages go to the others"},
		{cluster.Back, "alpha-4121", "", "worker alpha-4121 is heard of again"},
		{cluster.Slow, "alpha-4121", "12/s, the others 410/s", "worker alpha-4121 is slow: 12/s, the others 410/s"},
		{cluster.Refused, "alpha-4121", "the run is one of version 0.1.0, the worker of 0.2.0", "worker alpha-4121 is refused: the run is one of version 0.1.0, the worker of 0.2.0"},
		{cluster.Alone, "", "64", "three workers have died with the same 64 requests: each is sent alone"},
		{cluster.Dropped, "", "results: its checksum is wrong", "a message of no use was dropped: results: its checksum is wrong"},
		{cluster.Disconnected, "", "nats://10.0.0.5:4222: EOF", "the NATS server is gone; waiting for it: nats://10.0.0.5:4222: EOF"},
		{cluster.Disconnected, "", "", "the NATS server is gone; waiting for it"},
		{cluster.Connected, "", "nats://10.0.0.6:4222", "the NATS server is there again: nats://10.0.0.6:4222"},
		{cluster.Restored, "", "128", "the NATS server had lost 128 requests: sent again"},

		{cluster.Joined, "", "20261123-abc", "serving run 20261123-abc"},
		{cluster.Refused, "", "run 20261123-abc: it is one of another version", "cannot serve run 20261123-abc: it is one of another version"},
		{cluster.Ended, "", "20261123-abc", "run 20261123-abc has ended"},

		{"novel", "", "of a later version", "novel: of a later version"},
	} {
		if got := eventLine(cluster.Event{Kind: tt.kind, Worker: tt.worker, Detail: tt.detail}); got != tt.want {
			t.Errorf("%s of %q, %q:\ngot  %s\nwant %s", tt.kind, tt.worker, tt.detail, got, tt.want)
		}
	}
}

// eventKinds are all kinds of events that package cluster has.
func eventKinds(t *testing.T) (all []cluster.Kind) {
	t.Helper()
	files, err := filepath.Glob("pool/cluster/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(source, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Kind" {
				for _, value := range spec.Values {
					text, err := strconv.Unquote(value.(*ast.BasicLit).Value)
					if err != nil {
						t.Fatal(err)
					}
					all = append(all, cluster.Kind(text))
				}
			}
			return true
		})
	}
	if len(all) < 12 {
		t.Fatalf("only the kinds %v were found", all)
	}
	return all
}

func TestEveryEventHasALineOfItsOwn(t *testing.T) {
	lines := map[string]cluster.Kind{}
	for _, kind := range eventKinds(t) {
		line := eventLine(cluster.Event{Kind: kind, Worker: "alpha"})
		if other, ok := lines[line]; ok || strings.HasPrefix(line, string(kind)) {
			t.Errorf("%s has the line %q, as one that is not known, or as %q", kind, line, other)
		}
		lines[line] = kind
	}
}

func TestNoWorkerWritesItsOwnLine(t *testing.T) {
	for _, evil := range []string{
		"\x1b[2J\x1b]0;owned\x07", "a\r\nworker beta has left", "\r\x1b[K", "\u202e\u2028\u0085\u009b31m", "\xff\xfe", "x has left; worker beta",
		strings.Repeat("A", 1<<20), strings.Repeat("\x1b", 1<<20), strings.Repeat("\u0301", 1<<19), strings.Repeat("日", 1<<18),
	} {
		for _, kind := range append(eventKinds(t), cluster.Kind(evil)) {
			for _, e := range []cluster.Event{{Kind: kind, Worker: evil}, {Kind: kind, Detail: evil}, {Kind: kind, Worker: evil, Detail: evil}} {
				line := eventLine(e)
				if !utf8.ValidString(line) || display.Clean(line) != line || utf8.RuneCountInString(line) > 600 || line == "" {
					t.Errorf("%s of %.50q is a line of %d characters: %.300q", kind, evil, utf8.RuneCountInString(line), line)
				}
			}
		}
	}
	if got, want := eventLine(cluster.Event{Kind: cluster.Joined, Worker: "x has left; worker beta"}), `worker "x has left; worker beta" has joined`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// toldOf is an eventLog's lines, by a say that says all.
func toldOf(events ...cluster.Event) (lines []string) {
	var mu sync.Mutex
	log := &eventLog{say: func(_ cluster.Kind, line string) {
		mu.Lock()
		defer mu.Unlock()
		lines = append(lines, line)
	}}
	var telling sync.WaitGroup
	for i := range events {
		telling.Go(func() { log.tell(events[i]) })
	}
	telling.Wait()
	return lines
}

func TestWhoSendsGarbageForEverIsNotHeardForEver(t *testing.T) {
	var events []cluster.Event
	for i := range 1000 {
		events = append(events, cluster.Event{Kind: cluster.Dropped, Detail: fmt.Sprintf("%d bytes of garbage", i)})
	}
	lines := toldOf(events...)
	more := 0
	for _, line := range lines {
		if line == "(what more is dropped is not shown)" {
			more++
		}
	}
	if len(lines) != oddLines+1 || more != 1 {
		t.Errorf("%d lines, %d times that more are not shown, want %d and 1", len(lines), more, oddLines+1)
	}
}

// Garbage hides no refusal, and a worker that asks again and again is refused once.
func TestARefusalIsSaidOnceAndNotHidden(t *testing.T) {
	var lines []string
	log := &eventLog{say: func(kind cluster.Kind, line string) {
		if kind == cluster.Refused {
			lines = append(lines, line)
		}
	}}
	for i := range 100 {
		log.tell(cluster.Event{Kind: cluster.Dropped, Detail: strconv.Itoa(i)})
	}
	for range 100 {
		log.tell(cluster.Event{Kind: cluster.Refused, Worker: "alpha", Detail: "trawl 0.2.0"})
		log.tell(cluster.Event{Kind: cluster.Refused, Worker: "beta", Detail: "trawl 0.2.0"})
	}
	if diff := cmp.Diff([]string{"worker alpha is refused: trawl 0.2.0", "worker beta is refused: trawl 0.2.0"}, lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// eventsOnScreen is what a run's screen writes of one event of each kind.
func eventsOnScreen(t *testing.T, tty bool, verbose, quiet int) string {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s := newScreen(&config{Verbose: verbose, Quiet: quiet}, files{}, file, file)
	s.tty = tty
	log := s.eventLog()
	for _, kind := range eventKinds(t) {
		log.tell(cluster.Event{Kind: kind, Worker: "alpha"})
	}
	return contents(t, file.Name())
}

func TestWhatAPersonMustKnowIsSaidWithoutAsking(t *testing.T) {
	const refused = "trawl: worker alpha is refused\ntrawl: the NATS server denies what is needed\n"
	server := "trawl: the NATS server is gone; waiting for it\ntrawl: the NATS server is there again\n"
	if got := eventsOnScreen(t, false, 0, 0); got != refused {
		t.Errorf("nobody watches: %q, want %q", got, refused)
	}
	if got := eventsOnScreen(t, true, 0, 0); got != refused+server {
		t.Errorf("on a terminal: %q, want %q", got, refused+server)
	}
	if got := eventsOnScreen(t, true, 0, 1); got != "" {
		t.Errorf("-q: %q, want nothing", got)
	}
	for _, tty := range []bool{true, false} {
		lines := linesOf(eventsOnScreen(t, tty, 1, 0))
		if len(lines) != len(eventKinds(t)) {
			t.Errorf("-v: %d lines of %d events: %q", len(lines), len(eventKinds(t)), lines)
		}
		for _, line := range lines {
			if !strings.HasPrefix(line, "trawl: ") {
				t.Errorf("-v: the line %q", line)
			}
		}
	}
}

func TestTheScreenShowsTheWorkersOfARun(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	stats := crawl.NewStats()
	s := newScreen(&config{Progress: "lines"}, files{}, file, file)
	s.start(stats)
	defer s.close()
	if got := s.progress.Text(); strings.Contains(got, "workers") {
		t.Errorf("a run in this process: %q", got)
	}
	var workers []crawl.WorkerStatus
	stats.WatchWorkers(func() []crawl.WorkerStatus { return workers })
	if got, want := s.progress.Text(), "waiting for workers  0 done  failed 0"; got != want {
		t.Errorf("no worker yet: %q, want %q", got, want)
	}
	workers = []crawl.WorkerStatus{{Name: "alpha", Capacity: 128, InFlight: 100, Rate: 410}, {Name: "beta", Silent: 12 * time.Second}}
	for _, want := range []string{"in flight 0 on 1 worker", "alpha 100 at 410 p/s", "beta silent for 12 s"} {
		if got := s.progress.Text(); !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
	s.progress.Line() // as SIGUSR1 asks for it
	if got := contents(t, file.Name()); !strings.Contains(got, "alpha 100 at 410 p/s") || strings.Count(got, "\n") != 1 {
		t.Errorf("the line that is asked for: %q", got)
	}
}

func TestAWorkersLogTellsWhichRunsItServesAndWhatKeepsItFromThat(t *testing.T) {
	events := []cluster.Event{
		{Kind: cluster.Joined, Detail: "r1"}, {Kind: cluster.Disconnected}, {Kind: cluster.Connected},
		{Kind: cluster.Dropped, Detail: "garbage"}, {Kind: cluster.Ended, Detail: "r1"}, {Kind: cluster.Refused, Detail: "run r2: it is one of another version"},
	}
	told := func(verbose int) (lines []string) {
		file, err := os.Create(filepath.Join(t.TempDir(), "log"))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		log := newWorkerLog(&config{Verbose: verbose}, file).eventLog()
		for _, e := range events {
			log.tell(e)
		}
		for _, line := range linesOf(contents(t, file.Name())) {
			_, line, _ = strings.Cut(line, "  ") // the time
			lines = append(lines, line)
		}
		return lines
	}
	garbage := "a message of no use was dropped: garbage"
	all := []string{
		"serving run r1", "the NATS server is gone; waiting for it", "the NATS server is there again",
		garbage, "run r1 has ended", "cannot serve run r2: it is one of another version",
	}
	if diff := cmp.Diff(all, told(1)); diff != "" {
		t.Errorf("-v (-want +got):\n%s", diff)
	}
	var few []string
	for _, line := range all {
		if line != garbage {
			few = append(few, line)
		}
	}
	if diff := cmp.Diff(few, told(0)); diff != "" {
		t.Errorf("not -v (-want +got):\n%s", diff)
	}
}

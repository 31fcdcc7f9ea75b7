package crawl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"trawl/fetch"
	"trawl/parse"
	"trawl/pool"
	"trawl/pool/cluster/natstest"
)

// The test binary is its own worker, with the parser that its command line names, and a server.
func TestMain(m *testing.M) {
	natstest.Main()
	if pool.IsWorker() {
		own, ok := parsers[strings.Join(os.Args[1:], " ")]
		if !ok {
			os.Exit(1)
		}
		if err := Serve(context.Background(), own); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	natstest.ForgetEnvironment()
	os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE")) // of the workers
	goleak.VerifyTestMain(m)
}

// parsers are what tests parse with; "" is ParsePage's own.
var parsers = map[string]ParsePage{
	"": nil,
	"broken": func(page *fetch.Page, opts parse.Options) (parse.Record, error) {
		switch name := page.URL[strings.LastIndexByte(page.URL, '/')+1:]; name {
		case "panics":
			panic("no price on the page")
		case "fails":
			return parse.Record{Title: "of half a page"}, errors.New("nor here")
		case "goes":
			runtime.Goexit()
		}
		return parse.ParsePage(page, opts)
	},
	"deadly": func(page *fetch.Page, opts parse.Options) (parse.Record, error) {
		if strings.HasSuffix(page.URL, "/deadly") {
			fmt.Fprintln(os.Stderr, "cannot go on")
			os.Exit(3)
		}
		return parse.ParsePage(page, opts)
	},
	"hanging": func(page *fetch.Page, opts parse.Options) (parse.Record, error) {
		for strings.HasSuffix(page.URL, "/hanging") { // and no context reaches it
			runtime.Gosched()
		}
		return parse.ParsePage(page, opts)
	},
	"loud": func(page *fetch.Page, opts parse.Options) (parse.Record, error) {
		fmt.Println("parsing", page.Status)
		return parse.ParsePage(page, opts)
	},
}

// place is where a test has its jobs run: it makes a run's options those of a run
// there, with one of parsers.
type place func(opts Options, parser string) Options

func here(opts Options, parser string) Options {
	opts.ParsePage = parsers[parser]
	return opts
}

func inWorkers(opts Options, parser string) Options {
	opts.Processes = &ProcessOptions{Processes: 2, Args: []string{os.Args[0], parser}}
	return opts
}

// everywhere runs a test with the jobs in this process, in worker processes, and in a
// cluster, whose workers may have processes of their own.
func everywhere(t *testing.T, test func(t *testing.T, at place)) {
	t.Run("engine=thread", func(t *testing.T) { test(t, here) })
	t.Run("engine=process", func(t *testing.T) { test(t, inWorkers) })
	t.Run("engine=cluster", func(t *testing.T) { test(t, inCluster(t, false)) })
	t.Run("engine=cluster,process", func(t *testing.T) { test(t, inCluster(t, true)) })
}

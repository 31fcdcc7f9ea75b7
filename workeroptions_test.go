package main

import (
	"strings"
	"testing"
)

func TestAWorkerReadsItsOptions(t *testing.T) {
	cfg := parsed(t, strings.Fields("-v worker --nats tls://me:pw@h:4222 -c 7 --run a-B_1 --once --executor process --processes 3 --process-memory 64MiB")...)
	if cfg.command != workerCommand || cfg.NATS != "tls://me:pw@h:4222" || cfg.Concurrency != 7 || cfg.WorkerRun != "a-B_1" || !cfg.Once || cfg.Verbose != 1 ||
		cfg.Executor != inProcesses || cfg.Processes != 3 || cfg.ProcessMemory != 64<<20 {
		t.Errorf("the options are %+v", cfg)
	}
}

func TestAWorkerWithoutOptionsTakesItsServerFromTheEnvironment(t *testing.T) {
	t.Setenv("TRAWL_NATS", "nats://h:4222")
	t.Setenv("TRAWL_EXECUTOR", "cluster") // of the runs of this machine
	t.Setenv("TRAWL_OUTPUT", "x")
	cfg := parsed(t, "worker")
	if cfg.NATS != "nats://h:4222" || cfg.Concurrency != 128 || cfg.Executor != inThreads || cfg.Once || cfg.WorkerRun != "" {
		t.Errorf("the options are %+v", cfg)
	}
}

func TestAWorkersCommandLinesThatAreRefused(t *testing.T) {
	t.Setenv("TRAWL_NATS", "")
	for args, want := range map[string]string{
		"worker":                          "worker needs the address of a server (option --nats)\n  Use nats://HOST:4222 or tls://HOST:4222; several of one cluster with commas.\n  A run with --executor cluster -v prints the whole command line.",
		"worker urls.txt":                 "worker takes no lists and no URLs: urls.txt\n  It fetches what the runs on its server have: trawl help worker. A list of that name is ./worker.",
		"worker --nats h -":               "worker takes no lists and no URLs: -\n  It fetches what the runs on its server have: trawl help worker. A list of that name is ./worker.",
		"worker --nats h -o x":            "unknown option -o of worker\n  See 'trawl help worker'.",
		"--dedupe worker --nats h":        "unknown option --dedupe of worker\n  See 'trawl help worker'.",
		"worker --nats h --onec":          "unknown option --onec\n  Did you mean --once? See 'trawl help worker'.",
		"worker --natss h":                "unknown option --natss\n  Did you mean --nats? See 'trawl help worker'.",
		"worker --nats h --nats-listen a": "unknown option --nats-listen of worker\n  See 'trawl help worker'.",
		"worker --nats h -c 0":            "--concurrency 0 is out of range (option -c)\n  Use 1 to 65535.",
		"worker --nats h --run a.b":       "--run \"a.b\" is not the id of a run (option --run)\n  Use what the coordinator says of it with -v: 20261122T092439Z-7f3a.",
		"worker --nats h --run":           "--run needs a value (option --run)\n  Write --run ID; a value that begins with - as --run=-...",
		"worker --nats h --processes 2":   "--processes is for worker processes, and there are none (option --processes)\n  Add --executor process, or leave --processes out.",
		"worker --nats h --executor cluster": "--executor cluster is for the run, which workers serve (option --executor)\n" +
			"  Use thread or process, or leave --executor out.",
	} {
		if got, want := refused(t, exitUsage, strings.Fields(args)...), "trawl: "+want+"\n"; got != want {
			t.Errorf("trawl %s:\n%swant:\n%s", args, got, want)
		}
	}
}

// A variable or a file is for the runs that have such a server.
func TestOptionsOfServersGiveWay(t *testing.T) {
	t.Setenv("TRAWL_NATS", "nats://h:4222")
	t.Setenv("TRAWL_NATS_REPLICAS", "3")
	if cfg := parsed(t); cfg.Executor != inThreads {
		t.Errorf("the variables alone choose executor %s", cfg.Executor)
	}
	if cfg := parsed(t, "--executor", "cluster"); cfg.NATS == "" || cfg.NATSReplicas != 3 {
		t.Errorf("with the variables: %q, %d replicas", cfg.NATS, cfg.NATSReplicas)
	}
	if cfg := parsed(t, "--executor", "cluster", "--nats-listen", ":4222"); cfg.NATS != "" || cfg.NATSListen != ":4222" || cfg.NATSReplicas != 1 {
		t.Errorf("--nats-listen and TRAWL_NATS: %q, %q, %d replicas", cfg.NATS, cfg.NATSListen, cfg.NATSReplicas)
	}
	t.Setenv("TRAWL_NATS", "")
	t.Setenv("TRAWL_NATS_LISTEN", ":4222")
	if cfg := parsed(t, "--executor", "cluster", "--nats", "h"); cfg.NATS != "h" || cfg.NATSListen != "" {
		t.Errorf("--nats and TRAWL_NATS_LISTEN: %q, %q", cfg.NATS, cfg.NATSListen)
	}
}

// -c is a bound of a cluster run only if somebody has given it.
func TestConcurrencyOfAClusterIsWhatWorkersTake(t *testing.T) {
	for args, want := range map[string]int{"--executor cluster": 0, "--executor cluster -c 128": 128, "-c 5 --executor cluster": 5} {
		cfg := parsed(t, strings.Fields(args)...)
		if got := cfg.bound(); got != want {
			t.Errorf("trawl %s: %d in flight at most, want %d", args, got, want)
		}
	}
	if got, want := rowsOf(t, "concurrency", "--executor", "cluster"), "as the workers take default"; got != want {
		t.Errorf("concurrency: %s, want %s", got, want)
	}
}

package main

import "testing"

func TestConcurrencyFitsTheOpenFiles(t *testing.T) {
	for _, test := range []struct {
		asked   string
		allowed uint64
		want    int
		told    string
	}{
		{"1000", 256, 192, "trawl: this system allows 256 open files; --concurrency 1000 needs about 1,064\n  Running with 192 instead. Raise it with: ulimit -n 4096\n"},
		{"10000", 1024, 960, "trawl: this system allows 1024 open files; --concurrency 10000 needs about 10,064\n  Running with 960 instead. Raise it with: ulimit -n 16384\n"},
		{"128", 64, 48, "trawl: this system allows 64 open files; --concurrency 128 needs about 192\n  Running with 48 instead. Raise it with: ulimit -n 4096\n"},
		{"100", 20, 4, "trawl: this system allows 20 open files; --concurrency 100 needs about 164\n  Running with 4 instead. Raise it with: ulimit -n 4096\n"},
		{"2", 10, 1, "trawl: this system allows 10 open files; --concurrency 2 needs about 66\n  Running with 1 instead. Raise it with: ulimit -n 4096\n"},
		{"48", 64, 48, ""},
		{"192", 256, 192, ""},
		{"128", 1 << 62, 128, ""},
	} {
		cfg := parsed(t, "-c", test.asked)
		m := cfg.fitFiles(test.allowed)
		got := ""
		if m != nil {
			got = told(m)
		}
		if got != test.told || cfg.Concurrency != test.want {
			t.Errorf("-c %s of %d files: runs with %d, want %d\n%swant:\n%s", test.asked, test.allowed, cfg.Concurrency, test.want, got, test.told)
		}
	}
}

func TestTheSystemSaysHowManyFilesMayBeOpen(t *testing.T) {
	if n := openFiles(); n < 3 {
		t.Errorf("%d open files are allowed, but three are open", n)
	}
}

func TestWorkerProcessesFitTheOpenFiles(t *testing.T) {
	for _, test := range []struct {
		asked   string
		allowed uint64
		want    int
	}{
		{"8", 1024, 8}, {"8", 64, 8}, {"8", 40, 4}, {"8", 24, 1}, {"2", 10, 1},
	} {
		cfg := parsed(t, "--executor", "process", "--processes", test.asked)
		cfg.fitFiles(test.allowed)
		if got := cfg.workers(); got != test.want {
			t.Errorf("--processes %s of %d files: %d are started, want %d", test.asked, test.allowed, got, test.want)
		}
	}
}

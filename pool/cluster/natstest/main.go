package natstest

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// variable is the configuration file of a process that is to be a server.
const variable = "TRAWL_NATSTEST_CONFIG"

// ready is what a server says when it takes connections.
const ready = "ready\n"

// Main is the server, and does not return, in a process that a [Server] has started;
// else it does nothing. TestMain calls it first.
func Main() {
	config := os.Getenv(variable)
	if config == "" {
		return
	}
	if err := serve(config); err != nil {
		fmt.Fprintln(os.Stderr, "nats server:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// ForgetEnvironment has the process, and what it starts, know no credentials for NATS but
// those of tests. TestMain calls it before the tests.
func ForgetEnvironment() {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "NATS_") {
			os.Unsetenv(name)
		}
	}
}

// serve is a server's life: it ends with standard input, which is the test's.
func serve(config string) error {
	opts, err := server.ProcessConfigFile(config)
	if err != nil {
		return err
	}
	opts.NoLog, opts.NoSigs = true, true
	s, err := server.NewServer(opts)
	if err != nil {
		return err
	}
	go s.Start() // which returns when it listens, or ends the process
	if !s.ReadyForConnections(30 * time.Second) {
		return fmt.Errorf("does not listen on %s:%d", opts.Host, opts.Port)
	}
	fmt.Print(ready)
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	s.Shutdown()
	s.WaitForShutdown()
	return nil
}

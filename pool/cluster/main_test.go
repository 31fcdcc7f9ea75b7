package cluster_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"

	"trawl/pool"
	"trawl/pool/cluster/natstest"
	"trawl/pool/pooltest"

	"go.uber.org/goleak"
)

func init() { pool.RegisterError[*pooltest.StatusError]() } // here and in the workers

// The test binary is also its servers and its workers.
func TestMain(m *testing.M) {
	natstest.Main()
	if pool.IsWorker() {
		if err := processMain(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if address := os.Getenv(workerVariable); address != "" {
		os.Exit(workerMain(context.Background(), address))
	}
	natstest.ForgetEnvironment()
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		_ = f.Value.Set("6") // most tests wait most of the time
	}
	goleak.VerifyTestMain(m)
}

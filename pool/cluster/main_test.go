package cluster_test

import (
	"context"
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
	if address := os.Getenv(workerVariable); address != "" {
		os.Exit(workerMain(context.Background(), address))
	}
	goleak.VerifyTestMain(m)
}

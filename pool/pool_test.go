package pool_test

import (
	"testing"

	"trawl/pool"
	"trawl/pool/pooltest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestThreads(t *testing.T) {
	pooltest.Run(t, func(testing.TB) pool.Engine[string, string] { return pool.Threads(pooltest.Call) })
}

package pool_test

import (
	"context"
	"testing"

	"trawl/pool"
	"trawl/pool/pooltest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestThreads(t *testing.T) {
	pooltest.Run(t, func(_ testing.TB, w pooltest.Want, opts *pool.Options) pool.Engine[string, string] {
		if w.Init != "" {
			opts.Init = func() error {
				_, err := pooltest.Call(context.Background(), w.Init)
				return err
			}
		}
		return pool.Threads(pooltest.Call)
	})
}

package cluster_test

import (
	"strings"
	"testing"

	"trawl/pool"
	"trawl/pool/cluster/natstest"
	"trawl/pool/pooltest"
)

// All promises have one server and two worker processes. As some have several executors at
// once, the workers serve a promise's runs side by side.
func TestCluster(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{})
	workers := []*worker{startWorker(t, server.URL()), startWorker(t, server.URL())}
	conn := dial(t, server.URL())
	pooltest.Run(t, func(t testing.TB, w pooltest.Want, opts *pool.Options) pool.Engine[string, string] {
		r := newEngine(t, conn, func(o *options) { o.Setup = []byte(w.Init) })
		for _, w := range workers {
			w.serve(job{Run: r.name, Once: true})
		}
		if !strings.Contains(w.Init, "fail") { // else nobody can take calls
			r.awaitCapacity(16)
		}
		return r.engine
	})
	for _, w := range workers {
		w.leave()
	}
}

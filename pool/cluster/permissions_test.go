package cluster_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"trawl/pool/cluster"
	"trawl/pool/cluster/natstest"
)

// permissions are those of a server's configuration: workers and coordinators each have
// what they need and no more.
const permissions = `
authorization {
  users: [
    { user: worker, password: w, permissions: {
        publish: [
          "$JS.API.INFO", "$JS.API.STREAM.LIST",
          "$JS.API.CONSUMER.INFO.*.workers", "$JS.API.CONSUMER.MSG.NEXT.*.workers", "$JS.ACK.*.workers.>",
          "trawl.*.hello", "trawl.*.status", "trawl.*.remain", "trawl.*.failed", "trawl.*.results"
        ]
        subscribe: [ "_INBOX.>", "trawl.news", "trawl.*.cancel", "trawl.*.end" ]
    } }
    { user: coordinator, password: c, permissions: {
        publish: [
          "$JS.API.INFO",
          "$JS.API.STREAM.CREATE.*", "$JS.API.STREAM.UPDATE.*", "$JS.API.STREAM.INFO.*",
          "$JS.API.STREAM.PURGE.*", "$JS.API.STREAM.DELETE.*", "$JS.API.STREAM.MSG.GET.*",
          "$JS.API.CONSUMER.CREATE.>", "$JS.API.CONSUMER.DELETE.>", "$JS.API.CONSUMER.INFO.>",
          "$JS.API.CONSUMER.MSG.NEXT.*.coordinator", "$JS.ACK.*.coordinator.>",
          "trawl.news", "trawl.*.jobs", "trawl.*.cancel", "trawl.*.end"
        ]
        subscribe: [ "_INBOX.>", "trawl.*.hello", "trawl.*.status", "trawl.*.remain", "trawl.*.failed" ]
        allow_responses: { max: 1, expires: "10s" }
    } }
  ]
}`

func TestWorkersAndCoordinatorsNeedFewPermissions(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{Config: permissions})
	as := func(who string) string { return strings.Replace(server.URL(), "//", "//"+who+"@", 1) }
	r := newRun(t, as("coordinator:c"), 32, shortLease)
	killed := startWorker(t, as("worker:w")).serve(job{Capacity: 16})
	startWorker(t, as("worker:w")).serve(job{Capacity: 16})
	r.awaitCapacity(32)
	load := r.startLoad(500, 10*time.Millisecond)
	load.after(100)
	killed.kill() // what remains is asked for
	load.after(200)
	server.Kill()
	server.DeleteStore()
	server.Restart() // and the streams are made again
	if again := load.finish(); again > 64 {
		t.Errorf("%d calls were made again, want at most the windows, 64", again)
	}

	conn, js := stranger(t, as("worker:w"))
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if err := js.DeleteStream(ctx, "trawl_"+r.name+"_jobs"); err == nil {
		t.Error("a worker deletes a stream")
	}
	if _, err := js.Publish(ctx, "trawl."+r.name+".jobs", []byte("x")); err == nil {
		t.Error("a worker publishes jobs")
	}
	if err := conn.LastError(); err == nil || !strings.Contains(strings.ToLower(err.Error()), "permissions violation") {
		t.Errorf("the server says %v to what a worker may not do", err)
	}
	if n := r.told(cluster.Refused); n > 0 {
		t.Errorf("%d workers were refused: %v", n, r.allTold())
	}
}

package crawl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"trawl/fetch"
	"trawl/pool"
	"trawl/pool/cluster"
	"trawl/pool/cluster/natstest"
)

// inCluster runs jobs on two workers of a NATS server, or in two processes of each.
func inCluster(t *testing.T, processes bool) place {
	server, spool := natstest.Start(t, natstest.Options{}), t.TempDir()
	return func(opts Options, parser string) Options {
		each := WorkerOptions{Concurrency: 64, ParsePage: parsers[parser], Spool: spool}
		if processes {
			each.ParsePage, each.Processes = nil, inWorkers(opts, parser).Processes
		}
		opts.Elsewhere = func(jobs Jobs) (pool.Engine[fetch.Request, Parsed], error) {
			c := &clustered{spool: spool, stop: make(chan struct{})}
			t.Cleanup(func() { // workers do not end with a run
				if err := c.leave(); err != nil {
					t.Error(err)
				}
			})
			err := c.join(server.URL(), jobs, each)
			return c.Engine, err
		}
		return opts
	}
}

// A run whose workers all cannot begin ends with the reason, though it has submitted nothing.
func TestARunEndsWhoseWorkersCannotBegin(t *testing.T) {
	at := inCluster(t, false)
	opts := at(to(t.TempDir(), Options{}), "")
	begin := opts.Elsewhere
	opts.Elsewhere = func(jobs Jobs) (pool.Engine[fetch.Request, Parsed], error) {
		jobs.Setup = []byte("of another make")
		return begin(jobs)
	}
	sum, err := Crawl(t.Context(), nil, listOf(t, "http://127.0.0.1:1/"), opts)
	if !errors.Is(err, pool.ErrBroken) || strings.Count(err.Error(), "setup: ") != 1 {
		t.Errorf("Crawl: %v, want why the workers cannot begin, once", err)
	}
	if sum.URLs() != 0 || sum.Whole {
		t.Errorf("%d URLs have ended, whole is %v", sum.URLs(), sum.Whole)
	}
}

// clustered is a cluster's engine, with its workers.
type clustered struct {
	Engine  *cluster.Engine[fetch.Request, Parsed]
	conns   []*cluster.Conn
	spool   string // the workers'
	stop    chan struct{}
	serving sync.WaitGroup
	mu      sync.Mutex // guards err
	err     error
}

func (c *clustered) join(address string, jobs Jobs, each WorkerOptions) (err error) {
	ctx := context.Background()
	for range 3 {
		conn, err := cluster.Connect(ctx, address, cluster.ConnectOptions{})
		if err != nil {
			return err
		}
		c.conns = append(c.conns, conn)
	}
	c.Engine, err = cluster.New(ctx, c.conns[0], cluster.Options[fetch.Request, Parsed]{
		Run: jobs.Run, Release: fetch.Release, Setup: jobs.Setup, Secret: jobs.Secret,
		In: jobs.In, Out: jobs.Out, Limit: jobs.Limit, OnCapacity: jobs.Resize,
	})
	if err != nil {
		return err
	}
	jobs.Guard(c.conns[0].Private())
	for _, conn := range c.conns[1:] {
		c.serving.Go(func() {
			err := cluster.Serve(ctx, c.stop, conn, func(ctx context.Context, setup []byte, answers pool.Answers) (pool.Maker, error) {
				return NewWorker(ctx, setup, answers, each)
			}, cluster.WorkerOptions{Release: fetch.Release})
			c.mu.Lock()
			defer c.mu.Unlock()
			c.err = errors.Join(c.err, err)
		})
	}
	return nil
}

// leave ends workers and connections. What workers have kept in a folder goes soon.
func (c *clustered) leave() error {
	close(c.stop)
	c.serving.Wait()
	for _, conn := range c.conns {
		conn.Close()
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		left, err := os.ReadDir(c.spool)
		switch {
		case len(left) == 0:
			return errors.Join(c.err, err)
		case time.Now().After(deadline):
			return errors.Join(c.err, fmt.Errorf("workers have left %v", left))
		}
	}
}

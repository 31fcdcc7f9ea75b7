package crawl

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"trawl/fetch"
	"trawl/pool"
	"trawl/pool/cluster"
	"trawl/pool/cluster/natstest"
)

// inCluster runs jobs on two workers of a NATS server.
func inCluster(t *testing.T) place {
	server := natstest.Start(t, natstest.Options{})
	return func(opts Options, parser string) Options {
		opts.Elsewhere = func(jobs Jobs) (pool.Engine[fetch.Request, Parsed], error) {
			spool := filepath.Dir(opts.Output.Output) + "/machine"
			if err := os.MkdirAll(spool, 0o700); err != nil {
				return nil, err
			}
			c := &clustered{}
			if err := c.join(server.URL(), jobs, WorkerOptions{Concurrency: 64, ParsePage: parsers[parser], Spool: spool}); err != nil {
				return nil, errors.Join(err, c.leave())
			}
			return c, nil
		}
		return opts
	}
}

// clustered is a cluster's engine, with its workers.
type clustered struct {
	*cluster.Engine[fetch.Request, Parsed]
	conns   []*cluster.Conn
	stop    chan struct{}
	serving sync.WaitGroup
	mu      sync.Mutex // guards err
	err     error
}

func (c *clustered) join(address string, jobs Jobs, each WorkerOptions) (err error) {
	ctx := context.Background()
	c.stop = make(chan struct{})
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

// leave ends workers and connections.
func (c *clustered) leave() error {
	close(c.stop)
	c.serving.Wait()
	for _, conn := range c.conns {
		conn.Close()
	}
	return c.err
}

func (c *clustered) Close() error { return errors.Join(c.Engine.Close(), c.leave()) }

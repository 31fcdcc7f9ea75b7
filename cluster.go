package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"trawl/crawl"
	"trawl/display"
	"trawl/fetch"
	"trawl/pool"
	"trawl/pool/cluster"
	"trawl/pool/cluster/broker"
	"trawl/sinks"
)

// lease is how long nothing is heard of a worker before others get what it had.
const lease = 5 * time.Second

// A gathering is what a run with --executor cluster has beside the crawl: the connection to
// the server and, if that is its own, the server with a worker.
type gathering struct {
	*screen
	in      *interrupts
	resumed bool
	former  string // a run whose streams may be left on the server, and that does not go on
	memory  int64  // of the local worker, for bodies
	events  *eventLog

	dir    string // of a server of our own
	brief  bool   // dir is for this process only
	server *broker.Server
	conn   atomic.Pointer[cluster.Conn] // nil until there is one
	local  *localWorker
	deaths atomic.Int64 // of the local worker

	exposed atomic.Bool // a worker has joined whose connection is not private

	over     chan struct{} // ends the watch of the server, or of the workers
	watching sync.WaitGroup
}

// gather has the run's jobs made by workers over NATS, if that is what is asked for;
// otherwise it returns nil.
func (s *screen) gather(in *interrupts, b start, opts *crawl.Options) *gathering {
	if s.cfg.Executor != inCluster {
		return nil
	}
	g := &gathering{screen: s, in: in, resumed: b.resumed, former: b.former, memory: opts.Client.BodyMemory, events: s.eventLog(), over: make(chan struct{})}
	opts.Stage.Concurrency = s.cfg.bound()
	opts.Elsewhere = g.engine
	return g
}

// engine begins the run on its server. An error is a *message, or the end of the run.
func (g *gathering) engine(jobs crawl.Jobs) (pool.Engine[fetch.Request, crawl.Parsed], error) {
	ctx, cancel := untilClosed(g.in.ctx, g.in.stop)
	defer cancel()
	guard := func(private bool) { jobs.Guard(private && !g.exposed.Load()) }
	conn, err := g.connect(ctx, guard)
	if err == nil && jobs.Secret && !conn.Private() {
		err = g.tooOpen()
	}
	if err != nil {
		return nil, g.reason(ctx, err)
	}
	if g.former != "" {
		_ = cluster.Forget(ctx, conn, g.former) // what it cannot do harms nobody
	}
	engine, err := cluster.New(ctx, conn, cluster.Options[fetch.Request, crawl.Parsed]{
		Run: jobs.Run, Release: fetch.Release, Setup: jobs.Setup, Secret: jobs.Secret,
		In: jobs.In, Out: jobs.Out, Limit: jobs.Limit,
		Replicas: g.cfg.NATSReplicas, Lease: lease, OnCapacity: jobs.Resize,
		OnExposed: func() { g.exposed.Store(true); guard(false) }, OnEvent: g.events.tell,
	})
	if err != nil {
		return nil, g.reason(ctx, g.cannotBegin(err))
	}
	g.stats.WatchWorkers(func() []crawl.WorkerStatus { return statusOf(engine.Workers()) })
	if g.server != nil {
		g.startLocal(jobs.Run)
	} else {
		g.introduce(jobs.Run)
		g.watching.Go(func() { g.watchWorkers(engine.Workers) })
	}
	if g.cfg.NATS != "" && !strings.Contains(g.cfg.NATS, "@") { // nothing that is secret
		join := "trawl worker --nats " + g.cfg.NATS
		g.join.Store(&join)
	}
	return parting{engine, g}, nil
}

// parting is an engine whose streams may stay on a server that is gone: that does no harm to
// the run, which has ended.
type parting struct {
	*cluster.Engine[fetch.Request, crawl.Parsed]
	g *gathering
}

func (p parting) Close() error {
	p.g.stats.WatchWorkers(nil)
	if err := p.Engine.Close(); err != nil {
		p.g.remark("what the run has on its server stays there: " + inOneLine(err))
	}
	return nil
}

// reason is why the run does not begin: what ends it, if something does, else err.
func (g *gathering) reason(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	if m, ok := errors.AsType[*message](context.Cause(ctx)); ok {
		return m
	}
	return context.Canceled // by a signal, which says so itself
}

// connect connects to the user's server, or to one that it starts. guard is told whether
// what goes there stays secret, again whenever that may have changed.
func (g *gathering) connect(ctx context.Context, guard func(private bool)) (*cluster.Conn, error) {
	address := g.cfg.NATS
	if address == "" {
		if err := g.startServer(); err != nil {
			return nil, err
		}
		address = g.server.Address()
	}
	conn, err := cluster.Connect(ctx, address, cluster.ConnectOptions{Name: "trawl " + g.files.run, OnEvent: func(e cluster.Event) {
		if conn := g.conn.Load(); conn != nil {
			guard(conn.Private())
		}
		g.events.tell(e)
	}})
	if err != nil {
		return nil, g.cannotConnect(err)
	}
	g.conn.Store(conn)
	guard(conn.Private())
	return conn, nil
}

// startServer starts a server of our own. What it stores is beside the output, as the state
// is and for as long.
func (g *gathering) startServer() (err error) {
	if state := sinks.StatePath(g.files.output); state != "" && g.cfg.Lock != lockOff {
		g.dir = strings.TrimSuffix(state, ".state") + ".nats"
	} else if g.dir, err = os.MkdirTemp("", "trawl-nats-"); err != nil {
		return g.cannotStore(err)
	} else {
		g.brief = true
	}
	opts := broker.Options{Dir: g.dir, Listen: g.cfg.NATSListen}
	_, there := os.Stat(g.dir)
	if there == nil && !g.resumed && !g.brief { // of a run that nobody goes on with
		if old, err := broker.Start(opts); err == nil {
			_ = old.Remove() // or Start says what is wrong with it
		}
	}
	if g.server, err = broker.Start(opts); err != nil {
		if errors.Is(there, fs.ErrNotExist) {
			_ = os.RemoveAll(g.dir) // which is ours
		}
		return g.cannotListen(err)
	}
	g.watching.Go(g.watchServer)
	return nil
}

// watchServer ends the run if its server can store no more.
func (g *gathering) watchServer() {
	select {
	case <-g.server.Failed():
		g.in.abort(g.cannotStore(g.server.Err()))
	case <-g.over:
	}
}

// startLocal starts the worker beside our own server, and tells how others are started.
func (g *gathering) startLocal(run string) {
	here := *g.cfg
	g.warn(here.fitFiles(openFiles()))
	g.local = keepLocalWorker(localSetup{
		Address: g.server.Address(), Run: run, Concurrency: here.Concurrency, BodyMemory: g.memory,
	}, g.localDied, func(line string) { g.workerSaid("local worker", line) })
	if g.cfg.Verbose > 0 {
		g.say("trawl: to have another machine help:  trawl worker --nats " + quotedAlways(g.server.Address()))
		if g.cfg.NATSListen == "" {
			g.say("  (another process of this machine; for other machines add --nats-listen ADDR:PORT)")
		}
	}
}

// quotedAlways is text in a shell's quotes.
func quotedAlways(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

const deathsShown = 5 // of the local worker, after which it is worth a word to everybody

// localDied tells of the death of the local worker, which is started again.
func (g *gathering) localDied(err error) {
	g.workerLines.Delete("local worker")
	text := "trawl: the local worker died (" + display.Clean(err.Error()) + ") and is started again"
	switch n := g.deaths.Add(1); {
	case n == deathsShown:
		g.warn(&message{what: strings.TrimPrefix(text, "trawl: "), hints: []string{"It has died " + display.Plural(n, "time", "times") + " by now: look at the memory that is free, or at the pages with -v."}})
	case g.cfg.Verbose > 0:
		g.say(text)
	}
}

// close ends what the run has beside the crawl. What a server of our own has stored stays
// as long as there is a state to go on from. It may be called on nil.
func (g *gathering) close() (err error) {
	if g == nil {
		return nil
	}
	close(g.over)
	g.watching.Wait()
	g.local.close()
	if conn := g.conn.Load(); conn != nil {
		conn.Close()
	}
	switch {
	case g.server == nil:
	case g.brief || !g.resumable():
		err = g.server.Remove()
	default:
		err = g.server.Close()
	}
	if g.brief {
		err = errors.Join(err, os.RemoveAll(g.dir))
	}
	return err
}

// statusOf is what an engine says of its workers, as it is shown.
func statusOf(workers []cluster.WorkerStatus) (all []crawl.WorkerStatus) {
	for _, w := range workers {
		status := crawl.WorkerStatus{Name: w.Name, Capacity: w.Capacity, InFlight: w.InFlight, Rate: w.Rate, Slow: w.Slow}
		if silent := time.Since(w.Heard); silent > lease {
			status.Silent = silent
		}
		all = append(all, status)
	}
	return all
}

package natstest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Cluster is servers that are one cluster. What they say to each other goes through the
// test.
type Cluster struct {
	Servers []*Server

	t     testing.TB
	lines [][]*line // from one to another, nil to itself
}

// StartCluster starts n servers, which end with the test, and waits until they have found
// each other. TestMain has called [Main].
func StartCluster(t testing.TB, n int) *Cluster {
	t.Helper()
	c := &Cluster{t: t}
	var routes []int
	for range n {
		routes = append(routes, freePort(t))
	}
	for i := range n {
		c.lines = append(c.lines, make([]*line, n))
		var others []string
		for j := range n {
			if i != j {
				c.lines[i][j] = newLine(t, fmt.Sprintf("127.0.0.1:%d", routes[j]))
				others = append(others, c.lines[i][j].address())
			}
		}
		s := newServer(t)
		// Servers tell each other where third ones are. Nobody listens there: they must come through the lines.
		s.configure(fmt.Sprintf("trawl-test-%d", i), fmt.Sprintf(
			"cluster { name: trawl-test, listen: \"127.0.0.1:%d\", advertise: \"127.0.0.1:1\", routes: %s }", routes[i], quoted(others)))
		s.Restart()
		c.Servers = append(c.Servers, s)
	}
	c.await()
	return c
}

// URL is all servers, as a client has them that may connect to any.
func (c *Cluster) URL() string {
	var all []string
	for _, s := range c.Servers {
		all = append(all, s.URL())
	}
	return strings.Join(all, ",")
}

// CutOff lets nothing through between a server and the others. Clients still reach
// it.
func (c *Cluster) CutOff(server int) { c.each(server, (*line).cut) }

// Heal undoes CutOff.
func (c *Cluster) Heal(server int) { c.each(server, (*line).heal) }

func (c *Cluster) each(server int, do func(*line)) {
	for i := range c.lines {
		if i != server {
			do(c.lines[i][server])
			do(c.lines[server][i])
		}
	}
}

// Leader is the server that leads a stream, once there is one and all copies have what it
// has: the loss of any one server then loses nothing.
func (c *Cluster) Leader(stream string) (server int) {
	c.t.Helper()
	var last error
	if !c.poll(func(ctx context.Context, js jetstream.JetStream) error {
		server, last = leader(ctx, js, stream)
		return last
	}) {
		c.t.Fatalf("stream %s has no leader: %v", stream, last)
	}
	return server
}

func leader(ctx context.Context, js jetstream.JetStream, stream string) (server int, err error) {
	s, err := js.Stream(ctx, stream)
	if err != nil {
		return 0, err
	}
	group := s.CachedInfo().Cluster
	if group == nil || group.Leader == "" {
		return 0, fmt.Errorf("cluster is %+v", group)
	}
	if slices.ContainsFunc(group.Replicas, func(p *jetstream.PeerInfo) bool { return p.Offline || !p.Current }) {
		return 0, fmt.Errorf("a copy of what %s has is not current", group.Leader)
	}
	_, err = fmt.Sscanf(group.Leader, "trawl-test-%d", &server)
	return server, err
}

// await waits until each server answers for the cluster, and all can have a copy.
func (c *Cluster) await() {
	c.t.Helper()
	for i, s := range c.Servers {
		var last error
		if !poll(c.t, s.URL(), func(ctx context.Context, js jetstream.JetStream) error {
			_, last = js.AccountInfo(ctx)
			return last
		}) {
			c.t.Fatalf("server %d is not part of a cluster: %v", i, last)
		}
	}
	const trial = "natstest"
	var last error
	if !c.poll(func(ctx context.Context, js jetstream.JetStream) error {
		_, last = js.CreateStream(ctx, jetstream.StreamConfig{Name: trial, Replicas: len(c.Servers), Storage: jetstream.MemoryStorage})
		return last
	}) {
		c.t.Fatalf("no stream has a copy on each server: %v", last)
	}
	if !c.poll(func(ctx context.Context, js jetstream.JetStream) error {
		last = js.DeleteStream(ctx, trial)
		return last
	}) {
		c.t.Fatalf("delete the stream: %v", last)
	}
}

func (c *Cluster) poll(done func(context.Context, jetstream.JetStream) error) bool {
	c.t.Helper()
	return poll(c.t, c.URL(), done)
}

// poll asks a server until it is done, or half a minute has passed.
func poll(t testing.TB, url string, done func(context.Context, jetstream.JetStream) error) bool {
	t.Helper()
	conn, err := nats.Connect(url, nats.RetryOnFailedConnect(true), nats.ReconnectWait(50*time.Millisecond), nats.MaxReconnects(-1))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		once, end := context.WithTimeout(ctx, time.Second)
		err := done(once, js)
		end()
		if err == nil {
			return true
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
}

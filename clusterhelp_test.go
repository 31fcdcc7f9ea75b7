package main

import (
	"context"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// natsServer is a NATS server of a test's own, in its process.
type natsServer struct {
	server *server.Server
	url    string
	js     jetstream.JetStream
}

func newNATS(t testing.TB) *natsServer {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(30 * time.Second) {
		t.Fatal("the NATS server is not ready")
	}
	conn, err := nats.Connect(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return &natsServer{s, s.ClientURL(), js}
}

// coordinator are the options of a run that has its workers from this server.
func (n *natsServer) coordinator(args ...string) []string {
	return append([]string{"--executor", inCluster, "--nats", n.url}, args...)
}

// messages are how many each stream of the server has.
func (n *natsServer) messages(t *testing.T) map[string]uint64 {
	t.Helper()
	streams := map[string]uint64{}
	all := n.js.ListStreams(context.Background()) // for cleanups, too
	for info := range all.Info() {
		streams[info.Config.Name] = info.State.Msgs
	}
	if err := all.Err(); err != nil {
		t.Fatal(err)
	}
	return streams
}

// runs are those that have streams for their calls, by name.
func (n *natsServer) runs(t *testing.T) (names []string) {
	t.Helper()
	for stream := range n.messages(t) {
		if run, ok := strings.CutSuffix(stream, "_jobs"); ok {
			names = append(names, strings.TrimPrefix(run, "trawl_"))
		}
	}
	slices.Sort(names)
	return names
}

// waitRuns waits until the server has so many runs, and returns them.
func (n *natsServer) waitRuns(t *testing.T, count int) (names []string) {
	t.Helper()
	eventually(t, "the runs are on the server", func() bool {
		names = n.runs(t)
		return len(names) == count
	})
	return names
}

// wantEmpty wants no run to have left anything.
func (n *natsServer) wantEmpty(t *testing.T) {
	t.Helper()
	if left := slices.Collect(maps.Keys(n.messages(t))); len(left) > 0 {
		t.Errorf("the server still has the streams %q", left)
	}
}

// hand is a worker on its own: trawl worker.
type hand struct {
	cmd  *exec.Cmd
	said *listener
	over chan struct{} // closed when it has ended
	err  error         // of Wait, then
}

// hire starts a worker, which the test ends if nothing else does.
func hire(t testing.TB, program, url string, args ...string) *hand {
	t.Helper()
	h := &hand{said: &listener{}, over: make(chan struct{})}
	h.cmd = trawl(t, t.TempDir(), append([]string{"worker", "--nats", url}, args...)...)
	if program != "" {
		h.cmd.Path = program
	}
	h.cmd.Stdout, h.cmd.Stderr = h.said, h.said
	if err := h.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(h.over)
		h.err = h.cmd.Wait()
	}()
	t.Cleanup(h.kill)
	return h
}

// hire starts so many workers for the server's runs.
func (n *natsServer) hire(t testing.TB, count int, args ...string) (hands []*hand) {
	t.Helper()
	for range count {
		hands = append(hands, hire(t, "", n.url, args...))
	}
	return hands
}

func (h *hand) pid() int { return h.cmd.Process.Pid }

// kill ends it as a power cut would, and waits for that.
func (h *hand) kill() {
	h.cmd.Process.Kill() // unless it has ended
	<-h.over
}

// signal sends it a signal.
func (h *hand) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := h.cmd.Process.Signal(s); err != nil {
		t.Fatalf("%v: %v\n%s", s, err, h.said)
	}
}

// ends waits for it, and returns its exit code.
func (h *hand) ends(t *testing.T, limit time.Duration) int {
	t.Helper()
	select {
	case <-h.over:
		return exitOf(t, h.err)
	case <-time.After(limit):
		t.Fatalf("the worker is not at its end after %v\n%s", limit, h.said)
		return 0
	}
}

// alongside runs tests that mostly wait at once, however few processors there are.
func alongside(t *testing.T, tests map[string]func(t *testing.T)) {
	t.Helper()
	var all sync.WaitGroup
	for name, test := range tests {
		all.Go(func() { t.Run(name, test) })
	}
	all.Wait()
}

// inACluster runs a test with commands that have two workers.
func inACluster(t *testing.T, test func(t *testing.T)) {
	t.Run("executor="+inCluster, func(t *testing.T) {
		n := newNATS(t)
		n.hire(t, 2)
		t.Setenv("TRAWL_EXECUTOR", inCluster)
		t.Setenv("TRAWL_NATS", n.url)
		test(t)
		n.wantEmpty(t)
	})
}

// thisTrawl is the test binary as the command.
func thisTrawl(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("trawl")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

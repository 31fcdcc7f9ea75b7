package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"trawl/pool/cluster"
)

// guide is what users are told of clusters, with the permissions that they are to give.
const guide = "../../docs/cluster.md"

// permissions are the accounts of the guide's configuration, with a password each.
func permissions(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	_, config, _ := strings.Cut(string(text), "\naccounts {\n")
	config, _, ok := strings.Cut(config, "\n}\n")
	if !ok {
		t.Fatalf("%s has no accounts", guide)
	}
	return "accounts {\n" + strings.NewReplacer("$COORDINATOR_PASSWORD", "c", "$WORKER_PASSWORD", "w").Replace(config) + "\n}\n"
}

// complaints are what a server says of those who do what they may not, and what all do.
type complaints struct {
	server.Logger
	mu    sync.Mutex // guards all below
	all   []string
	trace strings.Builder
}

func (c *complaints) Errorf(format string, v ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, fmt.Sprintf(format, v...))
}

func (*complaints) Noticef(string, ...any) {}
func (*complaints) Warnf(string, ...any)   {}
func (*complaints) Fatalf(string, ...any)  {}
func (*complaints) Debugf(string, ...any)  {}

func (c *complaints) Tracef(format string, v ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintf(&c.trace, format+"\n", v...)
}

// used are the subjects that clients have published and subscribed to.
func (c *complaints) used() (subjects []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, match := range regexp.MustCompile(`<<- \[H?(?:PUB|SUB) (\S+)`).FindAllStringSubmatch(c.trace.String(), -1) {
		subjects = append(subjects, match[1])
	}
	slices.Sort(subjects)
	return slices.Compact(subjects)
}

func (c *complaints) string() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.all, "\n")
}

// startGuarded starts a server with the guide's permissions. It returns an address for each
// user.
func startGuarded(t *testing.T) (said *complaints, coordinator, worker string) {
	t.Helper()
	config := filepath.Join(t.TempDir(), "nats.conf")
	text := fmt.Sprintf("listen: \"127.0.0.1:-1\"\njetstream { store_dir: %q }\n%s", t.TempDir(), permissions(t))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	opts, err := server.ProcessConfigFile(config)
	if err != nil {
		t.Fatal(err)
	}
	opts.NoSigs = true
	s, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	said = &complaints{}
	s.SetLogger(said, false, true)
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(patience) {
		t.Fatal("the server is not ready")
	}
	return said, "nats://coordinator:c@" + s.Addr().String(), "nats://worker:w@" + s.Addr().String()
}

// Runs do all that they may ever do with the permissions that the guide gives, and need
// each of them.
func TestTheGuidesPermissionsAreEnough(t *testing.T) {
	t.Parallel()
	said, coordinator, address := startGuarded(t)
	used := func(pattern string) bool {
		return slices.ContainsFunc(said.used(), func(subject string) bool { return server.SubjectsCollide(subject, pattern) })
	}
	r := newRun(t, coordinator, 64, shortLease)
	workers := r.startWorkers(address, 3, 16)
	load := r.startLoad(800, 10*time.Millisecond)
	load.after(100)
	workers[0].kill() // what it had is given to others, who ask what remains
	load.after(300)
	for _, w := range workers[1:] {
		w.kill()
	}
	until(t, "the coordinator looks for messages", func() bool { return used("$JS.API.STREAM.MSG.GET.*") })
	r.startWorkers(address, 2, 16)
	js := connectAs(t, coordinator)
	for _, stream := range []string{"trawl_" + r.name + "_jobs", "trawl_" + r.name + "_results"} {
		if err := js.DeleteStream(t.Context(), stream); err != nil { // the engine makes them anew
			t.Error(err)
		}
	}
	load.finish()
	cancelWhileItRuns(t, r)
	r.end()
	again := newEngine(t, dial(t, coordinator), func(o *options) { o.Setup = []byte("fail 1") }) // no worker can start it
	startWorker(t, address).serve(job{})
	again.awaitTold(cluster.Refused)
	if err := again.engine.Close(); err != nil {
		t.Error(err)
	}
	if err := cluster.Forget(t.Context(), dial(t, coordinator), again.name); err != nil {
		t.Error(err)
	}
	if got := said.string(); got != "" {
		t.Errorf("the server says:\n%s", got)
	}
	for _, match := range regexp.MustCompile(`"([^"]+)"`).FindAllStringSubmatch(permissions(t), -1) {
		if !used(match[1]) {
			t.Errorf("nobody has needed %s", match[1])
		}
	}
}

// cancelWhileItRuns cancels a call that a worker makes.
func cancelWhileItRuns(t *testing.T, r *run) {
	t.Helper()
	notes := filepath.Join(t.TempDir(), "notes")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	made := make(chan error)
	go func() {
		_, err := r.engine.Call(ctx, "note "+notes+" 1 1h")
		made <- err
	}()
	until(t, "the call runs", func() bool { _, err := os.Stat(notes); return err == nil })
	cancel()
	if err := <-made; !errors.Is(err, context.Canceled) {
		t.Errorf("a call that is cancelled: %v", err)
	}
}

func connectAs(t *testing.T, address string) jetstream.JetStream {
	t.Helper()
	nc, err := nats.Connect(address, nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc, jetstream.WithDefaultTimeout(300*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// A worker may neither give work nor take away what is another's.
func TestTheGuidesWorkerMayDoNoMore(t *testing.T) {
	t.Parallel()
	said, coordinator, address := startGuarded(t)
	r := newRun(t, coordinator, 8, nil)
	jobs, results := "trawl_"+r.name+"_jobs", "trawl_"+r.name+"_results"
	js := connectAs(t, address)
	for what, try := range map[string]func(ctx context.Context) error{
		"publish jobs":    func(ctx context.Context) error { _, err := js.Publish(ctx, "trawl."+r.name+".jobs", nil); return err },
		"delete a stream": func(ctx context.Context) error { return js.DeleteStream(ctx, jobs) },
		"make a stream": func(ctx context.Context) error {
			_, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "x", Subjects: []string{"x"}})
			return err
		},
		"delete a consumer": func(ctx context.Context) error { return js.DeleteConsumer(ctx, jobs, "workers") },
		"read the results":  func(ctx context.Context) error { _, err := js.Consumer(ctx, results, "coordinator"); return err },
	} {
		ctx, done := context.WithTimeout(t.Context(), 300*time.Millisecond)
		if err := try(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a worker may %s: %v", what, err)
		}
		done()
	}
	if got := strings.Count(said.string(), "Publish Violation"); got < 5 {
		t.Errorf("the server has %d violations:\n%s", got, said.string())
	}
}

// Who lets a worker in as somebody who may not do a worker's work learns it: nothing else tells
// why it does nothing.
func TestAWorkerIsToldWhatItMayNotDo(t *testing.T) {
	_, coordinator, _ := startGuarded(t)
	denied := make(chan string, 100)
	conn, err := cluster.Connect(t.Context(), coordinator, cluster.ConnectOptions{OnEvent: func(e cluster.Event) {
		if e.Kind == cluster.Denied {
			select {
			case denied <- e.Detail:
			default:
			}
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	stop, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- cluster.Serve(t.Context(), stop, conn, nil, cluster.WorkerOptions{}) }()
	got := <-denied
	for !strings.Contains(got, `"$JS.API.STREAM.LIST"`) { // but "trawl.news"
		got = <-denied
	}
	if !strings.Contains(got, "docs/cluster.md") || strings.Contains(got, "on connection") {
		t.Errorf("told %q", got)
	}
	close(stop)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

package broker

import (
	"errors"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"trawl/pool/cluster"
	"trawl/pool/cluster/natstest"
)

func TestMain(m *testing.M) {
	natstest.ForgetEnvironment()
	goleak.VerifyTestMain(m)
}

// startIn starts a server, which ends with the test.
func startIn(t *testing.T, opts Options) *Server {
	t.Helper()
	s, err := Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func closed(t *testing.T, s *Server) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// streams are those of a server of this machine, over a connection that ends with the test.
func streams(t *testing.T, s *Server) jetstream.JetStream {
	t.Helper()
	nc, err := nats.Connect(s.Address(), nats.MaxReconnects(-1), nats.ReconnectWait(10*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// queue makes the stream that the tests use.
func queue(t *testing.T, js jetstream.JetStream) jetstream.Stream {
	t.Helper()
	stream, err := js.CreateOrUpdateStream(t.Context(), jetstream.StreamConfig{
		Name: "q", Subjects: []string{"q"}, Retention: jetstream.WorkQueuePolicy, Storage: jetstream.FileStorage,
	})
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

func TestAServerKeepsItsAddressAndWhatItHas(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "db.txt.nats")
	s := startIn(t, Options{Dir: dir})
	address := s.Address()
	if u, err := url.Parse(address); err != nil || u.Scheme != "nats" || u.Hostname() != "127.0.0.1" || u.User.String() == "" {
		t.Errorf("address %s (%v), want one of this machine, with credentials", address, err)
	}
	if s.Moved() {
		t.Error("a first server has moved")
	}
	js := streams(t, s)
	queue(t, js)
	if _, err := js.Publish(t.Context(), "q", []byte("one")); err != nil {
		t.Fatal(err)
	}
	again := js.Conn().StatusChanged(nats.CONNECTED)

	closed(t, s)
	s = startIn(t, Options{Dir: dir})
	if s.Address() != address || s.Moved() {
		t.Errorf("address %s after a restart, moved %v, want %s", s.Address(), s.Moved(), address)
	}
	select {
	case <-again:
	case <-time.After(20 * time.Second):
		t.Fatal("the client has not found the server again in 20 s")
	}
	stream, err := js.Stream(t.Context(), "q")
	if err != nil {
		t.Fatal(err)
	}
	if msg, err := stream.GetMsg(t.Context(), 1); err != nil || string(msg.Data) != "one" {
		t.Errorf("message %v (%v) after a restart, want the one that was sent", msg, err)
	}
}

func TestDirIsTheirsAloneWhoRunTheServer(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	startIn(t, Options{Dir: dir})
	for path, want := range map[string]fs.FileMode{dir: 0o700, filepath.Join(dir, addressFile): 0o600} {
		if is, err := os.Stat(path); err != nil || is.Mode().Perm() != want {
			t.Errorf("%s: mode %v (%v), want %v", path, is.Mode(), err, want)
		}
	}
}

func TestAServerOnLoopbackWantsItsCredentials(t *testing.T) {
	s := startIn(t, Options{Dir: t.TempDir()})
	u, err := url.Parse(s.Address())
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []*url.Userinfo{nil, url.UserPassword(user, "wrong"), url.User(user)} {
		u.User = who
		_, err := cluster.Connect(t.Context(), u.String(), cluster.ConnectOptions{Wait: true})
		if !errors.Is(err, nats.ErrAuthorization) || strings.Contains(err.Error(), "wrong") {
			t.Errorf("connecting as %v: %v, want %v", who, err, nats.ErrAuthorization)
		}
	}
}

func TestADirHasOneServer(t *testing.T) {
	dir := t.TempDir()
	s := startIn(t, Options{Dir: dir})
	if _, err := Start(Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), dir+" is in use") {
		t.Errorf("a second server: %v, want an error that names %s", err, dir)
	}
	closed(t, s)
	startIn(t, Options{Dir: dir})
}

func TestRemoveLeavesNothingOfTheServer(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "nats")
	s := startIn(t, Options{Dir: dir})
	queue(t, streams(t, s))
	if err := s.Remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder is still there: %v", err)
	}
}

func TestRemoveLeavesTheFilesOfOthers(t *testing.T) {
	dir := t.TempDir()
	note := filepath.Join(dir, "note.txt")
	if err := os.WriteFile(note, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := startIn(t, Options{Dir: dir})
	if err := s.Remove(); err != nil {
		t.Error(err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || !slices.Equal(left, []string{note}) {
		t.Errorf("left: %v (%v), want the note alone", left, err)
	}
}

func TestAServerWhoseDirIsGoneEnds(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "nats")
	s := startIn(t, Options{Dir: dir})
	queue(t, streams(t, s))
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(); err != nil {
		t.Error(err)
	}
}

func TestAPortThatIsTakenIsAnotherNextTime(t *testing.T) {
	dir := t.TempDir()
	s := startIn(t, Options{Dir: dir})
	address := s.Address()
	place := s.nats.Addr().String()
	closed(t, s)
	other, err := net.Listen("tcp", place)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	s = startIn(t, Options{Dir: dir})
	if s.Address() == address || !s.Moved() {
		t.Errorf("address %s, moved %v; want another than %s, and to be told", s.Address(), s.Moved(), address)
	}
	before, _ := url.Parse(address)
	now, _ := url.Parse(s.Address())
	if before.User.String() != now.User.String() {
		t.Error("the credentials have changed with the port")
	}
}

func TestAPortThatIsAskedForAndTakenIsAnError(t *testing.T) {
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	_, err = Start(Options{Dir: t.TempDir(), Listen: other.Addr().String()})
	var taken *net.OpError
	if !errors.As(err, &taken) || !strings.Contains(err.Error(), other.Addr().String()) {
		t.Errorf("Start: %v, want an error of listening that names %s", err, other.Addr())
	}
}

func TestADirThatCannotBeMadeIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "nats")} {
		_, err := Start(Options{Dir: dir})
		var path *fs.PathError
		if !errors.As(err, &path) || !strings.HasPrefix(path.Path, file) {
			t.Errorf("Start in %s: %v, want an error with the path", dir, err)
		}
	}
}

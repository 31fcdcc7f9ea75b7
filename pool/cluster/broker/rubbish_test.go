package broker

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
)

func TestAnAddressThatCannotBeReadIsAnother(t *testing.T) {
	for _, rubbish := range []string{
		"", "{", "null", "[]", `"x"`, "\x00\xff", `{"port":1}`, `{"port":-1,"password":"x"}`, `{"port":70000,"password":"x"}`,
		`{"port":4222,"password":"x","certificate":"x","key":"y"}`,
	} {
		dir := t.TempDir()
		closed(t, startIn(t, Options{Dir: dir}))
		if err := os.WriteFile(filepath.Join(dir, addressFile), []byte(rubbish), 0o600); err != nil {
			t.Fatal(err)
		}
		s := startIn(t, Options{Dir: dir})
		if !s.Moved() {
			t.Errorf("%q: workers are not said to be lost", rubbish)
		}
		queue(t, streams(t, s))
		address := s.Address()
		closed(t, s)
		if s := startIn(t, Options{Dir: dir}); s.Address() != address {
			t.Errorf("%q: the new address is not kept", rubbish)
		}
	}
}

func TestFoldersInTheWayAreRemoved(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{addressFile, newAddressFile} {
		if err := os.MkdirAll(filepath.Join(dir, name, "folder"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "store"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	queue(t, streams(t, startIn(t, Options{Dir: dir})))
}

// usedDir is the folder of a server that has ended, and the files of its store.
func usedDir(t *testing.T) (dir string, files []string) {
	t.Helper()
	s := startIn(t, Options{Dir: t.TempDir()})
	use(t, streams(t, s))
	closed(t, s)
	err := filepath.WalkDir(s.store(), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			file, _ := filepath.Rel(s.dir, path)
			files = append(files, file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 5 {
		t.Fatalf("files of the store: %v, want some more", files)
	}
	return s.dir, files
}

// use does what an engine does with a stream, be it there or not.
func use(t *testing.T, js jetstream.JetStream) {
	t.Helper()
	stream := queue(t, js)
	if err := stream.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	consumer, err := stream.CreateOrUpdateConsumer(t.Context(), jetstream.ConsumerConfig{Durable: "workers", AckPolicy: jetstream.AckExplicitPolicy})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := js.Publish(t.Context(), "q", []byte("a call")); err != nil {
			t.Fatal(err)
		}
	}
	msg, err := consumer.Next()
	if err != nil {
		t.Fatal(err)
	}
	if err := msg.DoubleAck(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Each file of the store in turn is gone, empty, cut short or full of rubbish.
func TestADamagedStoreIsOfUseAgain(t *testing.T) {
	noise := rand.NewChaCha8([32]byte{1})
	damages := map[string]func(path string, text []byte) error{
		"gone":  func(path string, text []byte) error { return os.Remove(path) },
		"empty": func(path string, text []byte) error { return os.WriteFile(path, nil, 0o600) },
		"cut":   func(path string, text []byte) error { return os.WriteFile(path, text[:len(text)/2], 0o600) },
		"rubbish": func(path string, text []byte) error {
			noise.Read(text)
			return os.WriteFile(path, text, 0o600)
		},
	}
	used, files := usedDir(t)
	for name, damage := range damages {
		for _, file := range files {
			t.Run(name+" "+filepath.Base(file), func(t *testing.T) {
				dir := t.TempDir()
				if err := os.CopyFS(dir, os.DirFS(used)); err != nil {
					t.Fatal(err)
				}
				path := filepath.Join(dir, file)
				text, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if err := damage(path, text); err != nil {
					t.Fatal(err)
				}
				s := startIn(t, Options{Dir: dir})
				if s.Moved() {
					t.Error("the server is no longer where it was")
				}
				use(t, streams(t, s))
			})
		}
	}
}

// What a server leaves that is killed is no damage.
func TestAStoreThatWasNotClosedIsKept(t *testing.T) {
	s := startIn(t, Options{Dir: t.TempDir()})
	js := streams(t, s)
	use(t, js)
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(s.dir)); err != nil {
		t.Fatal(err)
	}
	closed(t, s)
	s = startIn(t, Options{Dir: dir})
	stream, err := streams(t, s).Stream(t.Context(), "q")
	if err != nil {
		t.Fatal(err)
	}
	if left := stream.CachedInfo().State.Msgs; left < 2 {
		t.Errorf("%d messages left, want the two that were not acked", left)
	}
}

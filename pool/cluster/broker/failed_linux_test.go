package broker

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// fillUntilFailed sends until the server says that it can store no more.
func fillUntilFailed(t *testing.T, s *Server, js jetstream.JetStream) {
	t.Helper()
	message := make([]byte, 10_000)
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		if _, err := js.PublishAsync("q", message); err != nil && !errors.Is(err, jetstream.ErrTooManyStalledMsgs) {
			t.Fatal(err)
		}
		select {
		case <-s.Failed():
			return
		default:
		}
	}
	t.Fatal("the server does not say in 20 s that it can store no more")
}

// limitFiles has no file of this process grow beyond size, while the test runs.
func limitFiles(t *testing.T, size uint64) {
	t.Helper()
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: was.Max}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
			t.Error(err)
		}
	})
}

// A limit on the size of files stands for a disk that is full: for the server it is the same.
func TestAServerThatCannotWriteSaysSo(t *testing.T) {
	s := startIn(t, Options{Dir: t.TempDir()})
	js := streams(t, s)
	queue(t, js)
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	limitFiles(t, 100_000)
	fillUntilFailed(t, s, js)
	var path *fs.PathError
	if err := s.Err(); !errors.Is(err, syscall.EFBIG) || !errors.As(err, &path) || !strings.HasPrefix(path.Path, s.dir) {
		t.Errorf("Err: %v, want %v with a path", s.Err(), syscall.EFBIG)
	}
}

func TestADirWithoutRoomIsAnError(t *testing.T) {
	dir := t.TempDir()
	limitFiles(t, 20)
	_, err := Start(Options{Dir: dir})
	var path *fs.PathError
	if !errors.Is(err, syscall.EFBIG) || !errors.As(err, &path) || !strings.HasPrefix(path.Path, dir) {
		t.Errorf("Start: %v, want %v with a path", err, syscall.EFBIG)
	}
}

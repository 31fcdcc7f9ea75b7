//go:build unix

package crawl

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func fifo(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestAFIFOWaitsForItsWriterWhenItsTurnHasCome(t *testing.T) {
	name := fifo(t)
	l := openList(t, ListOptions{}, nil, "https://first.example/", name, "https://last.example/")
	if n, known := l.Count(t.Context()); known {
		t.Errorf("Count knows %d", n)
	}
	if got := next(t, l); got != "https://first.example/" {
		t.Errorf("got %s", got)
	}
	if l.Ready() {
		t.Error("ready without a writer")
	}
	wrote := make(chan error)
	go func() {
		wrote <- os.WriteFile(name, []byte("https://fifo.example/1\nhttps://fifo.example/2\n"), 0)
	}()
	same(t, take(t, l), "2 fifo:1 https://fifo.example/1", "3 fifo:2 https://fifo.example/2", "4 argument:3 https://last.example/")
	if err := errors.Join(<-wrote, l.Err()); err != nil {
		t.Error(err)
	}
}

func TestCloseGivesUpAFIFO(t *testing.T) {
	nobody := openList(t, ListOptions{}, nil, fifo(t))
	silent := fifo(t)
	open := openList(t, ListOptions{}, nil, silent)
	for _, l := range []*List{nobody, open} {
		if l.Ready() {
			t.Error("ready without a writer")
		}
	}
	w, err := os.OpenFile(silent, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, l := range []*List{nobody, open} {
		ended := make(chan error)
		go func() {
			_, err := l.Next()
			ended <- err
		}()
		l.Close()
		if err := <-ended; err != io.EOF {
			t.Errorf("Next says %v, want io.EOF", err)
		}
	}
}

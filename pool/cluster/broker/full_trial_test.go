//go:build trial && linux

package broker

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// smallDisk says that this process is the one for which a trial has mounted a small disk.
const smallDisk = "TRAWL_TEST_SMALL_DISK"

// A disk that is really full, at the start and later.
func TestTrialAFullDisk(t *testing.T) {
	if dir := os.Getenv(smallDisk); dir != "" {
		onSmallDisk(t, dir)
		return
	}
	dir := t.TempDir()
	script := `mount -t tmpfs -o size=500k none "$0" && exec "$@"`
	cmd := exec.CommandContext(t.Context(), "unshare", "-rm", "sh", "-c", script, dir, os.Args[0], "-test.run=^TestTrialAFullDisk$")
	cmd.Env = append(os.Environ(), smallDisk+"="+dir)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
}

func onSmallDisk(t *testing.T, dir string) {
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 100_000), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startIn(t, Options{Dir: dir})
	js := streams(t, s)
	queue(t, js)
	fillUntilFailed(t, s, js)
	if err := s.Err(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Err: %v, want %v", err, syscall.ENOSPC)
	}
	address := s.Address()
	closed(t, s)
	if _, err := Start(Options{Dir: dir}); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Start on a disk that is full: %v, want %v", err, syscall.ENOSPC)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	s = startIn(t, Options{Dir: dir})
	if s.Address() != address {
		t.Error("the address is another")
	}
	use(t, streams(t, s))
}

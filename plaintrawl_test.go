package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"trawl/pool/cluster/natstest"
)

// plainTrawl is the command as its users build it: the race detector takes many times
// the memory. It is built for the first test that asks, and there for all: none writes to it.
func plainTrawl(t *testing.T) (path string) {
	t.Helper()
	path, err := builtOnce()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var (
	builtOnce = sync.OnceValues(buildPlain)
	buildDir  string // of the process, which removes it; "" is that nothing was built
)

func buildPlain() (path string, err error) {
	if buildDir, err = os.MkdirTemp("", "trawl-built"); err != nil {
		return "", err
	}
	path = filepath.Join(buildDir, "trawl")
	if said, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, said)
	}
	return path, nil
}

// cleaning removes what was built for the tests.
type cleaning struct{ *testing.M }

func (m cleaning) Run() int {
	natstest.ForgetEnvironment()
	code := m.M.Run()
	if err := os.RemoveAll(buildDir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

package pool

import (
	"fmt"
	"os"
)

// helloCall is the parent's first frame.
type helloCall struct {
	Version int    // wireVersion
	Setup   []byte // for the start function
	Memory  int64  // bytes that the worker may use; 0 is no limit
}

// helloAnswer is the worker's first frame.
type helloAnswer struct {
	Version  int    // wireVersion
	Identity string // see identity
	Capacity int    // calls at once
	Failure  []byte // why it does not start, as appendError has it; nil: it has
}

var (
	helloCalls   = CBOR[helloCall]()
	helloAnswers = CBOR[helloAnswer]()
)

// identity tells the file that this process runs from every other, also from one
// that has taken its name since.
func identity() (string, error) {
	fi, err := os.Stat("/proc/self/exe") // Linux: the file itself, wherever it is now
	if err != nil {
		path, err := os.Executable()
		if err != nil {
			return "", fmt.Errorf("identity: %w", err)
		}
		if fi, err = os.Stat(path); err != nil {
			return "", fmt.Errorf("identity: %w", err)
		}
	}
	return fmt.Sprintf("%s size %d modified %d", inode(fi), fi.Size(), fi.ModTime().UnixNano()), nil
}

package pool

import (
	"fmt"
	"os"
)

// identity tells the file that this process runs from every other, also from one
// that has taken its name since.
func identity() (string, error) {
	fi, err := statProgram()
	if err != nil {
		return "", fmt.Errorf("identity: %w", err)
	}
	return fmt.Sprintf("%s size %d modified %d", inode(fi), fi.Size(), fi.ModTime().UnixNano()), nil
}

// statExecutable is of the file that has now the name under which this process was
// started.
func statExecutable() (os.FileInfo, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return os.Stat(path)
}

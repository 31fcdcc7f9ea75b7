package broker

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// lockDir locks a folder, until Unlock or the end of the process.
func lockDir(dir string) (*flock.Flock, error) {
	for {
		lock := flock.New(filepath.Join(dir, "lock"), flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
		locked, err := lock.TryLock()
		switch {
		case err != nil:
			return nil, errors.Join(err, lock.Unlock())
		case !locked:
			return nil, errors.Join(fmt.Errorf("%s is in use by another one, of a run that has not ended", dir), lock.Unlock())
		case isNamed(lock):
			return lock, nil
		}
		// The server that had it has removed the folder meanwhile.
		if err := lock.Unlock(); err != nil {
			return nil, err
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
}

// isNamed says whether the locked file still has its name.
func isNamed(lock *flock.Flock) bool {
	locked, err := lock.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(lock.Path())
	return err == nil && os.SameFile(locked, named)
}

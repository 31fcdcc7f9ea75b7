package sinks

import (
	"context"
	"errors"
	"io/fs"
	"os"
)

const minCompact = 4 << 20

// long says whether the next frame should be a snapshot, which replaces all before it.
func (j *Journal) long() bool { return j.size > max(j.compact, 3*j.snap) }

// rewrite replaces the journal by its head and a snapshot. The new file is locked before
// it takes the name, so that nobody comes between.
func (j *Journal) rewrite(snapshot frame) (err error) {
	next := &Journal{path: j.path + compacted, disk: j.disk, head: j.head}
	if err := os.Remove(next.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return wrap("remove", next.path, err)
	}
	if next.lock, err = lockFile(context.Background(), next.path, false); err != nil {
		return err
	}
	if err := next.fill(snapshot); err != nil {
		next.abandon()
		return err
	}
	if err := j.disk.rename(next.path, j.path); err != nil {
		next.abandon()
		return wrap("rename", j.path, err)
	}
	err = j.disk.syncDir(j.path)
	if j.file != nil {
		err = errors.Join(err, wrap("close", j.path, j.file.Close()))
	}
	err = errors.Join(err, wrap("close", j.path, j.lock.Unlock()))
	j.stuck = err != nil // the snapshot speaks of what is now being committed
	j.lock, j.file, j.size, j.snap, j.state.frame = next.lock, next.file, next.size, next.size, snapshot
	return err
}

// fill writes head and snapshot.
func (j *Journal) fill(snapshot frame) error {
	if err := j.open(os.O_TRUNC); err != nil {
		return err
	}
	block, err := appendBlock([]byte(journalMagic), j.head)
	if err != nil {
		return wrap("write", j.path, err)
	}
	return j.write(block, snapshot)
}

func (j *Journal) abandon() {
	if j.file != nil {
		_ = j.file.Close()
	}
	_ = os.Remove(j.path)
	_ = j.lock.Unlock()
}

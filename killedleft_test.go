//go:build linux

package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"trawl/sinks"
)

// left is what a killed run has left, as far as it matters to the one that follows.
type left struct {
	done  sinks.Positions // by the journal
	ended *sinks.Ended    // all but renames was done
	over  bool            // all was done: there is no journal any more
}

// asks is how many requests remain after it; none, if only names do.
func (v *victim) asks(l left) (sum int) {
	if l.ended != nil {
		return 0
	}
	for seq, n := range v.list.asks {
		if !l.done.Done(seq) {
			sum += n
		}
	}
	return sum
}

// look reads what a killed run has left, in a copy: nothing of it changes for the one that
// follows.
func (v *victim) look(t *testing.T) (l left) {
	t.Helper()
	if _, err := os.Stat(v.output + ".state"); errors.Is(err, fs.ErrNotExist) {
		l.over = v.begun(t)
		return l
	}
	copied, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(copied)
	v.copyTo(t, copied)
	journal, err := sinks.OpenJournal(context.Background(), filepath.Join(copied, outputOf[v.format]), false)
	if err != nil {
		t.Fatal(err)
	}
	if found := journal.Interrupted(); found != nil {
		l.done = found.Done
	}
	l.ended = journal.Ended()
	if err := journal.Close(); err != nil {
		t.Fatal(err)
	}
	if v.format == sinks.SQLite {
		v.checkDatabases(t, copied)
	}
	return l
}

// begun says whether any part has asked for anything: before, there need not be a journal.
func (v *victim) begun(t *testing.T) bool {
	t.Helper()
	for _, name := range v.files(t) {
		if strings.HasPrefix(name, "db.") && name != v.broker() && !(v.old != "" && name == outputOf[v.format]) {
			return true
		}
	}
	return v.old != "" && contents(t, v.output) != v.old
}

// copyTo copies the journal, and a database with its logs, which may be a part of it.
func (v *victim) copyTo(t *testing.T, dir string) {
	t.Helper()
	for _, name := range v.files(t) {
		if name == v.broker() {
			continue
		}
		state := strings.HasSuffix(name, ".state")
		database := v.format == sinks.SQLite && strings.HasPrefix(name, outputOf[v.format]) && !strings.HasSuffix(name, "-shm")
		if !state && !database {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(contents(t, v.dir, name)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// checkDatabases: each is whole after a kill, once it is there.
func (v *victim) checkDatabases(t *testing.T, dir string) {
	t.Helper()
	for _, name := range []string{outputOf[v.format], outputOf[v.format] + ".part"} {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err != nil || contents(t, path) == v.old {
			continue
		}
		db := openDatabase(t, path)
		isIntact(t, db)
		db.Close()
	}
}

func (v *victim) files(t *testing.T) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(v.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// broker is the folder of the NATS server of a run that has one of its own.
func (v *victim) broker() string { return outputOf[v.format] + ".nats" }

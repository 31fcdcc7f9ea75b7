package sinktest

import (
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"sync"
	"syscall"
)

// File is what a writer needs of an open file.
type File interface {
	io.Writer
	Stat() (fs.FileInfo, error)
	Chmod(mode fs.FileMode) error
	Truncate(size int64) error
	Sync() error
	Close() error
}

// Disk is the system's disk, on which one call fails with ENOSPC: the N-th
// (from 1) of Op, over all files. A write that fails has written half. The zero
// Disk has no fault.
type Disk struct {
	Op string // "open", "write", "sync", "chmod", "truncate", "close", "rename"; "" is any of them
	N  int

	// PowerCut has all calls fail from the N-th on. What was not synced may be lost
	// then, see [Disk.Lose].
	PowerCut bool

	mu     sync.Mutex
	calls  int              // guarded by mu: of Op
	synced map[string]int64 // guarded by mu: how long each file was when it was last synced
}

// Hit says whether the call that fails has been made.
func (d *Disk) Hit() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.N > 0 && d.calls >= d.N
}

// fails counts a call, and says whether it is the one.
func (d *Disk) fails(op string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.Op != "" && op != d.Op {
		return false
	}
	d.calls++
	return d.calls == d.N || d.PowerCut && d.N > 0 && d.calls > d.N
}

func fault(op, path string) error {
	return &fs.PathError{Op: op, Path: path, Err: syscall.ENOSPC}
}

// Open is [os.OpenFile].
func (d *Disk) Open(name string, flag int, perm fs.FileMode) (File, error) {
	if d.fails("open") {
		return nil, fault("open", name)
	}
	f, err := os.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	d.note(f, false)
	return &diskFile{f, d}, nil
}

// note keeps how long a file surely is.
func (d *Disk) note(f *os.File, synced bool) {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.synced == nil {
		d.synced = map[string]int64{}
	}
	if old, known := d.synced[f.Name()]; synced || !known || info.Size() < old {
		d.synced[f.Name()] = info.Size()
	}
}

// Rename is [os.Rename].
func (d *Disk) Rename(from, to string) error {
	if d.fails("rename") {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: syscall.ENOSPC}
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.synced, to)
	if synced, known := d.synced[from]; known {
		d.synced[to] = synced
		delete(d.synced, from)
	}
	return nil
}

// Lose does to files what a power cut may do to what was not synced: it takes a part
// of it off, or leaves zeros there.
func (d *Disk) Lose(rng *rand.Rand) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name, synced := range d.synced {
		info, err := os.Stat(name)
		if err != nil || info.Size() <= synced {
			continue
		}
		keep := synced + rng.Int64N(info.Size()-synced+1)
		if err := os.Truncate(name, keep); err != nil {
			return err
		}
		if rng.IntN(2) == 0 {
			continue
		}
		if err := os.Truncate(name, info.Size()); err != nil { // zeros
			return err
		}
	}
	return nil
}

type diskFile struct {
	*os.File
	disk *Disk
}

func (f *diskFile) Write(b []byte) (int, error) {
	if !f.disk.fails("write") {
		return f.File.Write(b)
	}
	n, err := f.File.Write(b[:len(b)/2])
	if err == nil {
		err = fault("write", f.Name())
	}
	return n, err
}

func (f *diskFile) Chmod(mode fs.FileMode) error {
	if f.disk.fails("chmod") {
		return fault("chmod", f.Name())
	}
	return f.File.Chmod(mode)
}

func (f *diskFile) Truncate(size int64) error {
	if f.disk.fails("truncate") {
		return fault("truncate", f.Name())
	}
	err := f.File.Truncate(size)
	f.disk.note(f.File, false)
	return err
}

func (f *diskFile) Sync() error {
	if f.disk.fails("sync") {
		return fault("sync", f.Name())
	}
	f.disk.note(f.File, true)
	return f.File.Sync()
}

// Close closes, and fails afterwards if it is to.
func (f *diskFile) Close() error {
	err := f.File.Close()
	if f.disk.fails("close") {
		return fault("close", f.Name())
	}
	return err
}

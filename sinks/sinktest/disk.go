package sinktest

import (
	"io"
	"io/fs"
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
	Op string // "open", "write", "sync", "chmod", "close", "rename"
	N  int

	mu    sync.Mutex
	calls int // guarded by mu: of Op
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
	if op != d.Op {
		return false
	}
	d.calls++
	return d.calls == d.N
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
	return &diskFile{f, d}, nil
}

// Rename is [os.Rename].
func (d *Disk) Rename(from, to string) error {
	if d.fails("rename") {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: syscall.ENOSPC}
	}
	return os.Rename(from, to)
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

func (f *diskFile) Sync() error {
	if f.disk.fails("sync") {
		return fault("sync", f.Name())
	}
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

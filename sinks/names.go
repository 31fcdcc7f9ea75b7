package sinks

import (
	"os"
	"path/filepath"
	"strings"
)

// ErrorsPath returns the name of the errors file that belongs to a results file:
// db.errors.jsonl to db.txt. It is "", none, for standard output ("-", and by any
// name below /dev), and for what exists and is no regular file: a FIFO, a device.
func ErrorsPath(output string) string {
	if !isOrWillBeFile(output) {
		return ""
	}
	stem, _ := splitExt(output)
	return stem + ".errors.jsonl"
}

// isOrWillBeFile is false for standard output and for what exists and is no regular
// file. A folder, which is an error, counts as a file.
func isOrWillBeFile(output string) bool {
	if output == "" || output == "-" || strings.HasPrefix(filepath.Clean(output), "/dev/") {
		return false
	}
	info, err := os.Stat(output)
	return err != nil || info.Mode().IsRegular() || info.IsDir()
}

// PrevPath returns the name that an errors file gets when the next run begins:
// db.errors.prev.jsonl for db.errors.jsonl.
func PrevPath(path string) string {
	stem, ext := splitExt(path)
	return stem + ".prev" + ext
}

// splitExt splits off the last extension, with one before it that says what is packed.
// The name of a hidden file is none.
func splitExt(path string) (stem, ext string) {
	ext = filepath.Ext(path)
	if ext == ".gz" {
		ext = filepath.Ext(strings.TrimSuffix(path, ext)) + ext
	}
	if ext == filepath.Base(path) {
		return path, ""
	}
	return strings.TrimSuffix(path, ext), ext
}

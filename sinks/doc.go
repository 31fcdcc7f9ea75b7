// Package sinks keeps records: a [Writer] appends them to a results file and
// to an errors file, and says which of them are on disk.
//
// One goroutine owns the files. Records are written in batches of whole lines
// and committed (synced) at least once a second; whoever counts, counts what was
// committed. A format is a file of this package: text, jsonl.
package sinks

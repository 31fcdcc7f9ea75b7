// Package sinks keeps records: a [Writer] appends them to a results file and
// to an errors file, and says which of them are on disk.
//
// One goroutine owns the files. Records are written in batches and committed
// (synced) at least once a second; whoever counts, counts what was committed. A
// [Journal] keeps how far a run has come, so that it can be gone on with.
//
// A format is a file of this package, or a few: text, jsonl, csv, parquet (made of
// JSONL lines at the end), sqlite, warc.
package sinks

package main

import (
	"os"
	"testing"
	"time"
)

func TestNamesOfFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	const run = "20261122T092439Z-7f3a"
	at := time.Date(2026, 11, 22, 9, 24, 39, 0, time.UTC)
	for _, test := range []struct{ output, errors, wantOutput, wantErrors string }{
		{"db.txt", "", "db.txt", "db.errors.jsonl"},
		{"db-{date}.jsonl", "", "db-2026-11-22.jsonl", "db-2026-11-22.errors.jsonl"},
		{"{run}/{time}-{date}{X}", "", run + "/092439-2026-11-22{X}", run + "/092439-2026-11-22{X}.errors.jsonl"},
		{"a.b/db", "", "a.b/db", "a.b/db.errors.jsonl"},
		{"-", "", "-", ""},
		{os.DevNull, "", os.DevNull, ""},
		{os.DevNull, "bad-{date}.jsonl", os.DevNull, "bad-2026-11-22.jsonl"},
		{"-", "bad.jsonl", "-", "bad.jsonl"},
		{"db.txt", "none", "db.txt", ""},
	} {
		args := []string{"-o", test.output}
		if test.errors != "" {
			args = append(args, "--errors", test.errors)
		}
		cfg := parsed(t, args...)
		if gotO, gotE := cfg.outputFile(run, at), cfg.errorsFile(run, at); gotO != test.wantOutput || gotE != test.wantErrors {
			t.Errorf("-o %s --errors %s: %q and %q, want %q and %q", test.output, test.errors, gotO, gotE, test.wantOutput, test.wantErrors)
		}
	}
}

package main

import (
	"encoding/json"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"trawl/fetch"
)

func TestVersionCommand(t *testing.T) {
	got := asked(t, "version")
	lines := strings.Split(got, "\n")
	if lines[0] != "trawl "+fetch.Release || !strings.HasPrefix(lines[1], "commit   ") || lines[3] != "formats  text jsonl csv sqlite parquet warc" {
		t.Errorf("trawl version:\n%s", got)
	}
	if want := "go       " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH; lines[2] != want {
		t.Errorf("line 3 is %q, want %q", lines[2], want)
	}
}

func TestVersionAsJSON(t *testing.T) {
	for _, args := range [][]string{{"version", "--json"}, {"--json", "version"}, {"version", "-j"}} {
		var got build
		if err := json.Unmarshal([]byte(asked(t, args...)), &got); err != nil {
			t.Fatalf("trawl %q: %v", args, err)
		}
		if got.Version != fetch.Release || got.Go != runtime.Version() || strings.Join(got.Formats, " ") != "text jsonl csv sqlite parquet warc" {
			t.Errorf("trawl %q: %+v", args, got)
		}
	}
}

func TestCommit(t *testing.T) {
	revision, modified := debug.BuildSetting{Key: "vcs.revision", Value: "abc"}, debug.BuildSetting{Key: "vcs.modified", Value: "true"}
	for want, settings := range map[string][]debug.BuildSetting{"": {modified}, "abc": {revision}, "abc-dirty": {revision, modified}} {
		if got := commit(settings); got != want {
			t.Errorf("commit of %v is %q, want %q", settings, got, want)
		}
	}
}

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"trawl/fetch"
)

const oneLine = "one-line" // what -V gives the version command; not for users

// versionForm says how the version is printed: as one line, as JSON, or by default
// as several lines.
type versionForm struct{ line, json bool }

// build is what the version command prints.
type build struct {
	Version string   `json:"version"`
	Commit  string   `json:"commit,omitempty"`
	Go      string   `json:"go"`
	System  string   `json:"system"`
	Formats []string `json:"formats"`
}

func thisBuild() build {
	b := build{Version: fetch.Release, Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH, Formats: formatNames()}
	if info, ok := debug.ReadBuildInfo(); ok {
		b.Commit = commit(info.Settings)
	}
	return b
}

// commit is the one that the binary was built from, "" if that is not known.
func commit(settings []debug.BuildSetting) (id string) {
	changed := ""
	for _, s := range settings {
		switch {
		case s.Key == "vcs.revision":
			id = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = "-dirty"
		}
	}
	if id == "" {
		return ""
	}
	return id + changed
}

func writeVersion(w io.Writer, form versionForm) error {
	b := thisBuild()
	if form.json {
		return json.NewEncoder(w).Encode(b)
	}
	text := "trawl " + b.Version + "\n"
	if !form.line {
		if b.Commit == "" {
			b.Commit = "unknown"
		}
		text += fmt.Sprintf("commit   %s\ngo       %s %s\nformats  %s\n", b.Commit, b.Go, b.System, strings.Join(b.Formats, " "))
	}
	_, err := io.WriteString(w, text)
	return err
}

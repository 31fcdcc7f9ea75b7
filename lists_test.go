package main

import (
	"strings"
	"testing"
)

func TestInputsWithoutURLs(t *testing.T) {
	for args, want := range map[string]string{
		"":      "standard input was empty",
		"-":     "standard input was empty",
		"a.txt": "a.txt was empty",
		"a b":   "the lists were empty",
	} {
		cfg := parsed(t, strings.Fields(args)...)
		var b strings.Builder
		m := cfg.noURLs()
		m.write(&b)
		if want := "trawl: no URLs: " + want + "\n  Give URLs, a list file, or a pipe; --allow-empty if none is fine.\n"; b.String() != want || m.code != exitUsage {
			t.Errorf("trawl %s: code %d\n%swant:\n%s", args, m.code, &b, want)
		}
	}
}

package main

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"trawl/fetch"
)

func TestHeadersAreTakenAsTheyAre(t *testing.T) {
	cfg := parsed(t, "-H", "Accept: a,b", "-H", "X: 1", "-H", "Url: http://a:1/;x", "--header=Spaces: \t a  b\t ", "-H", "User-Agent:", "-H", "Accept-Encoding;", "-H", "Ü-free: ü"[len("Ü-"):])
	want := []fetch.Field{
		{Name: "Accept", Value: "a,b"}, {Name: "X", Value: "1"}, {Name: "Url", Value: "http://a:1/;x"}, {Name: "Spaces", Value: "a  b"},
		{Name: "User-Agent"}, {Name: "Accept-Encoding"}, {Name: "free", Value: "ü"},
	}
	if diff := cmp.Diff(want, cfg.Header); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestHeadersFromAFile(t *testing.T) {
	t.Chdir(t.TempDir())
	text := "\ufeff# secrets\r\nAuthorization: Bearer x # y\r\n\r\n  \n  # more\nCookie: a=1; b=2"
	if err := os.WriteFile("headers", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := parsed(t, "-H", "A: 1", "-H", "@headers", "-H", "B: 2")
	want := []fetch.Field{
		{Name: "A", Value: "1"}, {Name: "Authorization", Value: "Bearer x # y"}, {Name: "Cookie", Value: "a=1; b=2"}, {Name: "B", Value: "2"},
	}
	if diff := cmp.Diff(want, cfg.Header); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestHeadersThatAreNone(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("headers", []byte("A: 1\n\nno header\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("long", []byte(strings.Repeat("A: 1\n", 300_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string]string{
		"nothing":      "\"nothing\" is not a header",
		"":             "\"\" is not a header",
		"A b: 1":       "\"A ***\" has a name that no header can have",
		": 1":          "\":***\" has a name that no header can have",
		"A: 1\r\nB: 2": "\"A:***\" has a line break or another control character in its value",
		"A: 1\x00":     "\"A:***\" has a line break or another control character in its value",
		"@headers":     "\"@headers\" line 3 is not a header",
		"@none":        "\"@none\" cannot be read: no such file or directory",
		"@.":           "\"@.\" cannot be read: is a directory",
		"@long":        "\"@long\" cannot be read: it is over 1 MiB",
	} {
		got := refused(t, exitUsage, "-H", value)
		if first, _, _ := strings.Cut(got, "\n"); first != "trawl: --header "+want+" (option -H)" {
			t.Errorf("-H %q:\n%swant %s", value, got, want)
		}
	}
}

package sinks

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseFormatKnowsTheFormatsAndListsThem(t *testing.T) {
	if diff := cmp.Diff([]Format{Text, JSONL, CSV, SQLite, Parquet, WARC}, Formats()); diff != "" {
		t.Errorf("Formats (-want +got):\n%s", diff)
	}
	for _, want := range Formats() {
		if got, err := ParseFormat(string(want)); got != want || err != nil {
			t.Errorf("ParseFormat(%q) = %q, %v", want, got, err)
		}
	}
	for _, name := range []string{"", "tsv", "JSONL"} {
		_, err := ParseFormat(name)
		want := `"` + name + `" is no results format: use text or jsonl or csv or sqlite or parquet or warc`
		if err == nil || err.Error() != want {
			t.Errorf("ParseFormat(%q): %v, want %s", name, err, want)
		}
	}
}

func TestFormatOfGoesByTheExtension(t *testing.T) {
	for path, want := range map[string]Format{
		"db.txt": Text, "db": Text, "-": Text, "": Text, "jsonl": Text, "a.jsonl/db": Text, "/dev/stdout": Text,
		"pages.jsonl": JSONL, "out/PAGES.JSONL": JSONL, ".jsonl": JSONL, "db.errors.jsonl": JSONL,
		"a.csv": CSV, "a.db": SQLite, "a.sqlite": SQLite, "a.parquet": Parquet, "a.warc.gz": WARC, "a.gz": Text,
	} {
		if got := FormatOf(path); got != want {
			t.Errorf("FormatOf(%q) = %q, want %q", path, got, want)
		}
	}
}

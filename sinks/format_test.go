package sinks

import "testing"

func TestParseFormatKnowsTheFormatsAndListsThem(t *testing.T) {
	for _, want := range []Format{Text, JSONL} {
		if got, err := ParseFormat(string(want)); got != want || err != nil {
			t.Errorf("ParseFormat(%q) = %q, %v", want, got, err)
		}
	}
	for _, name := range []string{"", "csv", "JSONL"} {
		_, err := ParseFormat(name)
		want := `"` + name + `" is no results format: use text or jsonl`
		if err == nil || err.Error() != want {
			t.Errorf("ParseFormat(%q): %v, want %s", name, err, want)
		}
	}
}

func TestFormatOfGoesByTheExtension(t *testing.T) {
	for path, want := range map[string]Format{
		"db.txt": Text, "db": Text, "-": Text, "": Text, "jsonl": Text, "a.jsonl/db": Text, "/dev/stdout": Text,
		"pages.jsonl": JSONL, "out/PAGES.JSONL": JSONL, ".jsonl": JSONL, "db.errors.jsonl": JSONL,
	} {
		if got := FormatOf(path); got != want {
			t.Errorf("FormatOf(%q) = %q, want %q", path, got, want)
		}
	}
}

package sinks

import (
	"path/filepath"
	"testing"
)

// A run is killed when it has only the names to give; the next one too, when it has given
// them and claimed the journal. Whoever comes then still learns how the first has ended.
func TestHowARunHasEndedOutlivesAClaim(t *testing.T) {
	output := filepath.Join(t.TempDir(), "db.txt")
	first := mustOpenJournal(t, output)
	if err := first.begin(head{Run: "r", Results: "db.txt.part"}, frame{}); err != nil {
		t.Fatal(err)
	}
	if err := first.add(frame{Ended: true, Exit: 4}); err != nil {
		t.Fatal(err)
	}
	mustClose(t, first)
	for range 3 {
		j := mustOpenJournal(t, output)
		if j.Ended() == nil || j.Ended().Exit != 4 {
			t.Fatalf("it has ended: %+v, want exit 4", j.Ended())
		}
		if err := j.Claim(About{}); err != nil {
			t.Fatal(err)
		}
		mustClose(t, j)
	}
}

func mustOpenJournal(t *testing.T, output string) *Journal {
	t.Helper()
	j, err := OpenJournal(t.Context(), output, false)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func mustClose(t *testing.T, j *Journal) {
	t.Helper()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

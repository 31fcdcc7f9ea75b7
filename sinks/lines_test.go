package sinks

import (
	"os"
	"testing"

	"trawl/parse"
)

func TestCutTakesOffWhatIsNotCommittedUnlessAnotherHasAppended(t *testing.T) {
	line := string(appendText(nil, &parse.Record{URL: "http://up.example/", Size: 7}))
	for _, c := range []struct{ another, want string }{
		{"", "torn\n" + line},
		{"another's\n", "torn\n" + line + line + "another's\n"},
	} {
		t.Chdir(t.TempDir())
		if err := os.WriteFile("db.txt", []byte("torn"), 0o644); err != nil {
			t.Fatal(err)
		}
		l, err := openLines(system, "db.txt", nil, textLayout(Options{}))
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []func() error{
			func() error { return l.write([]parse.Record{page(1)}) },
			func() error { l.settle(); return nil },
			func() error { return l.write([]parse.Record{page(2)}) },
			func() error { return appendTo("db.txt", c.another) },
		} {
			if err := step(); err != nil {
				t.Fatal(err)
			}
		}
		l.cut()
		if err := l.close(); err != nil {
			t.Error(err)
		}
		if got, err := os.ReadFile("db.txt"); string(got) != c.want || err != nil {
			t.Errorf("another's %q: the file is %q, %v; want %q", c.another, got, err, c.want)
		}
	}
}

func appendTo(path, s string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteString(s)
	return err
}

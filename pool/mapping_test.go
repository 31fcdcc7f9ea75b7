package pool

import (
	"context"
	"slices"
	"testing"
)

func newMapping(t *testing.T, opts MapOptions, yield func(string, error) bool) *mapping[string, string] {
	t.Helper()
	ex := newThreads(t, Options{Workers: 2, Window: 8}, upper)
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	return &mapping[string, string]{executor: ex, opts: opts, ctx: ctx, yield: yield}
}

// Reading no further than it may, a Map does not cut chunks short but the last.
func TestMapFillsItsChunks(t *testing.T) {
	m := newMapping(t, MapOptions{Chunk: 3, Ahead: 7}, func(string, error) bool { return true })
	for i := range 30 {
		if err := m.add("a"); err != nil {
			t.Fatal(err)
		}
		if len(m.items) > 2 {
			t.Fatalf("after %d items %d are not submitted, and would be a chunk", i+1, len(m.items))
		}
		for n, p := range m.ahead {
			if n > 0 && p.left != 3 {
				t.Fatalf("after %d items a chunk of %d is submitted", i+1, p.left)
			}
		}
	}
}

func TestALoopThatIsLeftSubmitsNoMore(t *testing.T) {
	m := newMapping(t, MapOptions{Chunk: 2, Ahead: 3}, func(string, error) bool { return false })
	m.run(slices.Values([]string{"a", "b", "c", "d", "e"})) // c is read, and not a chunk yet, when a is yielded
	if len(m.ahead) != 1 || m.ahead[0].left != 1 || len(m.items) != 1 {
		t.Errorf("%d calls are ahead and %d items not submitted, want b and c", len(m.ahead), len(m.items))
	}
}

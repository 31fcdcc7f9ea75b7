package pooltest

import (
	"sync"
	"testing"

	"trawl/pool"
)

var snapshots = []promise{
	{"SnapshotInEachState", testSnapshotInEachState},
	{"SnapshotIsOfOneMoment", testSnapshotIsOfOneMoment},
}

func testSnapshotInEachState(t *testing.T, s setup) {
	futures := inEachState(t, s)
	for name, want := range map[string]struct {
		state pool.State
		value string
		err   error
	}{
		"pending":   {pool.Pending, "", nil},
		"running":   {pool.Running, "", nil},
		"cancelled": {pool.Cancelled, "", pool.ErrCancelled},
		"succeeded": {pool.Finished, "A", nil},
		"failed":    {pool.Finished, "", &StatusError{500}},
	} {
		state, value, err := futures[name].Snapshot()
		if state != want.state || value != want.value || !sameError(err, want.err) {
			t.Errorf("%s: Snapshot %v, %q, %v, want %v, %q, %v", name, state, value, err, want.state, want.value, want.err)
		}
	}
}

func testSnapshotIsOfOneMoment(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 2})
	var cancelling sync.WaitGroup
	defer cancelling.Wait()
	for i := range 50 {
		f := submit(t, ex, "upper a")
		if i%2 == 0 {
			cancelling.Go(func() { f.Cancel() })
		}
		for state := pool.Pending; state < pool.Cancelled; {
			before := state
			var value string
			var err error
			state, value, err = f.Snapshot()
			switch {
			case state == pool.Finished && value == "A" && err == nil:
			case state == pool.Cancelled && value == "" && err == pool.ErrCancelled:
			case before <= state && state < pool.Cancelled && value == "" && err == nil:
			default:
				t.Fatalf("Snapshot after %v: %v, %q, %v", before, state, value, err)
			}
		}
	}
}

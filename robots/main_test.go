package robots

import (
	"os"
	"testing"
)

// The test binary is another process that uses the cache, too: what it is to do,
// and the folder.
const (
	childDoes = "TRAWL_TEST_ROBOTS_CHILD"
	childDir  = "TRAWL_TEST_ROBOTS_DIR"
)

func TestMain(m *testing.M) {
	if do := children[os.Getenv(childDoes)]; do != nil {
		os.Exit(do(os.Getenv(childDir)))
	}
	os.Exit(m.Run())
}

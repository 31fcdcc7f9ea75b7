package pool

import (
	"fmt"
	"os"
	"testing"
)

func TestIdentityIsThatOfTheFile(t *testing.T) {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	fi, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("%s size %d modified %d", inode(fi), fi.Size(), fi.ModTime().UnixNano())
	if got, err := identity(); got != want || err != nil {
		t.Errorf("identity: %q, %v, want %q", got, err, want)
	}
}

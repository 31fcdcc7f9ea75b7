//go:build unix

package pool

import (
	"fmt"
	"os"
	"syscall"
)

// inode is what tells files of one size and time apart.
func inode(fi os.FileInfo) string {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	return fmt.Sprintf("device %d inode %d", st.Dev, st.Ino)
}

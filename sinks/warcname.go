package sinks

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const warcExt = ".warc.gz"

// warcName is the name of an archive file, but for its number: the run's output is a
// pattern. NAME.warc.gz stands for NAME-20261122092439-00000.warc.gz and those that
// follow.
type warcName string

// newWARCName makes the name for files of a run that has begun at that time, or in the
// first second after it that no other run has taken.
func newWARCName(output string, started time.Time) (warcName, error) {
	if output == "-" {
		return "", wrap("open", output, errNoArchive)
	}
	info, err := os.Stat(output)
	switch {
	case err == nil && info.IsDir():
		return "", wrap("open", output, syscall.EISDIR)
	case err == nil && !info.Mode().IsRegular():
		return "", wrap("open", output, errNoArchive)
	}
	stem := output
	for _, ext := range []string{".gz", ".warc"} {
		if n := len(stem) - len(ext); n > 0 && strings.EqualFold(stem[n:], ext) && filepath.Base(stem) != stem[n:] {
			stem = stem[:n]
		}
	}
	if started.IsZero() {
		started = time.Now()
	}
	for ; ; started = started.Add(time.Second) {
		name := warcName(stem + "-" + started.UTC().Format("20060102150405") + "-")
		if _, err := os.Lstat(name.file(0)); errors.Is(err, fs.ErrNotExist) {
			return name, nil
		} else if err != nil {
			return "", wrap("open", name.file(0), err)
		}
	}
}

// errNoArchive: an archive is several files, and each begins with a record of its own.
var errNoArchive = errors.New("a WARC archive needs a name for files")

// file is the name of the file of that number.
func (n warcName) file(number int) string { return fmt.Sprintf("%s%05d%s", string(n), number, warcExt) }

// parseWARCName takes the name of a file apart.
func parseWARCName(path string) (name warcName, number int, ok bool) {
	stem, ok := strings.CutSuffix(path, warcExt)
	dash := strings.LastIndexByte(stem, '-')
	if !ok || dash < 0 {
		return "", 0, false
	}
	number, err := strconv.Atoi(stem[dash+1:])
	name = warcName(stem[:dash+1])
	return name, number, err == nil && name.file(number) == path
}

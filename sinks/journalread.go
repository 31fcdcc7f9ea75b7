package sinks

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// errNoJournal is a file that has a journal's name.
var errNoJournal = errors.New("it is no journal of trawl; move it away")

// read reads head and frames, as far as they are good.
func (j *Journal) read() error {
	f, err := os.Open(j.path)
	if err != nil {
		return wrap("open", j.path, err)
	}
	defer f.Close()
	h, state, size, err := readJournal(f)
	switch {
	case err == errNoJournal:
		return wrap("read", j.path, err)
	case err != nil || h.Version != journalVersion: // no run has got as far as its first frame, or as this version
		return nil
	}
	if err := j.readLedger(h, &state); err != nil {
		return err
	}
	j.head, j.state, j.size = h, state, size
	if state.Results.Path == "" || j.untouched() { // nothing was begun, or all but the renames is done
		return nil
	}
	j.found = &Interrupted{
		Run: h.Run, Meaning: h.Meaning,
		Done: state.done.clone(), ListSum: state.ListSum, Figures: state.parts,
	}
	return nil
}

// readJournal returns what is good of a journal, and how long that is; errNoBlock if
// there is no head, errNoJournal if the file is something else.
func readJournal(r io.Reader) (h head, state progress, size int64, err error) {
	br := bufio.NewReaderSize(r, 1<<16)
	magic := make([]byte, len(journalMagic))
	n, err := io.ReadFull(br, magic)
	switch {
	case string(magic[:n]) != journalMagic[:n] && !allZero(magic[:n]):
		return h, state, 0, errNoJournal
	case err != nil || allZero(magic):
		return h, state, 0, errNoBlock
	}
	size, err = readBlock(br, &h)
	if err != nil {
		return h, state, 0, err
	}
	size += int64(len(magic))
	for {
		var f frame
		length, err := readBlock(br, &f)
		if err != nil || state.apply(f) != nil {
			return h, state, size, nil
		}
		size += length
	}
}

// allZero is true of what a power cut may leave of a file.
func allZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// readLedger takes the last frame from results that keep it themselves.
func (j *Journal) readLedger(h head, state *progress) error {
	if h.Format != SQLite || state.Ended {
		return nil
	}
	path := filepath.Join(filepath.Dir(j.path), h.Results)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && h.Results != "" {
		state.Results = mark{Path: h.Results, Len: 1} // the database is made before the head speaks of it
		return nil
	}
	data, err := frameIn(path, h.Run)
	if err != nil || data == nil {
		return err
	}
	var f frame
	if err := unmarshalFrame(data, &f); err != nil {
		return wrap("read", path, err)
	}
	return state.apply(f)
}

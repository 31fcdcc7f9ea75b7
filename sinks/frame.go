package sinks

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// frame is what the journal says of one commit. With all frames before it, back
// to a snapshot, it says how far the run has come. Fields are only ever added, and
// unknown ones ignored; 8 is kept for URLs that were found on pages, which have sources
// of their own in Done.
type frame struct {
	Results  mark           `cbor:"1,keyasint"`
	Errors   mark           `cbor:"2,keyasint"`
	Snapshot bool           `cbor:"3,keyasint,omitempty"` // it says all by itself
	Done     map[int][]byte `cbor:"4,keyasint,omitempty"` // by source: the positions that this commit has made done, ascending; of a snapshot all Positions
	ListSum  uint64         `cbor:"5,keyasint,omitempty"` // checksum of the list up to the highest position that is done
	Figures  []byte         `cbor:"6,keyasint,omitempty"` // what the run has counted
	Updates  []update       `cbor:"7,keyasint,omitempty"` // what the database of pages takes when this is on disk
	Total    int64          `cbor:"9,keyasint,omitempty"` // URLs of the list; 0 is not known

	// Reopening is set just before the files are opened anew by name: they may be
	// others by now.
	Reopening bool `cbor:"10,keyasint,omitempty"`

	// Ended is set when all that is left to do is in Renames, Removes and Pages, the
	// database of pages for which this run is now the last one that has ended.
	Ended   bool     `cbor:"11,keyasint,omitempty"`
	Renames []rename `cbor:"12,keyasint,omitempty"`
	Removes []string `cbor:"13,keyasint,omitempty"`
	Pages   string   `cbor:"16,keyasint,omitempty"` // as seen from the journal's folder
	Exit    int      `cbor:"14,keyasint,omitempty"` // exit code of the run

	Holder *holder `cbor:"15,keyasint,omitempty"` // who has the lock by now
}

// holder is who writes an output.
type holder struct {
	PID     int       `cbor:"1,keyasint"`
	Host    string    `cbor:"2,keyasint"`
	Started time.Time `cbor:"3,keyasint"`
	Command string    `cbor:"4,keyasint"`
}

// holderOf is this process.
func holderOf(about About) holder {
	host, _ := os.Hostname()
	return holder{PID: os.Getpid(), Host: host, Started: about.Started, Command: about.Command}
}

type rename struct {
	From string `cbor:"1,keyasint"`
	To   string `cbor:"2,keyasint"`
}

const theList = 0 // the source that is the list

// progress is what the frames of a run come to.
type progress struct {
	frame             // the last one; Done, Figures and Updates are in the fields below
	done    Positions // of the list
	parts   [][]byte  // Figures, of each frame since the snapshot
	updates []update  // of these frames: the last ones may not have reached the database

	holder *holder // the last one that a frame has named
}

// apply takes the next frame.
func (p *progress) apply(f frame) error {
	if f.Snapshot {
		var err error
		if p.done, err = readPositions(f.Done[theList]); err != nil {
			return err
		}
		p.parts, p.updates = nil, nil
	} else if err := eachAscending(f.Done[theList], p.done.Add); err != nil {
		return err
	}
	if f.Holder != nil {
		p.holder = f.Holder
	}
	if len(f.Figures) > 0 {
		p.parts = append(p.parts, f.Figures)
	}
	p.updates = append(p.updates, f.Updates...)
	p.frame = f
	return nil
}

// A journal file is its magic, and then blocks: a length, a checksum of length and
// content, the content. The first block is the head, each other one a frame.
const (
	journalMagic = "trawl st"
	blockHead    = 8
	maxBlock     = 1 << 28
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// decoding takes names of files as they are: they may have any bytes.
var decoding = func() cbor.DecMode {
	mode, err := cbor.DecOptions{UTF8: cbor.UTF8DecodeInvalid}.DecMode()
	if err != nil {
		panic(err) // they are the same each time
	}
	return mode
}()

// appendBlock appends v, in CBOR (RFC 8949), as a block.
func appendBlock[T head | frame](dst []byte, v T) ([]byte, error) {
	content, err := cbor.Marshal(v)
	if err != nil {
		return nil, err
	}
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(content)))
	dst = binary.LittleEndian.AppendUint32(dst, blockSum(uint32(len(content)), content))
	return append(dst, content...), nil
}

func blockSum(length uint32, content []byte) uint32 {
	sum := crc32.Checksum(binary.LittleEndian.AppendUint32(nil, length), castagnoli)
	return crc32.Update(sum, castagnoli, content)
}

// errNoBlock says that what comes is no whole block: the journal ends there.
var errNoBlock = errors.New("no whole block")

// readBlock reads one block into v, and returns how long it was.
func readBlock[T head | frame](r io.Reader, v *T) (int64, error) {
	var prefix [blockHead]byte
	if _, err := io.ReadFull(r, prefix[:]); err != nil {
		return 0, errNoBlock
	}
	length, sum := binary.LittleEndian.Uint32(prefix[:]), binary.LittleEndian.Uint32(prefix[4:])
	if length > maxBlock {
		return 0, errNoBlock
	}
	content, err := io.ReadAll(io.LimitReader(r, int64(length)))
	if err != nil || len(content) < int(length) || blockSum(length, content) != sum {
		return 0, errNoBlock
	}
	if err := decoding.Unmarshal(content, v); err != nil {
		return 0, errNoBlock
	}
	return blockHead + int64(length), nil
}

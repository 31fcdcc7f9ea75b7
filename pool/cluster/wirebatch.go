package cluster

import (
	"encoding/binary"
	"errors"
	"time"
)

// Jobs and answers are what there is much of, so they have encodings of their own: numbers as
// uvarints, bytes with their length before them. What is decoded shares the message's
// bytes.
type (
	jobWire     struct{}
	answersWire struct{}
)

var (
	jobCodec     jobWire
	answersCodec answersWire
)

func (jobWire) Append(dst []byte, j job) ([]byte, error) {
	dst = binary.AppendUvarint(dst, j.Epoch)
	dst = binary.AppendUvarint(dst, j.Message)
	dst = appendFlag(dst, j.Alone)
	dst = binary.AppendUvarint(dst, uint64(len(j.Calls)))
	for i := range j.Calls {
		c := &j.Calls[i]
		dst = binary.AppendUvarint(dst, c.ID)
		dst = binary.AppendUvarint(dst, uint64(max(0, c.Limit)))
		dst = appendBytes(dst, c.Argument)
	}
	return dst, nil
}

func (jobWire) Decode(data []byte) (j job, err error) {
	r := wireReader{data: data}
	j.Epoch, j.Message, j.Alone = r.number(), r.number(), r.flag()
	j.Calls = make([]jobCall, r.count(3))
	for i := range j.Calls {
		j.Calls[i] = jobCall{ID: r.number(), Limit: time.Duration(r.below(1 << 62)), Argument: r.bytes()}
	}
	return j, r.end()
}

func (answersWire) Append(dst []byte, a answers) ([]byte, error) {
	dst = binary.AppendUvarint(dst, a.Epoch)
	dst = appendBytes(dst, []byte(a.Instance))
	dst = binary.AppendUvarint(dst, uint64(len(a.Results)))
	for i := range a.Results {
		r := &a.Results[i]
		dst = binary.AppendUvarint(dst, r.Call)
		dst = binary.AppendUvarint(dst, r.Made)
		dst = append(dst, r.Print[:]...)
		dst = appendFlag(dst, r.Failed)
		dst = binary.AppendUvarint(dst, uint64(r.Part))
		dst = binary.AppendUvarint(dst, uint64(r.Parts))
		dst = appendBytes(dst, r.Data)
	}
	return dst, nil
}

func (answersWire) Decode(data []byte) (a answers, err error) {
	r := wireReader{data: data}
	a.Epoch, a.Instance = r.number(), string(r.bytes())
	a.Results = make([]result, r.count(6+len(result{}.Print)))
	for i := range a.Results {
		a.Results[i] = result{
			Call: r.number(), Made: r.number(), Print: [16]byte(r.take(16)), Failed: r.flag(),
			Part: int(r.below(1 << 31)), Parts: int(r.below(1 << 31)), Data: r.bytes(),
		}
	}
	return a, r.end()
}

const itemHead = 64 // bytes of a call or a result beside what it carries, at most

// size is the job's as a message, at most.
func (j job) size() int {
	size := itemHead
	for i := range j.Calls {
		size += itemHead + len(j.Calls[i].Argument)
	}
	return size
}

// size is the answers' as a message, at most.
func (a answers) size() int { return itemHead + len(a.Instance) + sizeOf(a.Results) }

func appendFlag(dst []byte, v bool) []byte {
	if v {
		return append(dst, 1)
	}
	return append(dst, 0)
}

func appendBytes(dst, v []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(v))), v...)
}

// wireReader reads what may come from anywhere. After the first thing that is wrong it
// reads zeros.
type wireReader struct {
	data []byte
	torn bool
}

var errTorn = errors.New("a message that is torn")

// end says whether all was right, and nothing is left.
func (r *wireReader) end() error {
	if r.torn || len(r.data) > 0 {
		return errTorn
	}
	return nil
}

func (r *wireReader) tear() {
	r.torn, r.data = true, nil
}

func (r *wireReader) number() uint64 {
	v, n := binary.Uvarint(r.data)
	if n <= 0 {
		r.tear()
		return 0
	}
	r.data = r.data[n:]
	return v
}

func (r *wireReader) below(most uint64) uint64 {
	v := r.number()
	if v >= most {
		r.tear()
		return 0
	}
	return v
}

// count is how many items follow, of which each has so many bytes at least.
func (r *wireReader) count(size int) int {
	v := r.number()
	if v > uint64(len(r.data)/size) {
		r.tear()
		return 0
	}
	return int(v)
}

func (r *wireReader) flag() bool { return r.below(2) == 1 }

func (r *wireReader) bytes() []byte { return r.take(r.number()) }

// take is the next n bytes; if there are not so many, as many zeros as a print has.
func (r *wireReader) take(n uint64) []byte {
	if n > uint64(len(r.data)) {
		r.tear()
		return make([]byte, len(result{}.Print))
	}
	taken := r.data[:n:n]
	r.data = r.data[n:]
	return taken
}

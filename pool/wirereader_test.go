package pool

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/bits"
	"strings"
	"testing"
	"testing/iotest"
)

func TestFrameReaderTakesBytesAsTheyCome(t *testing.T) {
	want := []frame{{frameHello, 0, nil}, {frameCall, 7, bytes.Repeat([]byte("a"), 3*frameBuffer)}, {frameCancel, 7, nil}}
	data := stream(t, want...)
	for name, r := range map[string]io.Reader{
		"all at once":           bytes.NewReader(data),
		"byte by byte":          iotest.OneByteReader(bytes.NewReader(data)),
		"half of what is room":  iotest.HalfReader(bytes.NewReader(data)),
		"the end with the rest": iotest.DataErrReader(bytes.NewReader(data)),
	} {
		got, err := readAll(newFrameReader(r))
		if err != io.EOF {
			t.Errorf("%s: %v", name, err)
		}
		wantFrames(t, got, want)
	}
}

func TestTornFrameIsNoFrame(t *testing.T) {
	frames := []frame{{frameHello, 0, []byte("hello")}, {frameCall, 1, []byte("a")}, {frameCancel, 1, nil}}
	data := stream(t, frames...)
	whole := map[int]int{0: 0} // frames by length
	for i := range frames {
		whole[len(stream(t, frames[:i+1]...))] = i + 1
	}
	complete := 0
	for n := range len(data) + 1 {
		want := io.ErrUnexpectedEOF
		if frames, ok := whole[n]; ok {
			want, complete = io.EOF, frames
		}
		r := newFrameReader(bytes.NewReader(data[:n]))
		got, err := readAll(r)
		if err != want || len(got) != complete {
			t.Errorf("%d of %d bytes: %d frames, %v, want %d, %v", n, len(data), len(got), err, complete, want)
		}
		if _, again := r.next(); again != err {
			t.Errorf("%d of %d bytes: %v, then %v", n, len(data), err, again)
		}
	}
}

func TestFrameWithAFlippedBitIsNoFrame(t *testing.T) {
	data := stream(t, frame{frameResult, 1000, []byte("a page")}, frame{frameResult, 1001, []byte("another")})
	first := len(stream(t, frame{frameResult, 1000, []byte("a page")}))
	for bit := range 8 * first {
		bad := bytes.Clone(data)
		bad[bit/8] ^= 1 << (bit % 8)
		got, err := readAll(newFrameReader(bytes.NewReader(bad)))
		var broken *frameError
		if len(got) != 0 || err != io.ErrUnexpectedEOF && !errors.As(err, &broken) {
			t.Errorf("bit %d: %d frames, %v", bit, len(got), err)
		}
	}
}

func TestFramesThatNobodySends(t *testing.T) {
	for name, test := range map[string]struct {
		data []byte
		want string
	}{
		"no body":        {[]byte{0, 0, 0, 0, 0, 0, 0, 0}, "length 0"},
		"no id":          {[]byte{1, 0, 0, 0, 0, 0, 0, 0, 1}, "length 1"},
		"4 GB":           {[]byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}, "length 4294967295"},
		"one too long":   {binary.LittleEndian.AppendUint64(nil, maxFrame+1), "length 67108865"},
		"HTTP":           {[]byte("HTTP/1.1 400 Bad Request\r\n\r\n"), "length 1347703880"},
		"kind 0":         {stream(t, frame{kind: 0}), "kind"},
		"unknown kind":   {stream(t, frame{kind: frameKinds}), "kind"},
		"endless id":     {withBody(append([]byte{byte(frameCall)}, bytes.Repeat([]byte{0xff}, 10)...)), "id"},
		"unended id":     {withBody([]byte{byte(frameCall), 0x80}), "id"},
		"zeros":          {make([]byte, 100), "length 0"},
		"wrong checksum": {append([]byte{2, 0, 0, 0, 1, 2, 3, 4}, byte(frameCancel), 1), "checksum"},
	} {
		_, err := newFrameReader(bytes.NewReader(test.data)).next()
		var bad *frameError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

func TestAHeadCostsNoMoreThanWhatCame(t *testing.T) {
	head := binary.LittleEndian.AppendUint32(nil, maxFrame)
	for _, came := range []int{0, 100, frameBuffer, 10 * frameBuffer} {
		data := append(bytes.Clone(head), make([]byte, 4+came)...)
		var err error
		used := allocated(func() { _, err = newFrameReader(bytes.NewReader(data)).next() })
		if err != io.ErrUnexpectedEOF || used > uint64(4*came+2*frameBuffer) {
			t.Errorf("64 MiB of which %d bytes came: %v, at a cost of %d bytes", came, err, used)
		}
	}
}

func TestALargeFrameIsNotRemembered(t *testing.T) {
	data := stream(t, frame{frameResult, 1, make([]byte, 4*keptBuffer)}, frame{frameCancel, 1, nil}, frame{frameCancel, 2, nil})
	r := newFrameReader(iotest.OneByteReader(bytes.NewReader(data)))
	for range 3 {
		if _, err := r.next(); err != nil {
			t.Fatal(err)
		}
	}
	if cap(r.buf) > keptBuffer {
		t.Errorf("a buffer of %d bytes is kept", cap(r.buf))
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

func TestFrameReaderGivesUpOnAReaderThatReadsNothing(t *testing.T) {
	r := newFrameReader(readerFunc(func([]byte) (int, error) { return 0, nil }))
	if _, err := r.next(); err != io.ErrNoProgress {
		t.Errorf("next: %v", err)
	}
	broken := errors.New("broken")
	r = newFrameReader(readerFunc(func([]byte) (int, error) { return 0, broken }))
	if _, err := r.next(); err != broken {
		t.Errorf("next: %v", err)
	}
}

// FuzzFrames reads any bytes, and sends any bytes.
func FuzzFrames(f *testing.F) {
	f.Add([]byte{}, byte(frameHello), uint64(0))
	f.Add(stream(f, frame{frameCall, 1, []byte("a")}, frame{frameCancel, 300, nil}), byte(frameCall), uint64(300))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}, byte(frameResult), uint64(1<<64-1))
	f.Add(binary.LittleEndian.AppendUint64(nil, maxFrame), byte(frameFailure), uint64(1))
	f.Fuzz(func(t *testing.T, data []byte, kind byte, id uint64) {
		r := newFrameReader(bytes.NewReader(data))
		for {
			read, err := r.next()
			if most := 2*len(data) + frameBuffer; cap(r.buf) > most {
				t.Fatalf("%d bytes made a buffer of %d", len(data), cap(r.buf))
			}
			if err != nil {
				break
			}
			_, _, _ = cutLimit(read.payload)
			again := stream(t, read)
			if want := frameHead + 1 + (bits.Len64(read.id|1)+6)/7 + len(read.payload); len(again) != want {
				t.Fatalf("a frame of %d bytes, want %d", len(again), want)
			}
		}
		sent := frame{frameKind(kind%byte(frameKinds-1) + 1), id, data}
		two := stream(t, sent, sent)
		got, err := readAll(newFrameReader(iotest.HalfReader(bytes.NewReader(two))))
		if len(got) != 2 || err != io.EOF {
			t.Fatalf("two frames arrive as %d, %v", len(got), err)
		}
		for _, f := range got {
			if f.kind != sent.kind || f.id != id || !bytes.Equal(f.payload, data) {
				t.Fatalf("%v arrives as %v", sent, f)
			}
		}
	})
}

package pool

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// payload is a fill of these bytes.
func payload(data []byte) func([]byte) ([]byte, error) {
	return func(dst []byte) ([]byte, error) { return append(dst, data...), nil }
}

// stream is frames as they are on a pipe.
func stream(t testing.TB, frames ...frame) []byte {
	t.Helper()
	var data []byte
	for _, f := range frames {
		var err error
		if data, err = appendFrame(data, f.kind, f.id, payload(f.payload)); err != nil {
			t.Fatal(err)
		}
	}
	return data
}

// readAll reads frames to the error, and copies them.
func readAll(r *frameReader) (frames []frame, err error) {
	for {
		f, err := r.next()
		if err != nil {
			return frames, err
		}
		f.payload = bytes.Clone(f.payload)
		frames = append(frames, f)
	}
}

func wantFrames(t *testing.T, got, want []frame) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(frame{}), cmp.Comparer(bytes.Equal)); diff != "" {
		t.Errorf("frames (-sent +arrived):\n%s", diff)
	}
}

func someFrames() []frame {
	return []frame{
		{frameHello, 0, []byte("hello")},
		{frameCall, 1, nil},
		{frameCall, 1<<64 - 1, bytes.Repeat([]byte("a"), frameBuffer-frameHead)},
		{frameCancel, 300, nil},
		{frameResult, 2, bytes.Repeat([]byte("b"), 5*frameBuffer+1)},
		{frameFailure, 3, []byte{0}},
		{frameResult, 4, bytes.Repeat([]byte("c"), 3<<20)},
		{frameResult, 5, []byte("last")},
	}
}

func TestFramesArriveAsTheyWereSent(t *testing.T) {
	want := someFrames()
	r, w := io.Pipe()
	fw := newFrameWriter(w, func(err error) { t.Errorf("write: %v", err) })
	for _, f := range want {
		if err := fw.send(f.kind, f.id, payload(f.payload)); err != nil {
			t.Fatal(err)
		}
	}
	fr := newFrameReader(r)
	var got []frame
	for range want {
		f, err := fr.next()
		if err != nil {
			t.Fatal(err)
		}
		f.payload = bytes.Clone(f.payload)
		got = append(got, f)
	}
	w.Close()
	fw.close()
	wantFrames(t, got, want)
}

func TestFramesOfManySendersArriveWhole(t *testing.T) {
	const senders, each = 32, 200
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	fw := newFrameWriter(w, nil)
	var all sync.WaitGroup
	for sender := range senders {
		all.Go(func() {
			for i := range each {
				body := bytes.Repeat([]byte{byte(sender)}, (i*977)%9000)
				if err := fw.send(frameCall, uint64(sender*each+i), payload(body)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	fr := newFrameReader(r)
	next := make([]int, senders) // frame of each sender
	for range senders * each {
		f, err := fr.next()
		if err != nil {
			t.Fatal(err)
		}
		sender, i := int(f.id)/each, int(f.id)%each
		if i != next[sender] || !bytes.Equal(f.payload, bytes.Repeat([]byte{byte(sender)}, (i*977)%9000)) {
			t.Fatalf("frame %d of sender %d, want %d: %d bytes", i, sender, next[sender], len(f.payload))
		}
		next[sender]++
	}
	all.Wait()
	w.Close()
	fw.close()
}

func TestFrameWithoutPayloadIsItsHead(t *testing.T) {
	got := stream(t, frame{frameCancel, 5, nil})
	want := []byte{2, 0, 0, 0, 0, 0, 0, 0, byte(frameCancel), 5}
	if !bytes.Equal(got[:4], want[:4]) || !bytes.Equal(got[8:], want[8:]) {
		t.Errorf("cancel of 5: % x", got)
	}
}

// withBody is a frame of this body, whatever it is.
func withBody(body []byte) []byte {
	data := binary.LittleEndian.AppendUint32(nil, uint32(len(body)))
	data = binary.LittleEndian.AppendUint32(data, crc32.Checksum(body, castagnoli))
	return append(data, body...)
}

// allocated is how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestTheLongestFrameArrives(t *testing.T) {
	body := make([]byte, maxFrame-2)
	data, err := appendFrame(nil, frameResult, 1, payload(body))
	if err != nil {
		t.Fatal(err)
	}
	f, err := newFrameReader(bytes.NewReader(data)).next()
	if err != nil || len(f.payload) != len(body) {
		t.Errorf("%d bytes, %v", len(f.payload), err)
	}
	if _, err := appendFrame(nil, frameResult, 1, payload(make([]byte, maxFrame-1))); err != errFrameTooLarge {
		t.Errorf("one byte more: %v", err)
	}
}

func TestLimitsTravel(t *testing.T) {
	for _, limit := range []time.Duration{0, 1, time.Second, 1<<63 - 1} {
		got, argument, err := cutLimit(append(appendLimit(nil, limit), "argument"...))
		if got != limit || string(argument) != "argument" || err != nil {
			t.Errorf("limit %v: %v, %q, %v", limit, got, argument, err)
		}
	}
	if got, _, err := cutLimit(appendLimit(nil, -time.Second)); got != 0 || err != nil {
		t.Errorf("a negative limit: %v, %v, want none", got, err)
	}
	for _, bad := range [][]byte{nil, {0x80}, bytes.Repeat([]byte{0xff}, 11), binary.AppendUvarint(nil, 1<<63)} {
		if limit, _, err := cutLimit(bad); err == nil {
			t.Errorf("cutLimit of % x: %v", bad, limit)
		}
	}
}

package cluster

import (
	"testing"

	"trawl/pool"

	"github.com/google/go-cmp/cmp"
)

func FuzzJob(f *testing.F) {
	fuzzMessage(f, jobCodec, job{Epoch: 1, Message: 2, Alone: true, Calls: []jobCall{{ID: 3, Limit: 4, Argument: []byte("a")}, {}}})
}

func FuzzResults(f *testing.F) {
	fuzzMessage(f, answersCodec, answers{Epoch: 1, Instance: "i", Results: []result{{Call: 2, Failed: true, Part: 1, Parts: 2, Data: []byte("a")}, {}}})
}

func FuzzHello(f *testing.F) {
	fuzzMessage(f, helloRequestCodec, helloRequest{Instance: "i", Name: "n", Release: "1", Private: true})
}

func FuzzStatus(f *testing.F) {
	fuzzMessage(f, statusRequestCodec, statusRequest{Instance: "i", Name: "n", Epoch: 1, Capacity: 2, InFlight: 3, Ended: 4, Messages: []uint64{5, 6}, Leaving: true})
}

func FuzzRemain(f *testing.F) {
	fuzzMessage(f, remainRequestCodec, remainRequest{Instance: "i", Name: "n", Epoch: 1, Message: 2, Delivered: 3})
}

func FuzzCancel(f *testing.F) {
	fuzzMessage(f, cancelCodec, cancelNotice{Epoch: 1, Calls: []uint64{2, 3}})
}

func FuzzEnd(f *testing.F) { fuzzMessage(f, endCodec, endNotice{Epoch: 1}) }

// fuzzMessage: whatever comes is refused, or is a message that is the same when it is sent
// on.
func fuzzMessage[T any](f *testing.F, codec pool.Codec[T], example T) {
	whole := seal(codec, example)
	for _, seed := range [][]byte{nil, []byte(magic), whole, whole[:len(whole)-1], append(whole[:len(whole):len(whole)], 0), seal(endCodec, endNotice{})} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := unseal(codec, data)
		if err != nil {
			return
		}
		again, err := unseal(codec, seal(codec, v))
		if err != nil {
			t.Fatalf("%+v is not read again: %v", v, err)
		}
		if diff := cmp.Diff(seal(codec, v), seal(codec, again)); diff != "" {
			t.Errorf("another message comes back (-want +got):\n%s", diff)
		}
	})
}

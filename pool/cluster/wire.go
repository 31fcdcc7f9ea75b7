package cluster

import (
	"fmt"
	"time"

	"github.com/zeebo/xxh3"

	"trawl/pool"
)

// wireVersion changes with anything here, or with what is said where.
const wireVersion = 1

const (
	maxCalls   = 64        // of a message
	maxMessage = 256 << 10 // bytes of a message with several calls or results, about
	maxResult  = 64 << 20  // bytes of a result, in all its parts
	overhead   = 4 << 10   // bytes that a message has beside its calls or results, at most
)

// A call's id is the coordinator's, unique in its epoch, as is a message's.
type (
	// job is a message of calls.
	job struct {
		Epoch   uint64
		Message uint64
		Alone   bool // has had three workers die: nothing else may run beside it
		Calls   []jobCall
	}
	jobCall struct {
		ID       uint64
		Limit    time.Duration
		Argument []byte
	}

	// answers is a message of results.
	answers struct {
		Epoch    uint64
		Instance string
		Results  []result
	}
	result struct {
		Call   uint64
		Made   uint64   // by which its worker tells the times that it makes a call
		Print  [16]byte // of the argument, by which a coordinator that was not there then knows it
		Failed bool
		Part   int // of Parts, from 0: what is too large for a message comes in several
		Parts  int
		Data   []byte
	}

	helloRequest struct {
		_        struct{} `cbor:",toarray"`
		Instance string   // of the worker: another one each time that it begins
		Name     string
		Release  string
		Private  bool // its connection
	}
	helloReply struct {
		_       struct{} `cbor:",toarray"`
		Refusal string   // "" is welcome
		Epoch   uint64
		Lease   time.Duration
		Setup   []byte
	}

	// failedRequest is of a worker whose start has failed. It is answered with a status.
	failedRequest struct {
		_     struct{} `cbor:",toarray"`
		Name  string
		Epoch uint64
		Error []byte
	}

	statusRequest struct {
		_        struct{} `cbor:",toarray"`
		Instance string
		Name     string
		Epoch    uint64
		Capacity int
		InFlight int
		Ended    uint64   // calls, since it began
		Messages []uint64 // that it has
		Leaving  bool
	}
	statusReply struct {
		_     struct{} `cbor:",toarray"`
		Epoch uint64
	}

	remainRequest struct {
		_         struct{} `cbor:",toarray"`
		Instance  string
		Name      string
		Epoch     uint64
		Message   uint64
		Delivered uint64 // how often, this time included
	}
	remainReply struct {
		_     struct{} `cbor:",toarray"`
		Calls []uint64 // that are to be made
		Busy  bool     // another worker has the message: ask again later
	}

	// cancelNotice says which calls nobody waits for any more.
	cancelNotice struct {
		_     struct{} `cbor:",toarray"`
		Epoch uint64
		Calls []uint64
	}
	endNotice struct {
		_     struct{} `cbor:",toarray"`
		Epoch uint64
	}
)

var (
	helloRequestCodec  = pool.CBOR[helloRequest]()
	helloReplyCodec    = pool.CBOR[helloReply]()
	failedCodec        = pool.CBOR[failedRequest]()
	statusRequestCodec = pool.CBOR[statusRequest]()
	statusReplyCodec   = pool.CBOR[statusReply]()
	remainRequestCodec = pool.CBOR[remainRequest]()
	remainReplyCodec   = pool.CBOR[remainReply]()
	cancelCodec        = pool.CBOR[cancelNotice]()
	endCodec           = pool.CBOR[endNotice]()
)

// magic begins each message; the version follows it.
const magic = "trawl"

// seal makes a message of a value. It is texts, numbers and bytes, which always encode.
func seal[T any](c pool.Codec[T], v T) []byte {
	size := 128
	if v, ok := any(v).(interface{ size() int }); ok {
		size = v.size()
	}
	data, err := c.Append(append(append(make([]byte, 0, size), magic...), wireVersion), v)
	if err != nil {
		panic("cluster: encode a message: " + err.Error())
	}
	return data
}

// unseal is the value of a message.
func unseal[T any](c pool.Codec[T], data []byte) (v T, err error) {
	switch {
	case len(data) <= len(magic) || string(data[:len(magic)]) != magic:
		return v, fmt.Errorf("%d bytes that are no message of trawl", len(data))
	case data[len(magic)] != wireVersion:
		return v, fmt.Errorf("a message of wire version %d, not %d", data[len(magic)], wireVersion)
	}
	return c.Decode(data[len(magic)+1:])
}

// print is what is known of a call when its id says nothing: two calls with the same
// setup and argument are the same work.
func print(setup uint64, argument []byte) [16]byte {
	return xxh3.Hash128Seed(argument, setup).Bytes()
}

func setupSeed(setup []byte) uint64 { return xxh3.Hash(setup) }

package pool

// parentHello is the parent's first frame.
type parentHello struct {
	Version int    // wireVersion
	Setup   []byte // for the start function
	Memory  int64  // bytes that the worker may use; 0 is no limit
}

// workerHello is the worker's first frame.
type workerHello struct {
	Version  int    // wireVersion
	Identity string // see identity
	Capacity int    // calls at once
	Failure  []byte // why it does not start, as AppendError has it; nil: it has
}

var (
	parentHelloCodec = CBOR[parentHello]()
	workerHelloCodec = CBOR[workerHello]()
)

package pool

import (
	"context"
	"errors"
	"io"
	"os"
	"reflect"
	"sync"
)

// RemoteError is an error of another process whose type is not known here (see
// [RegisterError]): its text and what it wraps, for errors.Is and errors.As. Those of
// the package's own errors, of context's and of the common ones of io and os that it
// says to be, by a method Is, are among its causes.
type RemoteError struct {
	Text   string
	Causes []error
}

func (e *RemoteError) Error() string { return e.Text }

// Unwrap returns the causes.
func (e *RemoteError) Unwrap() []error { return e.Causes }

// RegisterError makes errors of type E arrive in another process as the same value:
// its exported fields, of which those of type error are errors that travel in the
// same way. E is a struct, a pointer to one, or another type that [CBOR] takes; a
// value that it does not take arrives as a [RemoteError].
//
// It belongs into an init function of a package that is in both programs. It panics
// if E is an interface, or has the name of another type that is registered. The
// errors of this package need no registering.
func RegisterError[E error]() { errorTypes.register(newErrorType(reflect.TypeFor[E]())) }

func init() {
	RegisterError[*PanicError]()
	RegisterError[*BrokenError]()
	RegisterError[*WorkerLostError]()
}

// sentinels are the values that are the same in every process.
var sentinels = []struct {
	name string
	err  error
}{
	{"context.Canceled", context.Canceled},
	{"context.DeadlineExceeded", context.DeadlineExceeded},
	{"io.EOF", io.EOF},
	{"io.ErrUnexpectedEOF", io.ErrUnexpectedEOF},
	{"io.ErrClosedPipe", io.ErrClosedPipe},
	{"os.ErrNotExist", os.ErrNotExist},
	{"os.ErrExist", os.ErrExist},
	{"os.ErrPermission", os.ErrPermission},
	{"os.ErrClosed", os.ErrClosed},
	{"os.ErrInvalid", os.ErrInvalid},
	{"os.ErrDeadlineExceeded", os.ErrDeadlineExceeded},
	{"errors.ErrUnsupported", errors.ErrUnsupported},
	{"pool.ErrShutdown", ErrShutdown},
	{"pool.ErrFull", ErrFull},
	{"pool.ErrCancelled", ErrCancelled},
	{"pool.ErrWouldDeadlock", ErrWouldDeadlock},
	{"pool.ErrBroken", ErrBroken},
	{"pool.ErrWorkerLost", ErrWorkerLost},
}

// errorTypes are those of RegisterError.
var errorTypes = registry{byName: make(map[string]*errorType)}

type registry struct {
	mu     sync.RWMutex // guards byName
	byName map[string]*errorType
}

func (r *registry) register(t *errorType) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if other := r.byName[t.name]; other != nil && other.typ != t.typ {
		panic("pool: RegisterError: two types have the name " + t.name)
	}
	r.byName[t.name] = t
}

// named returns nil if no type has the name.
func (r *registry) named(name string) *errorType {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.byName[name]
}

// of returns nil if err's type is not registered.
func (r *registry) of(err error) *errorType {
	if t := r.named(errorName(err)); t != nil && t.has(err) {
		return t
	}
	return nil
}

// An error travels as a tree. What has been sent can be read back whatever it was, so
// the bounds are the same on both sides.
const (
	maxErrorDepth = 32       // wrappings
	maxErrorNodes = 256      // errors
	maxErrorText  = 64 << 10 // bytes of one text
	maxErrorBytes = 1 << 20  // of all texts, values and names of types
	maxErrorSize  = maxErrorBytes + maxErrorNodes*512
)

type errorKind byte

const (
	noError       errorKind = iota // a field that is nil
	sentinelError                  // Name
	typedError                     // Name, Value, its fields of type error as Causes; Text for who does not know it
	otherError                     // Text, Causes
)

type wireError struct {
	_      struct{} `cbor:",toarray"`
	Kind   errorKind
	Name   string
	Text   string
	Value  []byte // nil: a nil pointer
	Causes []wireError
}

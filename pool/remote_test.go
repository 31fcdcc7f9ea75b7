package pool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Errors that are registered.
type (
	statusError struct { // a pointer
		Code int
		URL  string
		At   time.Time
	}
	codeError struct{ Code int } // a value
	stepError struct {           // wraps
		Step   string
		Err    error
		Before error
	}
	numberError int
	secretError struct{ text string } // has nothing that travels
	holderError struct{ Any fmt.Stringer }
	wildError   struct{ Name string } // panics wherever it can
)

func (e *statusError) Error() string { return fmt.Sprintf("%s: status %d", e.URL, e.Code) }
func (e codeError) Error() string    { return fmt.Sprintf("code %d", e.Code) }
func (e *stepError) Error() string   { return e.Step + ": " + e.Err.Error() }
func (e *stepError) Unwrap() []error { return []error{e.Err, e.Before} }
func (e numberError) Error() string  { return fmt.Sprintf("number %d", int(e)) }
func (e *secretError) Error() string { return "secret: " + e.text }
func (e *holderError) Error() string { return "holds " + e.Any.String() }

func (e *wildError) Error() string                  { return "wild " + e.Name }
func (e *wildError) MarshalBinary() ([]byte, error) { return []byte(e.Name), nil }
func (e *wildError) UnmarshalBinary(data []byte) error {
	panic("in UnmarshalBinary")
}

// Errors that are not.
type (
	strangeError struct{ Code int }
	panicking    struct{}
	isNotExist   struct{}
	uncomparable struct{ All []string }
)

func (e *strangeError) Error() string    { return fmt.Sprintf("strange %d", e.Code) }
func (panicking) Error() string          { panic("in Error") }
func (panicking) Unwrap() error          { panic("in Unwrap") }
func (isNotExist) Error() string         { return "gone" }
func (isNotExist) Is(target error) bool  { return target == os.ErrNotExist }
func (e uncomparable) Error() string     { return strings.Join(e.All, ", ") }
func (e uncomparable) Is(err error) bool { return false }

func init() {
	RegisterError[*statusError]()
	RegisterError[codeError]()
	RegisterError[*stepError]()
	RegisterError[numberError]()
	RegisterError[*secretError]()
	RegisterError[*holderError]()
	RegisterError[*wildError]()
	RegisterError[*fs.PathError]()
}

// across is what err is in another process.
func across(t testing.TB, err error) error {
	t.Helper()
	head := []byte("head")
	data := AppendError(head, err)
	if !bytes.HasPrefix(data, head) {
		t.Fatalf("AppendError did not append: %q", data)
	}
	if len(data) > maxErrorSize {
		t.Errorf("an error of %d bytes", len(data))
	}
	arrived, bad := DecodeError(data[len(head):])
	if bad != nil || arrived == nil {
		t.Fatalf("DecodeError of %v: %v, %v", err, arrived, bad)
	}
	return arrived
}

func TestSentinelsAreTheSameValue(t *testing.T) {
	for _, s := range sentinels {
		if got := across(t, s.err); got != s.err {
			t.Errorf("%s arrives as %#v", s.name, got)
		}
		wrapped := across(t, fmt.Errorf("get: %w", s.err))
		if !errors.Is(wrapped, s.err) || wrapped.Error() != "get: "+s.err.Error() {
			t.Errorf("%s wrapped arrives as %v", s.name, wrapped)
		}
	}
	for _, want := range []error{
		context.Canceled, context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF, fs.ErrNotExist, fs.ErrExist, fs.ErrPermission,
		os.ErrDeadlineExceeded, ErrShutdown, ErrFull, ErrCancelled, ErrWouldDeadlock, ErrBroken, ErrWorkerLost,
	} {
		if got := across(t, want); got != want {
			t.Errorf("%v arrives as %#v", want, got)
		}
	}
}

func TestRegisteredErrorsAreTheSameValue(t *testing.T) {
	at := time.Date(2024, 2, 29, 1, 2, 3, 4, time.UTC)
	for _, want := range []error{
		&statusError{404, "http://\xff/", at},
		&statusError{},
		codeError{7},
		numberError(-3),
		&stepError{Step: "read", Err: io.EOF},
		&stepError{"read", &statusError{500, "u", at}, &stepError{"before", codeError{1}, nil}},
		&PanicError{Value: "index out of range", Stack: []byte("goroutine 1 [running]:\n")},
		&WorkerLostError{Worker: "worker-1", State: "signal: killed", Output: "out of memory", Runs: 3},
		&BrokenError{Err: codeError{1}},
		&fs.PathError{Op: "open", Path: "/none", Err: fs.ErrNotExist},
	} {
		if diff := cmp.Diff(want, across(t, want), cmp.Comparer(sameSentinel)); diff != "" {
			t.Errorf("%v (-sent +arrived):\n%s", want, diff)
		}
	}
}

// sameSentinel compares what cmp cannot: the errors of errors.New.
func sameSentinel(a, b error) bool {
	_, sentinel := sentinelName(a)
	if sentinel || a == nil || b == nil {
		return a == b
	}
	return cmp.Equal(a, b, cmp.FilterPath(func(p cmp.Path) bool { return len(p) > 2 }, cmp.Comparer(sameSentinel)))
}

func TestErrorsAsAndIsSeeThroughWhatWraps(t *testing.T) {
	cause := &statusError{Code: 404}
	err := fmt.Errorf("page: %w", errors.Join(fmt.Errorf("try 1: %w", io.ErrUnexpectedEOF), fmt.Errorf("try 2: %w", cause), codeError{7}))
	got := across(t, err)
	if got.Error() != err.Error() {
		t.Errorf("text: %q, want %q", got, err)
	}
	var status *statusError
	if !errors.As(got, &status) || status.Code != 404 {
		t.Errorf("errors.As: %v", status)
	}
	var code codeError
	if !errors.As(got, &code) || code.Code != 7 {
		t.Errorf("errors.As: %v", code)
	}
	if !errors.Is(got, io.ErrUnexpectedEOF) || errors.Is(got, io.EOF) {
		t.Errorf("errors.Is: %v, %v", errors.Is(got, io.ErrUnexpectedEOF), errors.Is(got, io.EOF))
	}
	if twice := across(t, got); twice.Error() != err.Error() || !errors.As(twice, &status) || !errors.Is(twice, io.ErrUnexpectedEOF) {
		t.Errorf("after a second process: %#v", twice)
	}
}

func TestErrorOfAnotherTypeIsARemoteError(t *testing.T) {
	for _, err := range []error{
		errors.New("plain"),
		errors.New(""),
		errors.New("bytes \xff\x00"),
		&strangeError{3},
		uncomparable{[]string{"a", "b"}},
		&secretError{"text"},      // cannot be encoded
		&holderError{time.Second}, // nor decoded
		&wildError{"horse"},       // panics when it is decoded
		fmt.Errorf("a: %w", errors.New("b")),
	} {
		got := across(t, err)
		remote, ok := got.(*RemoteError)
		if !ok || remote.Text != err.Error() {
			t.Errorf("%T arrives as %#v, want its text %q", err, got, err.Error())
		}
	}
	got := across(t, fmt.Errorf("a: %w", errors.New("b")))
	want := &RemoteError{Text: "a: b", Causes: []error{&RemoteError{Text: "b"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestErrorThatSaysToBeASentinelIsOne(t *testing.T) {
	for _, err := range []error{
		isNotExist{}, fmt.Errorf("read: %w", isNotExist{}),
		syscall.ENOENT, &os.SyscallError{Syscall: "open", Err: syscall.ENOENT},
	} {
		got := across(t, err)
		if !errors.Is(got, os.ErrNotExist) || errors.Is(got, os.ErrExist) {
			t.Errorf("%T: errors.Is of ErrNotExist: %v, of ErrExist: %v", err, errors.Is(got, os.ErrNotExist), errors.Is(got, os.ErrExist))
		}
		if got.Error() != err.Error() {
			t.Errorf("text: %q, want %q", got, err)
		}
	}
	if got := across(t, &BrokenError{Err: errors.New("no licence")}); !errors.Is(got, ErrBroken) {
		t.Errorf("a broken executor arrives as %#v", got)
	}
	if got := across(t, &WorkerLostError{Worker: "w"}); !errors.Is(got, ErrWorkerLost) {
		t.Errorf("a lost worker arrives as %#v", got)
	}
}

func TestTypedNilErrorStaysAnError(t *testing.T) {
	got := across(t, (*statusError)(nil))
	if status, ok := got.(*statusError); !ok || status != nil {
		t.Errorf("a nil of a registered type arrives as %#v", got)
	}
	for _, err := range []error{
		(*strangeError)(nil), (*stepError)(nil), fmt.Errorf("a: %w", (*strangeError)(nil)),
		errors.Join((*strangeError)(nil)), &stepError{Step: "a"}, nil,
	} {
		if got := across(t, err); got == nil {
			t.Errorf("%T arrives as no error", err)
		}
	}
	if got := across(t, (*strangeError)(nil)); !strings.Contains(got.Error(), "*pool.strangeError") {
		t.Errorf("a nil whose Error panics arrives as %q", got)
	}
}

func TestErrorWhoseMethodsPanicArrives(t *testing.T) {
	got := across(t, fmt.Errorf("a: %w", error(panicking{})))
	if got == nil || !strings.HasPrefix(got.Error(), "a: ") {
		t.Errorf("arrives as %v", got)
	}
	if got := across(t, panicking{}); !strings.Contains(got.Error(), "pool.panicking") {
		t.Errorf("arrives as %q", got)
	}
}

func TestDecodeErrorOfWhatOnlyTheOtherSideKnows(t *testing.T) {
	for _, test := range []struct {
		node wireError
		want error
	}{
		{wireError{Kind: sentinelError, Name: "pool.ErrNew"}, &RemoteError{Text: "pool.ErrNew"}},
		{wireError{Kind: typedError, Name: "*new.Error", Text: "new", Value: []byte{0xa0}}, &RemoteError{Text: "new"}},
		{
			wireError{Kind: typedError, Name: errorName(&statusError{}), Text: "other fields", Value: []byte{0x00}},
			&RemoteError{Text: "other fields"},
		},
		{wireError{Kind: typedError, Name: errorName(codeError{}), Text: "a nil that is none"}, &RemoteError{Text: "a nil that is none"}},
		{
			wireError{
				Kind: typedError, Name: errorName(&stepError{}), Value: []byte{0xa0},
				Causes: slices.Repeat([]wireError{{Kind: sentinelError, Name: "io.EOF"}}, 3),
			},
			&stepError{Err: io.EOF, Before: io.EOF},
		},
		{
			wireError{Kind: 200, Text: "new kind", Causes: []wireError{{}, {Kind: sentinelError, Name: "io.EOF"}}},
			&RemoteError{Text: "new kind", Causes: []error{io.EOF}},
		},
		{
			wireError{Kind: typedError, Name: errorName(&stepError{}), Text: "fewer causes", Value: []byte{0xa0}},
			&RemoteError{Text: "fewer causes"},
		},
	} {
		got, err := DecodeError(encoded(t, test.node))
		if diff := cmp.Diff(test.want, got, cmp.Comparer(sameSentinel)); diff != "" || err != nil {
			t.Errorf("%v: %s", err, diff)
		}
	}
}

func encoded(t testing.TB, node wireError) []byte {
	t.Helper()
	data, err := cborEncoding.Marshal(&node)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

type number2Error int

func (number2Error) Error() string { return "" }

func TestRegisterErrorMayBeCalledByMany(t *testing.T) {
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			RegisterError[number2Error]()
			if got := across(t, number2Error(2)); got != number2Error(2) {
				t.Errorf("arrives as %#v", got)
			}
		})
	}
	all.Wait()
}

func TestRegisterErrorRefusesWhatIsNoType(t *testing.T) {
	type local struct{ error }
	RegisterError[local]()
	for name, register := range map[string]func(){
		"an interface":             RegisterError[error],
		"another type of the name": registerAnotherLocal,
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s was registered", name)
				}
			}()
			register()
		}()
	}
}

func registerAnotherLocal() {
	type local struct{ error }
	RegisterError[local]()
}

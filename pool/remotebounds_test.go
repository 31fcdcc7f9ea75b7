package pool

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"
)

// loopError wraps itself.
type loopError struct{ wide int }

func (e *loopError) Error() string { return "loop" }

func (e *loopError) Unwrap() []error {
	all := make([]error, e.wide)
	for i := range all {
		all[i] = e
	}
	return all
}

func TestErrorsAreBounded(t *testing.T) {
	deep := io.EOF
	for range 1000 {
		deep = fmt.Errorf("a: %w", deep)
	}
	var steps error = codeError{1}
	for range 2 * maxErrorDepth {
		steps = &stepError{Step: "a", Err: steps}
	}
	var wide []error
	for i := range 10_000 {
		wide = append(wide, numberError(i))
	}
	long := strings.Repeat("long", 1<<16)
	var longs []error
	for range 100 {
		longs = append(longs, &statusError{URL: long[:100_000]}, errors.New(long))
	}
	for name, err := range map[string]error{
		"deep":          deep,
		"wide":          errors.Join(wide...),
		"long":          errors.New(long),
		"many long":     errors.Join(longs...),
		"long value":    &statusError{URL: strings.Repeat(long, 5)},
		"steps":         steps,
		"itself":        &loopError{1},
		"itself, twice": &loopError{2},
		"itself, often": &loopError{1000},
	} {
		got := across(t, err)
		askAll(t, got)
		if n := len(got.Error()); n > maxErrorText {
			t.Errorf("%s: a text of %d bytes", name, n)
		}
		if !strings.HasPrefix(err.Error(), strings.TrimSuffix(got.Error(), "…")) {
			t.Errorf("%s: another text, %.20q", name, got)
		}
	}
	p, ok := across(t, &PanicError{Value: long, Stack: []byte(long)}).(*PanicError)
	if !ok || len(p.Value) != maxErrorText || len(p.Stack) != maxErrorText {
		t.Errorf("a panic with a long text is not cut: %v", ok)
	}
}

// askAll asks every error of a tree for its text, but nil pointers.
func askAll(t *testing.T, err error) {
	t.Helper()
	if err == nil || reflect.ValueOf(err).Kind() == reflect.Pointer && reflect.ValueOf(err).IsNil() {
		return
	}
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%T panics when it is asked for its text: %v", err, r)
		}
	}()
	_ = err.Error()
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		askAll(t, e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, cause := range e.Unwrap() {
			askAll(t, cause)
		}
	}
}

func TestDecodeErrorRefusesWhatNobodySends(t *testing.T) {
	many := wireError{Kind: otherError, Causes: make([]wireError, maxErrorNodes+2)}
	for i := range many.Causes {
		many.Causes[i].Kind = otherError
	}
	for name, data := range map[string][]byte{
		"nothing":  nil,
		"garbage":  []byte("\xff\xff\xff"),
		"no error": encoded(t, wireError{}),
		"too many": encoded(t, many),
		"too long": make([]byte, maxErrorSize+1),
		"two":      append(encoded(t, wireError{Kind: otherError}), encoded(t, wireError{Kind: otherError})...),
	} {
		if got, err := DecodeError(data); err == nil || got != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// FuzzDecodeError decodes any bytes; what comes out can be sent on.
func FuzzDecodeError(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\xff"))
	for _, err := range []error{
		io.EOF,
		errors.New("plain"),
		&statusError{404, "http://a/", time.Unix(0, 1)},
		&stepError{"a", codeError{1}, fmt.Errorf("b: %w", io.EOF)},
		(*statusError)(nil),
		errors.Join(io.EOF, &PanicError{Value: "v"}, &BrokenError{Err: io.EOF}),
	} {
		f.Add(AppendError(nil, err))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		err, bad := DecodeError(data)
		if (err == nil) == (bad == nil) {
			t.Fatalf("DecodeError: %v, %v", err, bad)
		}
		if err != nil {
			askAll(t, err)
			across(t, err)
		}
	})
}

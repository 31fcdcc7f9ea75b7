package pool

import (
	"bytes"
	"errors"
	"fmt"
)

// AppendError appends err to dst for [DecodeError], in another process: see
// [RegisterError]. Methods of err that panic are borne; what is beyond the bounds is left
// out.
func AppendError(dst []byte, err error) []byte {
	if err == nil {
		err = errors.New("nil error")
	}
	left := errorBudget{nodes: maxErrorNodes, bytes: maxErrorBytes}
	node := left.encode(err, maxErrorDepth)
	buf := bytes.NewBuffer(dst)
	if err := cborEncoding.MarshalToBuffer(&node, buf); err != nil {
		panic("pool: encode an error: " + err.Error()) // it is texts and bytes only
	}
	return buf.Bytes()
}

// errorBudget is what may still be sent of an error.
type errorBudget struct{ nodes, bytes int }

func (b *errorBudget) encode(err error, depth int) wireError {
	if err == nil {
		return wireError{Kind: noError}
	}
	if name, ok := sentinelName(err); ok {
		return wireError{Kind: sentinelError, Name: name}
	}
	text := b.text(err)
	if t := errorTypes.of(err); t != nil {
		if value, causes, ok := b.typed(t, err); ok {
			nodes := b.encodeAll(causes, depth-1)
			return wireError{Kind: typedError, Name: t.name, Text: text, Value: value, Causes: nodes}
		}
	}
	return wireError{Kind: otherError, Text: text, Causes: b.encodeAll(causesOf(err), depth-1)}
}

func (b *errorBudget) encodeAll(causes []error, depth int) []wireError {
	if depth == 0 {
		return nil
	}
	var nodes []wireError
	for _, cause := range causes {
		if b.nodes == 0 {
			break
		}
		b.nodes--
		nodes = append(nodes, b.encode(cause, depth))
	}
	return nodes
}

// typed is the value of an error of a registered type, and its fields that are
// errors.
func (b *errorBudget) typed(t *errorType, err error) (value []byte, causes []error, ok bool) {
	if p, ok := err.(*PanicError); ok && p != nil { // whoever panics may do so with any text
		err = &PanicError{Value: cut(p.Value, maxErrorText), Stack: p.Stack[:min(len(p.Stack), maxErrorText)]}
	}
	value, causes, e := t.encode(err)
	size := len(value) + len(t.name)
	if e != nil || size > b.bytes {
		return nil, nil, false
	}
	b.bytes -= size
	return value, causes, true
}

func (b *errorBudget) text(err error) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = fmt.Sprintf("%T, whose Error panics", err) // a nil pointer, mostly
		}
		text = cut(text, min(b.bytes, maxErrorText))
		b.bytes -= len(text)
	}()
	return err.Error()
}

func cut(text string, size int) string {
	const mark = "…"
	switch {
	case len(text) <= size:
		return text
	case size < len(mark):
		return ""
	}
	return text[:size-len(mark)] + mark
}

func sentinelName(err error) (name string, ok bool) {
	for _, s := range sentinels {
		if s.err == err { // their types can be compared
			return s.name, true
		}
	}
	return "", false
}

// causesOf is what errors.Is would look at behind err: what it wraps, and the
// sentinels that it says to be.
func causesOf(err error) (causes []error) {
	defer func() { _ = recover() }() // of a method of err: then it has those that it has named
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		if cause := e.Unwrap(); cause != nil {
			causes = append(causes, cause)
		}
	case interface{ Unwrap() []error }:
		for _, cause := range e.Unwrap() {
			if cause != nil {
				causes = append(causes, cause)
			}
		}
	}
	if e, ok := err.(interface{ Is(error) bool }); ok {
		for _, s := range sentinels {
			if e.Is(s.err) {
				causes = append(causes, s.err)
			}
		}
	}
	return causes
}

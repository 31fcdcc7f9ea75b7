package pool

import (
	"errors"
	"fmt"
)

// DecodeError returns the error that [AppendError] was given, as far as it travels; bad
// says why data is not from there.
func DecodeError(data []byte) (decoded, bad error) {
	if len(data) > maxErrorSize {
		return nil, fmt.Errorf("%d bytes", len(data))
	}
	var node wireError
	if err := cborDecoding.Unmarshal(data, &node); err != nil {
		return nil, err
	}
	left := maxErrorNodes + 1
	decoded = node.decode(maxErrorDepth, &left)
	if decoded == nil || left < 0 {
		return nil, errors.New("none there, or too many")
	}
	return decoded, nil
}

// decode counts the nodes off left, and stops where there are too many.
func (n *wireError) decode(depth int, left *int) error {
	if *left--; *left < 0 || n.Kind == noError {
		return nil
	}
	if n.Kind == sentinelError {
		return sentinelNamed(n.Name)
	}
	causes := n.causes(depth-1, left)
	if n.Kind == typedError {
		if t := errorTypes.named(n.Name); t != nil {
			if err, e := t.decode(n.Value, causes); e == nil && (n.Value == nil || speaks(err)) {
				return err
			}
		}
	}
	return &RemoteError{Text: n.Text, Causes: withoutNil(causes)}
}

func (n *wireError) causes(depth int, left *int) []error {
	if depth == 0 || len(n.Causes) == 0 {
		return nil
	}
	causes := make([]error, 0, min(len(n.Causes), maxErrorNodes))
	for i := range n.Causes {
		if *left < 0 {
			break
		}
		causes = append(causes, n.Causes[i].decode(depth, left))
	}
	return causes
}

// speaks reports whether err has a text. Without an error that it wraps, and that was
// beyond the bounds, it may panic instead.
func speaks(err error) (ok bool) {
	defer func() { _ = recover() }()
	_ = err.Error()
	return true
}

func sentinelNamed(name string) error {
	for _, s := range sentinels {
		if s.name == name {
			return s.err
		}
	}
	return &RemoteError{Text: name}
}

func withoutNil(causes []error) []error {
	var kept []error
	for _, err := range causes {
		if err != nil {
			kept = append(kept, err)
		}
	}
	return kept
}

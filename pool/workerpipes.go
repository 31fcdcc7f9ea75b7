package pool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

// workerPipes opens what workerEnv says.
func workerPipes(env string) (r, w *os.File, err error) {
	if env == "" {
		return nil, nil, errors.New("this process was not started as a worker")
	}
	before, after, _ := strings.Cut(env, ",")
	in, notIn := strconv.Atoi(before)
	out, notOut := strconv.Atoi(after)
	if notIn != nil || notOut != nil || in == out {
		return nil, nil, fmt.Errorf("%s is %q", workerEnv, env)
	}
	if r, err = openPipe(in); err != nil {
		return nil, nil, fmt.Errorf("%s: descriptor %d: %w", workerEnv, in, err)
	}
	if w, err = openPipe(out); err != nil {
		r.Close()
		return nil, nil, fmt.Errorf("%s: descriptor %d: %w", workerEnv, out, err)
	}
	return r, w, nil
}

// errParentGone is what parentGone makes of the errors of a pipe whose other end is
// closed, or this one. A torn frame is among them: whoever dies or is killed may be
// writing.
var errParentGone = errors.New("parent is gone")

func parentGone(err error) error {
	gone := append([]error{io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, os.ErrClosed}, brokenPipe...)
	if slices.ContainsFunc(gone, func(g error) bool { return errors.Is(err, g) }) {
		return errParentGone
	}
	return err
}

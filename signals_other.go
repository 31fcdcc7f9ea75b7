//go:build !unix

package main

import "os"

var (
	sigPipe, screenSignals, reopenSignals []os.Signal
	workerIgnores                         = []os.Signal{os.Interrupt}
)

func (*screen) signal(os.Signal) {}

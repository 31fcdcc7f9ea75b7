//go:build !unix

package main

import "os"

var sigPipe, screenSignals []os.Signal

func (*screen) signal(os.Signal) {}

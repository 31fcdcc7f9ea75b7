//go:build linux && trial

package main

import "testing"

// As TestNoStateMakesAHole is without the race detector.
func TestTrialNoStateMakesAHole(t *testing.T) { TestNoStateMakesAHole(t) }

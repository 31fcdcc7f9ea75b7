//go:build trial

package main

import "testing"

// As TestAServerNeverSeesMoreAtOnceThanItsLimit is without the race detector.
func TestTrialAServerNeverSeesMoreAtOnceThanItsLimit(t *testing.T) { wantAtOnce(t, 10_000) }

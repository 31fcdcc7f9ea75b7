//go:build linux && trial

package main

import "testing"

// LongTrialNights: go test -tags trial -run LongTrialNights -timeout 1h .
func TestLongTrialNights(t *testing.T) {
	t.Logf("killed %d times", tellNights(t, 300, 40))
}

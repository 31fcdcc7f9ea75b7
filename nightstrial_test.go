//go:build linux && trial

package main

import "testing"

// As TestNoChangedPageIsMissedOrToldTwice is without the race detector.
func TestTrialNoChangedPageIsMissedOrToldTwice(t *testing.T) { TestNoChangedPageIsMissedOrToldTwice(t) }

// A thousand kills take three minutes, and are for the asking:
// go test -tags trial -run LongTrialNights -timeout 1h .
func TestLongTrialNights(t *testing.T) {
	t.Logf("killed %d times", tellNights(t, 300, 40))
}

//go:build linux && trial

package main

import (
	"os"
	"testing"
)

// As TestARunThatIsKilledIsResumed is without the race detector.
func TestTrialALongRunThatIsKilledIsResumed(t *testing.T) { killRuns(t, 20_000, 7) }

// A thousand kills, as TestARunThatIsKilledIsResumed has a hundred. They take ten minutes
// and are for the asking: go test -tags trial -run LongTrialKills .
func TestLongTrialKills(t *testing.T) { killRuns(t, 20_000, 65) }

func TestLongTrialKillsOfLastMoments(t *testing.T) {
	everyExecutor(t, func(t *testing.T) { killLate(t, 25, os.Getenv("TRAWL_EXECUTOR")) })
}

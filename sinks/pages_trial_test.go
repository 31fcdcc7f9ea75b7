//go:build trial

package sinks

import "testing"

// As TestADamagedPageDatabaseKnowsNothingWrong is without the race detector.
func TestTrialADamagedPageDatabaseKnowsNothingWrong(t *testing.T) { damagePages(t, 61, 1<<10) }

// As TestGenerationsAsAModelHasThem is without the race detector.
func TestTrialGenerationsAsAModelHasThem(t *testing.T) { followModel(t, 8) }

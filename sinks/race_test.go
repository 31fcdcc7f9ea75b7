//go:build race

package sinks

const raceDetector = true

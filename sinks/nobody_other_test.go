//go:build !linux

package sinks_test

// becomeNobody is for Linux, where tests are run as root.
func becomeNobody() {}

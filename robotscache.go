package main

import (
	"os"
	"path/filepath"
	"slices"

	"trawl/fetch"
	"trawl/robots"
)

// robotsCache opens what earlier runs have learnt of robots.txt files. Nil is that this run
// asks for none, or by itself: the user has no folder for it, or the run's options change
// who answers, so that what it is told is not for other runs, nor theirs for it.
func (s *screen) robotsCache() *robots.Cache {
	dir := cacheDir()
	if s.cfg.Robots != fetch.RobotsAlways || s.cfg.asksOthers() || dir == "" {
		return nil
	}
	cache, err := robots.OpenCache(dir)
	if err != nil {
		s.remark("robots.txt files are not kept for other runs: " + shown(err.Error()))
		return nil
	}
	return cache
}

// cacheDir is trawl's folder for what may be deleted at any time (XDG Base Directory
// Specification: a relative path in the variable is ignored); "" is none.
func cacheDir() string {
	dir := os.Getenv("XDG_CACHE_HOME")
	if !filepath.IsAbs(dir) {
		home, _ := os.UserHomeDir()
		if !filepath.IsAbs(home) {
			return ""
		}
		dir = filepath.Join(home, ".cache")
	}
	return filepath.Join(dir, "trawl")
}

// asksOthers reports whether an option has somebody else answer for a host than would
// without it, or be told something else.
func (c *config) asksOthers() bool {
	return len(c.Resolve) > 0 || c.Proxy != nil || c.Insecure || c.CACert != nil || len(c.Header) > 0 ||
		slices.ContainsFunc(proxyVariables, func(name string) bool { return os.Getenv(name) != "" })
}

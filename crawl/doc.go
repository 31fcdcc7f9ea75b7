// Package crawl joins list, stage, executor, parser and writer into one call:
// [Crawl] takes every URL of a list to its record.
package crawl

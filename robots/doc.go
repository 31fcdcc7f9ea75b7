// Package robots reads robots.txt as RFC 9309 has it, says of a URL whether a
// crawler may ask for it, and keeps the files between runs.
//
// What a server has answered is a [File]; its [Rules] for a crawler, whose name
// is a product token ([Agent]), are small and need the file no more. A [Cache]
// keeps files on disk.
package robots

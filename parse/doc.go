// Package parse turns a page into a record: the charset is found as a browser
// finds it, the characters are counted, the fields that the user selects are
// taken.
package parse

package main

import (
	"io"
	"strings"

	"trawl/fetch"
)

// A message tells the user what is wrong and how to put it right.
type message struct {
	what  string   // one line: what is wrong, with the exact value and where it comes from
	hints []string // lines that say how to put it right
	code  int      // what the program exits with because of it
}

// Error is the message without its hints.
func (m *message) Error() string { return m.what }

// text is the whole message, without its last newline.
func (m *message) text() string {
	return "trawl: " + strings.Join(append([]string{m.what}, m.hints...), "\n  ")
}

// write prints the message as an error, in one write.
func (m *message) write(w io.Writer) { io.WriteString(leveled(w, errorLevel), m.text()+"\n") }

// tell prints the message and returns what the program exits with.
func (m *message) tell(w io.Writer) int {
	m.write(w)
	return m.code
}

// usage is the message of a command line that cannot be obeyed.
func usage(what string, hints ...string) *message {
	return &message{what: what, hints: hints, code: exitUsage}
}

// shown is s as a message may have it: of limited length, and without control
// characters, which a terminal would obey.
func shown(s string) string { return fetch.Printable(s) }

// quoted is shown in quotes.
func quoted(s string) string { return `"` + shown(s) + `"` }

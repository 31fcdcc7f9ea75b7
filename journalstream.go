package main

import (
	"io"
	"os"
	"strings"
)

// The priorities of messages in a system's journal (sd-daemon(3)).
const (
	errorLevel   = "<3>"
	warningLevel = "<4>"
	noteLevel    = "<6>"
)

// leveled is standard error for messages of one priority. That is stderr itself,
// unless it is a journal, which takes a priority at the front of each line.
func leveled(stderr io.Writer, level string) io.Writer {
	if f, ok := stderr.(*os.File); ok && isJournal(f) {
		return leveledLines{f, level}
	}
	return stderr
}

// leveledLines puts level before each line. What is written to it are whole lines.
type leveledLines struct {
	w     io.Writer
	level string
}

// Write writes the lines at once.
func (l leveledLines) Write(p []byte) (int, error) {
	lines := strings.TrimSuffix(string(p), "\n")
	if _, err := io.WriteString(l.w, l.level+strings.ReplaceAll(lines, "\n", "\n"+l.level)+"\n"); err != nil {
		return 0, err
	}
	return len(p), nil
}

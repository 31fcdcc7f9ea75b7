package fetch

import (
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
)

const maxFolds = 100 // lines of a head that continue others: each costs a copy of what is there so far

// A head is the head of an HTTP/1 answer.
type head struct {
	status  int
	minor   int // of the version HTTP/1.x
	fields  []Field
	framing framing
	folds   int // lines that continue another
}

// parseHead reads the head of an answer, from its status line to the empty line
// that ends it (RFC 9112 §4, §5). It adds the fields to room, whose strings are
// parts of s.
//
// It reads what browsers read, which is more than the RFC has, but nothing that
// another reader could take for a different answer: NUL and a lone CR are refused,
// and so are a blank in a name that says how long the body is, and a line that
// ends otherwise than the first before such a name or the end of the head.
func parseHead(s string, room []Field) (head, *Error) {
	lines := headLines{rest: s}
	line, err := lines.next()
	if err != nil {
		return head{}, err
	}
	h := head{fields: room}
	var ok bool
	if h.status, h.minor, ok = parseStatusLine(line); !ok {
		return h, malformed("status line")
	}
	for {
		line, err := lines.next()
		if err == nil && line != "" {
			err = h.addLine(line)
		}
		if err != nil {
			return h, err
		}
		if line == "" {
			h.framing, err = framingOf(h.fields, h.minor)
			return h, err
		}
	}
}

// addLine reads a field line, or one that continues the line before it (the
// obsolete folding of RFC 9112 §5.2).
func (h *head) addLine(line string) *Error {
	if line[0] == ' ' || line[0] == '\t' {
		if len(h.fields) == 0 {
			return malformed("a header that begins with a blank")
		}
		if h.folds++; h.folds > maxFolds {
			return malformed("a header over too many lines")
		}
		last := &h.fields[len(h.fields)-1]
		last.Value = strings.TrimSpace(last.Value + " " + trimBlanks(line))
		return nil
	}
	name, value, ok := strings.Cut(line, ":")
	if !ok {
		return malformed("a header without a colon")
	}
	if !httpguts.ValidHeaderFieldName(name) {
		if bare := strings.TrimFunc(name, func(r rune) bool { return !isLetter(byte(r)) }); isFraming(bare) {
			return malformed("a blank in the name " + strings.ToLower(bare))
		}
		name = trimBlanks(name)
	}
	h.fields = append(h.fields, Field{name, trimBlanks(value)})
	return nil
}

func trimBlanks(s string) string { return strings.Trim(s, " \t") }

// statusBegin is how each answer begins.
const statusBegin = "HTTP/1."

// parseStatusLine reads "HTTP/1.1 200 OK". Many servers leave the reason out, and
// some the blank before it too.
func parseStatusLine(line string) (status, minor int, ok bool) {
	rest, ok := strings.CutPrefix(line, statusBegin)
	if !ok || len(rest) < len("1 200") || !isDigit(rest[0]) || rest[1] != ' ' {
		return 0, 0, false
	}
	code := rest[2:5]
	if len(rest) > 5 && rest[5] != ' ' || code[0] == '0' || !isNumber(code) {
		return 0, 0, false
	}
	status, _ = strconv.Atoi(code)
	return status, int(rest[0] - '0'), true
}

func isNumber(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

// headLines takes a head apart into lines. They end with CRLF, or, from some old
// servers, with LF.
type headLines struct {
	rest string
	end  int  // bytes of the first line's end; 0 is not seen yet
	odd  bool // the last line ended otherwise
}

// next gives a line without its end.
func (l *headLines) next() (string, *Error) {
	n := strings.IndexByte(l.rest, '\n')
	if n < 0 {
		return "", malformed("head without an end")
	}
	line, end := l.rest[:n], 1
	if strings.HasSuffix(line, "\r") {
		line, end = line[:n-1], 2
	}
	l.rest = l.rest[n+1:]
	if l.end == 0 {
		l.end = end
	}
	odd := end != l.end
	name, _, _ := strings.Cut(line, ":")
	switch {
	case strings.IndexByte(line, 0) >= 0:
		return "", malformed("a NUL in the head")
	case strings.IndexByte(line, '\r') >= 0:
		return "", malformed("a lone CR in the head")
	case line == "" && (odd || l.odd), l.odd && isFraming(name):
		return "", malformed("CRLF and LF mixed in the head")
	}
	l.odd = odd
	return line, nil
}

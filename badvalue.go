package main

import "strings"

// A badValue says why a value was refused. It does not know where the value came
// from: refusal adds that.
type badValue struct {
	value string // as it may be shown; secrets masked
	why   string // goes after the value: "is not a duration"
	want  string // goes after "want": "a duration"
	hints []string
	bare  bool // the value is shown without quotes
}

func (e *badValue) Error() string { return e.value + " " + e.why }

// isNot is the refusal of a value that is not what it should be.
func isNot(value, what string, hints ...string) *badValue {
	return &badValue{value: value, why: "is not " + what, want: what, hints: hints}
}

// outOfRange is the refusal of a number; allowed is the range.
func outOfRange(value, allowed string) *badValue {
	return &badValue{value: value, why: "is out of range", want: allowed, hints: []string{"Use " + allowed + "."}, bare: true}
}

// unknownChoice is the refusal of a word that is not one of names.
func unknownChoice(value string, names ...string) *badValue {
	return &badValue{value: value, why: "is unknown", want: orList(names), hints: []string{"Use " + orList(names) + "."}}
}

// refusal is the message for a bad value, which came from "option -c" or a
// variable.
func (o option) refusal(bad *badValue, from string) *message {
	if from == o.variable() {
		return &message{what: from + "=" + quoted(bad.value) + ": want " + bad.want, hints: bad.hints, code: exitConfig}
	}
	value := quoted(bad.value)
	if bad.bare {
		value = shown(bad.value)
	}
	return usage("--"+o.name+" "+value+" "+bad.why+" ("+from+")", bad.hints...)
}

// orList is "a, b or c".
func orList(names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// sentence is an error as a line of a hint.
func sentence(err error) string {
	text := shown(err.Error())
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

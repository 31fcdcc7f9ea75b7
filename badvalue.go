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

// refusal is the message for a bad value. An option that is named by its variable
// is told in the variable's own form.
func (o option) refusal(bad *badValue, from origin) *message {
	if from.rank == fromVariable {
		return &message{
			what:  from.text + "=" + quoted(bad.value) + ": want " + bad.want,
			hints: o.hintsForVariable(bad),
			code:  from.code(),
		}
	}
	value := quoted(bad.value)
	if bad.bare {
		value = shown(bad.value)
	}
	return &message{what: "--" + o.name + " " + value + " " + bad.why + " (" + from.text + ")", hints: bad.hints, code: from.code()}
}

// hintsForVariable are the hints of a message that has just said what is wanted,
// and need not say it again.
func (o option) hintsForVariable(bad *badValue) []string {
	if len(bad.hints) == 1 && bad.hints[0] == "Use "+bad.want+"." {
		return []string{"It stands for --" + o.name + ": change it, or unset it."}
	}
	return bad.hints
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

package main

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A badValue says why a value was refused; where it came from is not known
// here.
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

// outOfRange is the refusal of a number; allowed says which ones are not.
func outOfRange(value, allowed string) *badValue {
	return &badValue{value: value, why: "is out of range", want: allowed, hints: []string{"Use " + allowed + "."}, bare: true}
}

// unknownChoice is the refusal of a word that is none of names.
func unknownChoice(value string, names ...string) *badValue {
	return &badValue{value: value, why: "is unknown", want: orList(names), hints: []string{"Use " + orList(names) + "."}}
}

// The setters below make an option's set function: it reads a value, checks it
// and stores it at p. Its error is a *badValue.

func number[T int | int64](p *T, least, most T) func(string) error {
	allowed := fmt.Sprintf("%d to %d", least, most)
	if int64(most) == math.MaxInt64 {
		allowed = fmt.Sprintf("%d or more", least)
	}
	return func(s string) error {
		n, err := strconv.ParseInt(s, 10, 64)
		switch {
		case errors.Is(err, strconv.ErrSyntax):
			return isNot(s, "a whole number", "Use "+allowed+".")
		case err != nil || n < int64(least) || n > int64(most):
			return outOfRange(s, allowed)
		}
		*p = T(n)
		return nil
	}
}

func duration(p *time.Duration, least time.Duration) func(string) error {
	allowed := "0 to 36500d"
	if least > 0 {
		allowed = "1ms to 36500d"
	}
	return quantity(p, parseDuration, "a duration", "Use seconds or a unit: 30, 500ms, 2m.", least, allowed)
}

func size(p *int64) func(string) error {
	return quantity(p, parseSize, "a size", "Use bytes or a unit: 65536, 10MB, 10MiB.", 1, "1 byte or more")
}

func rate(p *float64) func(string) error {
	return quantity(p, parseRate, "a rate", "Use a number a second, or a unit: 10, 10/s, 600/m, 3600/h.", 0, "0 (no limit) or more")
}

func quantity[T cmp.Ordered](
	p *T, parse func(string) (T, error), what, form string, least T, allowed string,
) func(string) error {
	return func(s string) error {
		v, err := parse(s)
		switch {
		case errors.Is(err, errSyntax):
			return isNot(s, what, form)
		case err != nil || v < least:
			return outOfRange(s, allowed)
		}
		*p = v
		return nil
	}
}

func choice(p *string, names ...string) func(string) error {
	return func(s string) error {
		if !slices.Contains(names, s) {
			return unknownChoice(s, names...)
		}
		*p = s
		return nil
	}
}

// onOff is the set function of an option without a value. Its name alone
// stands for "true", --no-name for "false".
func onOff(p *bool) func(string) error {
	return func(s string) error {
		on, err := strconv.ParseBool(s)
		if err != nil {
			return isNot(s, "true or false", "Use true or false.")
		}
		*p = on
		return nil
	}
}

// counted is the set function of an option that is given once or twice; a
// number says how often at once.
func counted(p *int) func(string) error {
	return func(s string) error {
		switch s {
		case "true": // once more
			*p = min(*p+1, 2)
		case "false", "0":
			*p = 0
		case "1":
			*p = 1
		case "2":
			*p = 2
		default:
			return isNot(s, "true, false, 1 or 2", "Use true, false, 1 or 2.")
		}
		return nil
	}
}

// text takes any text but none at all.
func text(p *string, what string) func(string) error {
	return func(s string) error {
		if s == "" {
			return isNot(s, what, "Give "+what+", or leave the option out.")
		}
		*p = s
		return nil
	}
}

// orList is "a, b or c".
func orList(names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

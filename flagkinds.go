package main

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"trawl/crawl"
)

// A kind is how an option's value is read and shown.
type kind struct {
	// set reads a value, checks and stores it. Its error is a *badValue.
	set func(string) error

	// show is what is stored, in the form that set reads, secrets masked; several
	// values one a line, "" if there is none.
	show func() string
}

func numberFlag[T int | int64](p *T, least, most T) kind {
	allowed := fmt.Sprintf("%d to %d", least, most)
	if int64(most) == math.MaxInt64 {
		allowed = fmt.Sprintf("%d or more", least)
	}
	set := func(s string) error {
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
	return kind{set, func() string { return strconv.FormatInt(int64(*p), 10) }}
}

func durationFlag(p *time.Duration, least time.Duration) kind {
	allowed := "0 to 36500d"
	if least > 0 {
		allowed = "1ms to 36500d"
	}
	return quantity[time.Duration]{
		parse: crawl.ParseDuration, text: optionSpan, what: "a duration", form: "seconds or a unit: 30, 500ms, 2m",
		least: least, allowed: allowed,
	}.at(p)
}

// sizeFlag reads a number of bytes; allowed says in words that it is least or more.
func sizeFlag(p *int64, least int64, allowed string) kind {
	return quantity[int64]{
		parse: parseSize, text: sizeText, what: "a size", form: "bytes or a unit: 65536, 10MB, 10MiB",
		least: least, allowed: allowed,
	}.at(p)
}

func rateFlag(p *float64) kind {
	return quantity[float64]{
		parse: parseRate, text: rateText, what: "a rate", form: "a number a second, or a unit: 10, 10/s, 600/m, 3600/h",
		least: 0, allowed: "0 (no limit) or more",
	}.at(p)
}

// A quantity is a kind of number that is written in a way of its own.
type quantity[T cmp.Ordered] struct {
	parse   func(string) (T, error) // the error is strconv.ErrSyntax, else the number is out of range
	text    func(T) string
	what    string // "a duration"
	form    string // how it is written
	least   T
	allowed string // from least on, in words
}

func (q quantity[T]) at(p *T) kind {
	set := func(s string) error {
		v, err := q.parse(s)
		switch {
		case errors.Is(err, strconv.ErrSyntax):
			return isNot(s, q.what, "Use "+q.form+".")
		case err != nil || v < q.least:
			return outOfRange(s, q.allowed)
		}
		*p = v
		return nil
	}
	return kind{set, func() string { return q.text(*p) }}
}

func choiceFlag(p *string, names ...string) kind {
	set := func(s string) error {
		if !slices.Contains(names, s) {
			return unknownChoice(s, names...)
		}
		*p = s
		return nil
	}
	return kind{set, textOf(p)}
}

// onOffFlag is for an option without a value. Its name alone stands for "true",
// --no-name for "false".
func onOffFlag(p *bool) kind {
	set := func(s string) error {
		on, err := strconv.ParseBool(s)
		if err != nil {
			return isNot(s, "true or false", "Use true or false.")
		}
		*p = on
		return nil
	}
	return kind{set, func() string { return strconv.FormatBool(*p) }}
}

// countFlag is for an option that may be given twice. A number says at once how
// often.
func countFlag(p *int) kind {
	set := func(s string) error {
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
	return kind{set, func() string { return strconv.Itoa(*p) }}
}

// nameFlag takes the name of a file.
func nameFlag(p *string) kind {
	set := func(s string) error {
		if s == "" {
			return isNot(s, "a file name", "Give a file name, or leave the option out.")
		}
		*p = s
		return nil
	}
	return kind{set, textOf(p)}
}

func textOf(p *string) func() string { return func() string { return *p } }

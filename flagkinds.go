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

// The kinds of values below make an option's set function: it reads a value,
// checks it and stores it at p. Its error is a *badValue.

func numberFlag[T int | int64](p *T, least, most T) func(string) error {
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

func durationFlag(p *time.Duration, least time.Duration) func(string) error {
	allowed := "0 to 36500d"
	if least > 0 {
		allowed = "1ms to 36500d"
	}
	return quantity[time.Duration]{
		parse: crawl.ParseDuration, what: "a duration", form: "seconds or a unit: 30, 500ms, 2m",
		least: least, allowed: allowed,
	}.into(p)
}

// sizeFlag reads a number of bytes; allowed says in words that it is least or more.
func sizeFlag(p *int64, least int64, allowed string) func(string) error {
	return quantity[int64]{
		parse: parseSize, what: "a size", form: "bytes or a unit: 65536, 10MB, 10MiB",
		least: least, allowed: allowed,
	}.into(p)
}

func rateFlag(p *float64) func(string) error {
	return quantity[float64]{
		parse: parseRate, what: "a rate", form: "a number a second, or a unit: 10, 10/s, 600/m, 3600/h",
		least: 0, allowed: "0 (no limit) or more",
	}.into(p)
}

// A quantity is a kind of number that is written in a way of its own.
type quantity[T cmp.Ordered] struct {
	parse   func(string) (T, error) // the error is strconv.ErrSyntax, else the number is out of range
	what    string                  // "a duration"
	form    string                  // how it is written
	least   T
	allowed string // from least on, in words
}

func (q quantity[T]) into(p *T) func(string) error {
	return func(s string) error {
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
}

func choiceFlag(p *string, names ...string) func(string) error {
	return func(s string) error {
		if !slices.Contains(names, s) {
			return unknownChoice(s, names...)
		}
		*p = s
		return nil
	}
}

// onOffFlag is for an option without a value. Its name alone stands for "true",
// --no-name for "false".
func onOffFlag(p *bool) func(string) error {
	return func(s string) error {
		on, err := strconv.ParseBool(s)
		if err != nil {
			return isNot(s, "true or false", "Use true or false.")
		}
		*p = on
		return nil
	}
}

// countFlag is for an option that may be given twice. A number says at once how
// often.
func countFlag(p *int) func(string) error {
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

// textFlag takes any text except an empty one.
func textFlag(p *string, what string) func(string) error {
	return func(s string) error {
		if s == "" {
			return isNot(s, what, "Give "+what+", or leave the option out.")
		}
		*p = s
		return nil
	}
}

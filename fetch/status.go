package fetch

import (
	"fmt"
	"strconv"
	"strings"
)

// StatusSet is a set of HTTP statuses. The zero value is 200-299.
type StatusSet struct {
	spans []statusSpan // nil is 200-299
}

type statusSpan struct{ first, last int }

var successes = []statusSpan{{200, 299}}

// ParseStatusSet reads statuses and ranges of them that are separated by
// commas: "200-299,404". A status has three digits, from 100 to 599.
func ParseStatusSet(s string) (StatusSet, error) {
	var set StatusSet
	for item := range strings.SplitSeq(s, ",") {
		item = strings.TrimSpace(item)
		span, ok := parseStatusSpan(item)
		if !ok {
			return StatusSet{}, fmt.Errorf("%q is not a status or a range of them", item)
		}
		set.spans = append(set.spans, span)
	}
	return set, nil
}

func parseStatusSpan(item string) (statusSpan, bool) {
	first, last, isRange := strings.Cut(item, "-")
	if !isRange {
		last = first
	}
	low, lowOK := parseStatus(first)
	high, highOK := parseStatus(last)
	return statusSpan{low, high}, lowOK && highOK && low <= high
}

func parseStatus(s string) (int, bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 16)
	return int(n), err == nil && n >= 100 && n <= 599
}

// Has reports whether status is in the set.
func (s StatusSet) Has(status int) bool {
	for _, span := range s.effective() {
		if span.first <= status && status <= span.last {
			return true
		}
	}
	return false
}

// String is the set as ParseStatusSet reads it.
func (s StatusSet) String() string {
	var items []string
	for _, span := range s.effective() {
		item := strconv.Itoa(span.first)
		if span.last != span.first {
			item += "-" + strconv.Itoa(span.last)
		}
		items = append(items, item)
	}
	return strings.Join(items, ",")
}

func (s StatusSet) effective() []statusSpan {
	if s.spans == nil {
		return successes
	}
	return s.spans
}

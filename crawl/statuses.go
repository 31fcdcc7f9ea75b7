package crawl

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
)

// statuses counts answers.
type statuses struct {
	Last  map[int]int64 `cbor:"1,keyasint,omitempty"` // of records, by status; 0 is none
	Tried map[int]int64 `cbor:"2,keyasint,omitempty"` // of attempts that were followed by another, by status
}

func (s *statuses) add(status int)   { sum(&s.Last, statusIndex(status), 1) }
func (s *statuses) tried(status int) { sum(&s.Tried, statusIndex(status), 1) }

func (s *statuses) merge(o *statuses) {
	sums(&s.Last, o.Last)
	sums(&s.Tried, o.Tried)
}

// statusIndex takes what is no status, three digits by RFC 9110 §15, for none.
func statusIndex(status int) int {
	if status < 100 || status > 999 {
		return 0
	}
	return status
}

// byStatus lists the last answers, none at the end.
func (s *statuses) byStatus() (counts []StatusCount) {
	const after = 1000 // any status
	for _, status := range slices.SortedFunc(maps.Keys(s.Last), func(a, b int) int {
		return cmp.Compare((a+after-1)%after, (b+after-1)%after)
	}) {
		counts = append(counts, StatusCount{Status: status, Count: s.Last[status]})
	}
	return counts
}

// responses counts all answers, by "2xx".
func (s *statuses) responses() map[string]int64 {
	counts := map[string]int64{}
	for _, answers := range []map[int]int64{s.Last, s.Tried} {
		for status, n := range answers {
			if status > 0 {
				counts[strconv.Itoa(status/100)+"xx"] += n
			}
		}
	}
	return counts
}

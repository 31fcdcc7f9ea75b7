package crawl

import "strconv"

// statuses counts answers.
type statuses struct {
	last  [1000]int64 // of records, by status; 0 is none
	tried [10]int64   // of attempts that were followed by another, by first digit
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
	for i := range s.last {
		status := (i + 1) % len(s.last)
		if n := s.last[status]; n > 0 {
			counts = append(counts, StatusCount{Status: status, Count: n})
		}
	}
	return counts
}

// responses counts all answers, by "2xx".
func (s *statuses) responses() map[string]int64 {
	byDigit := s.tried
	for status, n := range s.last {
		byDigit[status/100] += n
	}
	counts := map[string]int64{}
	for digit, n := range byDigit {
		if digit > 0 && n > 0 {
			counts[strconv.Itoa(digit)+"xx"] = n
		}
	}
	return counts
}

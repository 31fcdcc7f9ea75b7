package main

import "strings"

// exactHosts is how many hosts of a list are counted one by one: some 30 MB.
const exactHosts = 1 << 18

// hostTally counts the URLs of each host in bounded memory. Beyond most hosts it goes on
// as Misra and Gries do: a host that is new takes one from each count, its own included,
// and counts of zero make room. So a count is never too high, and too low by at most a
// mostth of all URLs.
type hostTally struct {
	most   int
	counts map[string]int64
	over   bool // there are more hosts than that
}

func newHostTally(most int) *hostTally {
	return &hostTally{most: most, counts: map[string]int64{}}
}

func (t *hostTally) add(host string) {
	if n, known := t.counts[host]; known {
		t.counts[host] = n + 1
		return
	}
	if len(t.counts) < t.most {
		t.counts[strings.Clone(host)] = 1 // the host is a part of its line
		return
	}
	t.over = true
	for h, n := range t.counts {
		if n == 1 {
			delete(t.counts, h)
		} else {
			t.counts[h] = n - 1
		}
	}
}

// hosts is how many there are; more says that there are more.
func (t *hostTally) hosts() (n int64, more bool) {
	if t.over {
		return int64(t.most), true
	}
	return int64(len(t.counts)), false
}

// largest is the host with the most URLs, of equals the first by name, and how many it has
// at least; "" is that none stands out.
func (t *hostTally) largest() (host string, n int64) {
	for h, count := range t.counts {
		if count > n || count == n && h < host {
			host, n = h, count
		}
	}
	return host, n
}

package fetch

import (
	"strings"
	"time"

	"github.com/dunglas/httpsfv"
)

// maxRateLimit is how many bytes of RateLimit fields are looked at. A server that has
// more policies than that has them against others.
const maxRateLimit = 4 << 10

// quota is how long a server wants to be left alone because a quota is used up, by its
// RateLimit field: the longest, if there are several. Two forms are in use:
//
//	RateLimit: "default";r=0;t=30              draft-ietf-httpapi-ratelimit-headers-08 to -10
//	RateLimit: limit=100, remaining=0, reset=30    -07
//
// What is not said, or makes no sense, is 0; it is a year at most.
func (resp *response) quota() time.Duration {
	var values []string
	size := 0
	for _, f := range resp.header {
		if strings.EqualFold(f.Name, "RateLimit") {
			values = append(values, f.Value)
			size += len(f.Value)
		}
	}
	if values == nil || size > maxRateLimit {
		return 0
	}
	if policies, err := httpsfv.UnmarshalList(values); err == nil {
		return longest(policies)
	}
	if said, err := httpsfv.UnmarshalDictionary(values); err == nil {
		return usedUp(member(said, "remaining"), member(said, "reset"))
	}
	return 0
}

func longest(policies httpsfv.List) (longest time.Duration) {
	for _, policy := range policies {
		if item, ok := policy.(httpsfv.Item); ok {
			left, _ := item.Params.Get("r")
			reset, _ := item.Params.Get("t")
			longest = max(longest, usedUp(left, reset))
		}
	}
	return longest
}

// member is the value of that name; nil if there is none.
func member(said *httpsfv.Dictionary, name string) any {
	m, _ := said.Get(name)
	item, _ := m.(httpsfv.Item)
	return item.Value
}

// usedUp is how long it takes until there is some again of what is left; 0 if some is.
func usedUp(left, reset any) time.Duration {
	if n, ok := number(left); !ok || n < 0 || n >= 1 {
		return 0
	}
	seconds, _ := number(reset)
	seconds = min(max(seconds, 0), maxRetryAfter.Seconds())
	return time.Duration(seconds * float64(time.Second))
}

func number(v any) (float64, bool) {
	switch n := v.(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}

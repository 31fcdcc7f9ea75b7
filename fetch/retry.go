package fetch

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// RetryOn says which failures are worth another try: classes and statuses.
type RetryOn map[string]bool

// DefaultRetryOn is what may well go better the next time.
var DefaultRetryOn = mustRetryOn("timeout,dns,connect,reset,truncated,408,429,500,502,503,504")

// retryable are the classes that a list for ParseRetryOn may name. The others
// would fail again, or are http_status, which is named by its numbers.
var retryable = []Class{Timeout, DNS, Connect, Reset, Truncated, TLS, Proxy, Protocol, Decode}

// ParseRetryOn reads a list of classes and statuses, "timeout,dns,503". An
// empty one retries nothing.
func ParseRetryOn(list string) (RetryOn, error) {
	on := RetryOn{}
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		status, err := strconv.Atoi(name)
		switch {
		case name == "":
			continue
		case err == nil && status >= 100 && status <= 599:
		case slices.Contains(retryable, Class(name)):
		default:
			return nil, fmt.Errorf("%q is neither a status nor one of %s", name, classNames(retryable))
		}
		on[name] = true
	}
	return on, nil
}

func mustRetryOn(list string) RetryOn {
	on, err := ParseRetryOn(list)
	if err != nil {
		panic(err)
	}
	return on
}

func classNames(classes []Class) string {
	names := make([]string, len(classes))
	for i, c := range classes {
		names[i] = string(c)
	}
	return strings.Join(names, " ")
}

// String is the list as ParseRetryOn reads it: classes, then statuses.
func (on RetryOn) String() string {
	var names []string
	for _, c := range retryable {
		if on[string(c)] {
			names = append(names, string(c))
		}
	}
	for status := 100; status <= 599; status++ {
		if name := strconv.Itoa(status); on[name] {
			names = append(names, name)
		}
	}
	return strings.Join(names, ",")
}

// Has reports whether the failure is worth another try.
func (on RetryOn) Has(e *Error) bool {
	if e.Class == HTTPStatus {
		return on[strconv.Itoa(e.Status)]
	}
	return on[string(e.Class)]
}

// backoff is the wait after the attempt: doubled each time, ±20 %, at most
// RetryMaxWait; but never shorter than what the server asked for, up to that
// same limit.
func (o *StageOptions) backoff(attempt int, retryAfter time.Duration) time.Duration {
	wait := o.RetryMaxWait
	if doublings := attempt - 1; doublings < 32 && o.RetryWait < o.RetryMaxWait>>doublings {
		wait = o.RetryWait << doublings
	}
	wait = time.Duration(float64(wait) * (0.8 + 0.4*rand.Float64()))
	return min(max(wait, retryAfter), o.RetryMaxWait)
}

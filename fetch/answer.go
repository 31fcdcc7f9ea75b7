package fetch

import (
	"net/http"
	"strings"
	"time"
)

// maxRetryAfter is the longest time to be left alone that is believed.
const maxRetryAfter = 365 * 24 * time.Hour

// get is the value of the first field of this name; "" if there is none.
func (a *answer) get(name string) string {
	for _, f := range a.header {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// list is the members of all fields of this name, which is one list (RFC 9110
// §5.3), in lower case.
func (a *answer) list(name string) []string {
	var members []string
	for _, f := range a.header {
		if !strings.EqualFold(f.Name, name) {
			continue
		}
		for member := range strings.SplitSeq(f.Value, ",") {
			if member = strings.TrimSpace(member); member != "" {
				members = append(members, strings.ToLower(member))
			}
		}
	}
	return members
}

// take copies what an answer's head says.
func (p *Page) take(a answer) {
	p.Status = a.status
	p.Proto = a.proto
	p.IP = a.peer.ip
	p.DNS, p.Connect, p.TLS = a.peer.dns, a.peer.connect, a.peer.tls
	if !a.firstByte.IsZero() {
		p.TTFB = a.firstByte.Sub(p.Start)
	}
	p.ContentType = a.get("Content-Type")
	p.ETag = a.get("ETag")
	p.LastModified = a.get("Last-Modified")
	p.RetryAfter = retryAfter(a.get("Retry-After"), time.Now())
	if a.status/100 == 3 {
		p.Location = a.get("Location")
	}
}

// retryAfter reads seconds or a date (RFC 9110 §10.2.3). What is past or makes
// no sense is 0; it is a year at most.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	wait := time.Duration(0)
	if digits := strings.TrimLeft(value, "0123456789"); digits == "" && value != "" {
		wait = maxRetryAfter
		if len(value) < 9 {
			wait, _ = time.ParseDuration(value + "s")
		}
	} else if date, err := http.ParseTime(value); err == nil {
		wait = date.Sub(now)
	}
	return min(max(wait, 0), maxRetryAfter)
}

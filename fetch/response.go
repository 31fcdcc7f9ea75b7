package fetch

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxRetryAfter is the longest time to be left alone that is believed.
const maxRetryAfter = 365 * 24 * time.Hour

// get is the value of the first field of this name; "" if there is none.
func (resp *response) get(name string) string {
	for _, f := range resp.header {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// contradicts reports whether there are fields of this name with different values.
func (resp *response) contradicts(name string) bool {
	first := resp.get(name)
	return slices.ContainsFunc(resp.header, func(f Field) bool { return strings.EqualFold(f.Name, name) && f.Value != first })
}

// list is the members of all fields of this name, which is one list (RFC 9110
// §5.3), in lower case.
func (resp *response) list(name string) []string {
	var members []string
	for _, f := range resp.header {
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

// take copies what a response says.
func (p *Page) take(resp response) {
	p.Status = resp.status
	p.Proto = resp.proto
	p.IP = resp.peer.ip
	p.DNS, p.Connect, p.TLS = resp.peer.dns, resp.peer.connect, resp.peer.tls
	if !resp.firstByte.IsZero() {
		p.TTFB = resp.firstByte.Sub(p.Start)
	}
	p.ContentType = resp.get("Content-Type")
	p.ETag = resp.get("ETag")
	p.LastModified = resp.get("Last-Modified")
	p.RetryAfter = retryAfter(resp.get("Retry-After"), time.Now())
	p.Quota = resp.quota()
	if resp.status/100 == 3 {
		p.Location = strings.Clone(resp.get("Location")) // it outlives the page
	}
}

// retryAfter reads seconds or a date (RFC 9110 §10.2.3). What is past or makes
// no sense is 0; it is a year at most.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if value == "" {
		return 0
	}
	wait := time.Duration(0)
	if digits := strings.TrimLeft(value, "0123456789"); digits == "" {
		wait = maxRetryAfter
		if len(value) < 9 {
			wait, _ = time.ParseDuration(value + "s")
		}
	} else if date, err := http.ParseTime(value); err == nil {
		wait = date.Sub(now)
	}
	return min(max(wait, 0), maxRetryAfter)
}

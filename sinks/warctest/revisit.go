package warctest

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

const profiles = "http://netpreserve.org/warc/1.1/revisit/"

var digestForm = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// revisit holds a record to §6.7: its block is an answer without its body, which a record
// that it refers to has.
func (r *Record) revisit() error {
	profile, known := strings.CutPrefix(r.Fields["WARC-Profile"], profiles)
	if r.Type != "revisit" {
		if r.Fields["WARC-Profile"] != "" || r.Fields["WARC-Refers-To-Date"] != "" {
			return fmt.Errorf("a %s with a profile or a date of another record", r.Type)
		}
		return nil
	}
	head, body, whole := strings.Cut(r.Block, "\r\n\r\n")
	switch {
	case !known:
		return fmt.Errorf("profile %q", r.Fields["WARC-Profile"])
	case r.Block == "": // which is allowed
	case !whole || body != "" || !strings.HasPrefix(head, "HTTP/1."):
		return fmt.Errorf("the block is no head of an answer alone: %q", r.Block)
	case r.Fields["Content-Type"] != "application/http;msgtype=response":
		return fmt.Errorf("the block is %q", r.Fields["Content-Type"])
	}
	switch profile {
	case "identical-payload-digest":
		if !digestForm.MatchString(r.Fields["WARC-Payload-Digest"]) || r.Fields["WARC-Truncated"] != "length" {
			return errors.New("no digest of the payload, or nothing that says it is left out")
		}
	case "server-not-modified":
		if r.Block != "" && !strings.HasPrefix(head[len("HTTP/1.x"):], " 304") {
			return fmt.Errorf("the server has not said that nothing was modified: %q", head)
		}
	default:
		return fmt.Errorf("profile %q", profile)
	}
	return nil
}

// resolve finds, for each revisit that refers to another record, the one with its payload
// among those before it.
func resolve(records []Record) error {
	for i, r := range records {
		url, date := r.Fields["WARC-Refers-To-Target-URI"], r.Fields["WARC-Refers-To-Date"]
		if url == "" && date == "" {
			continue
		}
		if _, err := time.Parse("2006-01-02T15:04:05.000000Z", date); err != nil || url == "" {
			return fmt.Errorf("record %d refers to %q of %q", i, url, date)
		}
		n := slices.IndexFunc(records[:i], func(first Record) bool {
			return first.Type == "response" && first.Fields["WARC-Target-URI"] == url && first.Fields["WARC-Date"] == date
		})
		if n < 0 {
			return fmt.Errorf("record %d refers to %s of %s, which is not there", i, url, date)
		}
		has, says := records[n].Fields["WARC-Payload-Digest"], r.Fields["WARC-Payload-Digest"]
		if has != "" && says != "" && has != says {
			return fmt.Errorf("record %d has the payload %s, and refers to %s", i, says, has)
		}
	}
	return nil
}

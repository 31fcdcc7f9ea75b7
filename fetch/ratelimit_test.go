package fetch

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func quotaOf(values ...string) time.Duration {
	var resp response
	for i, v := range values {
		resp.header = append(resp.header, Field{[]string{"RateLimit", "ratelimit"}[i%2], v})
	}
	return resp.quota()
}

func TestAQuotaThatIsUsedUpIsRead(t *testing.T) {
	for _, test := range []struct {
		values []string
		want   time.Duration
	}{
		{nil, 0},
		{[]string{`"default";r=0;t=30`}, 30 * time.Second},
		{[]string{`"default";r=1;t=30`}, 0},
		{[]string{`default;t=30;r=0`}, 30 * time.Second},
		{[]string{`"a";r=0;t=5, "b";r=0;t=7;pk=:AAAA:`, `"c";r=9;t=100`}, 7 * time.Second},
		{[]string{`"a";r=0;t=2.5`}, 2500 * time.Millisecond},
		{[]string{`"a";r=0`}, 0},
		{[]string{`"a";t=9`}, 0},
		{[]string{`limit=100, remaining=0, reset=30`}, 30 * time.Second},
		{[]string{`limit=100, remaining=1, reset=30`}, 0},
		{[]string{`limit=100;w=60`, `remaining=0`, `reset=30`}, 30 * time.Second},
		{[]string{`"a";r=-1;t=30`}, 0},
		{[]string{`"a";r=0;t=-30`}, 0},
		{[]string{`"a";r=0;t=999999999999999`}, maxRetryAfter},
		{[]string{`"a";r=0;t=9999999999999999999`}, 0},
		{[]string{`"a";r="0";t=30`, `("a");r=0;t=5`}, 0},
		{[]string{`remaining, reset`}, 0},
		{[]string{"\xff\x00;;,"}, 0},
		{[]string{strings.Repeat(`"a";r=0;t=1, `, 5000) + `"a";r=0;t=1`}, 0},
	} {
		if got := quotaOf(test.values...); got != test.want {
			t.Errorf("%.80q: %v, want %v", test.values, got, test.want)
		}
	}
}

func FuzzQuota(f *testing.F) {
	f.Add(`"default";r=0;t=30`)
	f.Add(`limit=100, remaining=0, reset=30`)
	f.Add(`("a" b);r=0.5;t=@9, x=?1;t=%"a"`)
	f.Fuzz(func(t *testing.T, value string) {
		if got := quotaOf(value); got < 0 || got > maxRetryAfter {
			t.Errorf("%q: %v", value, got)
		}
	})
}

// The page counts, though its host asks for a pause.
func TestAQuotaThatIsUsedUpPausesTheHost(t *testing.T) {
	for name, test := range map[string]struct {
		answer Answer
		want   time.Duration
	}{
		"a page":                   {Answer{Status: 200, Quota: 20 * time.Second}, 20 * time.Second},
		"not found":                {Answer{Status: 404, Quota: 20 * time.Second}, 20 * time.Second},
		"a longer Retry-After":     {Answer{Status: 429, Quota: 20 * time.Second, RetryAfter: 30 * time.Second}, 30 * time.Second},
		"a shorter Retry-After":    {Answer{Status: 503, Quota: 20 * time.Second, RetryAfter: 3 * time.Second}, 20 * time.Second},
		"longer than is waited":    {Answer{Status: 200, Quota: time.Hour}, time.Minute},
		"too many, with no number": {Answer{Status: 429, Quota: 20 * time.Second}, 20 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			var told []Event
			opts := StageOptions{Concurrency: 1, Retries: -1, OnEvent: func(e Event) { told = append(told, e) }}
			list := &urls{n: 2, url: func(i int64) string { return fmt.Sprintf("http://a.example/%d", i) }}
			c := crawl(t, opts, list, func(ctx context.Context, r Request) Answer {
				if r.Index == 1 {
					return test.answer
				}
				return Answer{Status: 200}
			})
			if got := c.starts[1].at.Sub(c.starts[0].at); got != test.want {
				t.Errorf("%s: the host was left alone for %v, want %v", name, got, test.want)
			}
			if len(told) != 1 || told[0].Kind != Throttled || told[0].Wait != test.want {
				t.Errorf("%s: told of %v", name, told)
			}
			if end := c.endings[1]; test.answer.Status == 200 && end.Err != nil {
				t.Errorf("%s: ended with %v", name, end.Err)
			}
		})
	}
}

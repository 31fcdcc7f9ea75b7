package fetch

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// A request whose kept connection was dead is sent again at its host's next turn, over a
// connection of its own, and once: that is no attempt, nor anything that is told.
func TestARequestOnADeadConnectionIsSentAgainInItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const delay = 5 * time.Second
		var asked []Request
		var at []time.Time
		opts := StageOptions{HostDelay: delay, Timeout: time.Minute, Retries: 1, RetryWait: time.Second}
		opts.OnEvent = func(e Event) {
			if e.Kind != Retried {
				t.Errorf("an event of kind %d is told", e.Kind)
			}
		}
		c := crawl(t, opts, listOf("http://a.example/1"), func(_ context.Context, r Request) Answer {
			asked, at = append(asked, r), append(at, time.Now())
			time.Sleep(time.Second)
			if len(asked) < 4 {
				return Answer{Unheard: true, Err: &Error{Class: Reset, Detail: "connection reset"}}
			}
			return Answer{Status: 200}
		})
		type sending struct {
			attempt int
			fresh   bool
			timeout time.Duration
		}
		want := []sending{{1, false, time.Minute}, {1, true, 59 * time.Second}, {2, false, time.Minute}, {2, true, 59 * time.Second}}
		for i, r := range asked {
			if got := (sending{r.Attempt, r.Fresh, r.Timeout}); i >= len(want) || got != want[i] || !r.Once {
				t.Errorf("sending %d is %+v, once %v; want %+v", i, got, r.Once, want[min(i, len(want)-1)])
			}
			if i > 0 && at[i].Sub(at[i-1]) < time.Second+delay {
				t.Errorf("sending %d comes %v after the one before, want a pause of %v", i, at[i].Sub(at[i-1]), delay)
			}
		}
		if end := c.endings[1]; len(asked) != 4 || end.Err != nil || end.Spent != time.Second {
			t.Errorf("sent %d times, ending %+v; want four times and a success", len(asked), end)
		}
	})
}

// In the time that it has: an attempt whose time is over is not sent again.
func TestARequestWhoseTimeIsOverIsNotSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		crawl(t, StageOptions{Timeout: time.Second, Retries: -1}, listOf("http://a.example/1"), func(context.Context, Request) Answer {
			n++
			time.Sleep(time.Second)
			return Answer{Unheard: true, Err: &Error{Class: Reset, Detail: "connection reset"}}
		})
		if n != 1 {
			t.Errorf("it was sent %d times, want once", n)
		}
	})
}

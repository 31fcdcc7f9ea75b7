package fetch

import (
	"fmt"
	"net/http"
	"time"
)

// Ending is what an answer means for its URL.
type Ending struct {
	Again bool   // it is no ending: the stage asks again, or has asked for a robots.txt
	Err   *Error // why the URL failed; nil is a success

	Retryable bool          // the failure was worth another try, had there been one left
	Start     time.Time     // of the last attempt
	Spent     time.Duration // by its hops before the last one
}

// judge says whether the answer ends its URL. If it does not, r becomes what is
// asked next.
func (o *StageOptions) judge(r *Request, a *Answer) Ending {
	err := a.Err
	if a.Unheard && !r.Fresh && o.again(r, a) {
		return Ending{Again: true}
	}
	if o.redirects(a) {
		if err = o.follow(r, a); err == nil {
			return Ending{Again: true}
		}
	}
	if err == nil && !a.NotModified && !o.Accept.Has(a.Status) {
		err = &Error{URL: r.URL, Class: HTTPStatus, Detail: httpStatus(a.Status), Status: a.Status}
	}
	end := Ending{Err: err, Start: r.Started, Spent: r.Spent}
	if end.Start.IsZero() {
		end.Start = a.Start
	}
	if err == nil {
		return end
	}
	end.Retryable = o.RetryOn.Has(err)
	end.Again = end.Retryable && r.Attempt <= o.Retries
	if end.Again {
		r.Tried = append(r.Tried, a.Status)
		o.first(r, r.Attempt+1)
	}
	return end
}

// again makes r what is asked once more, since its connection was dead: at its host's next
// turn, over a new one, in what is left of the attempt's time. It is false if nothing is.
func (o *StageOptions) again(r *Request, a *Answer) bool {
	if r.Timeout > 0 && r.Timeout <= a.Duration {
		return false
	}
	r.Fresh = true
	r.spend(a)
	return true
}

// redirects reports whether the answer is a redirect to be followed.
func (o *StageOptions) redirects(a *Answer) bool {
	return a.Err == nil && o.MaxRedirects > 0 && a.Location != "" && isRedirect(a.Status)
}

// isRedirect names the statuses that send a client elsewhere by themselves, RFC
// 9110 §15.4; 300 leaves the choice to the user, 304 and 305 are no redirects.
func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// follow makes r the hop that a redirect asks for, with what is left of the
// attempt's time. After an error r is as it was.
func (o *StageOptions) follow(r *Request, a *Answer) *Error {
	if len(r.Redirects) >= o.MaxRedirects {
		return &Error{URL: r.URL, Class: TooManyRedirects, Detail: fmt.Sprintf("more than %d redirects", o.MaxRedirects)}
	}
	next, err := r.Redirect(a.Location)
	if err != nil {
		return err
	}
	next.Method = redirectMethod(r.Method, a.Status)
	next.Fresh = false
	next.spend(a)
	if next.Timeout <= 0 {
		err := noAnswer(next.Timeout+next.Spent, "following redirects")
		err.URL = r.URL
		return err
	}
	*r = next
	return nil
}

// spend counts an answer to the attempt's time.
func (r *Request) spend(a *Answer) {
	if r.Started.IsZero() {
		r.Started = a.Start
	}
	r.Spent += a.Duration
	r.Timeout -= a.Duration
}

// redirectMethod is the method of the hop after a redirect. A 303 asks for a
// GET; after a 301 or 302 to a POST everybody sends a GET too (RFC 9110
// §15.4.2–15.4.4).
func redirectMethod(method string, status int) string {
	switch {
	case status == http.StatusSeeOther && method != http.MethodHead,
		method == http.MethodPost && (status == http.StatusMovedPermanently || status == http.StatusFound):
		return http.MethodGet
	}
	return method
}

// first makes r the first hop of the given attempt at its URL.
func (o *StageOptions) first(r *Request, attempt int) {
	if len(r.Redirects) > 0 {
		r.URL = r.Redirects[0]
		r.Host = HostOf(r.URL)
		r.Redirects = nil
	}
	r.Foreign = false
	r.Once, r.Fresh = true, false // a second sending has to wait for its turn as any other
	r.Started, r.Spent = time.Time{}, 0
	r.Attempt = attempt
	r.Method = o.Method
	r.Timeout = o.Timeout
	if r.Extra != nil && r.Extra.Timeout > 0 {
		r.Timeout = r.Extra.Timeout
	}
}

// pause is how long the answer asks that its host be left alone: a 429, a 503 that says
// for how long, or a quota that is used up. wait is what another attempt would wait.
func (o *StageOptions) pause(a *Answer, wait time.Duration) time.Duration {
	pause := a.Quota
	switch {
	case a.RetryAfter > 0 && (a.Status == http.StatusTooManyRequests || a.Status == http.StatusServiceUnavailable):
		pause = max(pause, a.RetryAfter)
	case a.Status == http.StatusTooManyRequests:
		pause = max(pause, wait)
	}
	return min(pause, o.RetryMaxWait)
}

// tell reports what is not an ending: the request that was answered, and what is
// asked next.
func (o *StageOptions) tell(r, next *Request, a *Answer, out *upshot) {
	switch {
	case a.Unheard && next.Fresh && !r.Fresh:
	case out.end.Again && out.end.Err == nil:
		o.event(Event{Kind: Redirected, Request: *r, Answer: *a, Next: next.URL})
	case out.end.Again:
		o.event(Event{Kind: Retried, Request: *r, Answer: *a, Wait: out.wait})
	}
	if out.pause > 0 {
		o.event(Event{Kind: Throttled, Request: *r, Answer: *a, Wait: out.pause})
	}
}

func (o *StageOptions) event(e Event) {
	if o.OnEvent != nil {
		o.OnEvent(e)
	}
}

func httpStatus(status int) string { return fmt.Sprintf("http %d", status) }

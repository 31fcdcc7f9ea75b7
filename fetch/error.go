package fetch

import "time"

// Class is the kind of a failure: the closed list of the errors file, of
// metrics and of summaries.
type Class string

// The classes.
const (
	BadURL           Class = "bad_url"            // the line of the list is no URL
	DNS              Class = "dns"                // the name does not resolve
	Connect          Class = "connect"            // refused or unreachable
	Proxy            Class = "proxy"              // the proxy failed or refused
	TLS              Class = "tls"                // handshake or certificate
	Timeout          Class = "timeout"            // a phase or the whole took too long
	Reset            Class = "reset"              // the connection was lost
	Protocol         Class = "protocol"           // the answer is not HTTP
	Truncated        Class = "truncated"          // it ended before the length it had said
	Decode           Class = "decode"             // the content encoding cannot be undone
	HTTPStatus       Class = "http_status"        // a status that is not accepted
	BadRedirect      Class = "bad_redirect"       // to something that is no http(s) URL
	TooManyRedirects Class = "too_many_redirects" // more than the limit
	TooLarge         Class = "too_large"          // the body is over the limit
	Callback         Class = "callback"           // get_page or parse_page failed or panicked
	Denied           Class = "denied"             // an address that may not be connected to
	WorkerLost       Class = "worker_lost"        // the URL's job killed the worker processes that it ran in
	Robots           Class = "robots"             // robots.txt says no
	HostDown         Class = "host_down"          // the host has been given up

	// not produced yet: its name is taken
	Exec Class = "exec" // a plug-in failed
)

// Error says why a URL has no page. It is plain data: the same value after a
// pipe or a message.
type Error struct {
	URL    string // of the hop
	Class  Class
	Detail string // prose without URL, host or address, so that equal failures read alike: "no such host"
	Status int    // HTTP status, for Class HTTPStatus

	// Limit is what was met, for Class Timeout: the time for the whole attempt,
	// or the one for connecting. 0 is a limit of the system's, or one address's
	// share of the time for connecting.
	Limit time.Duration
}

func (e *Error) Error() string { return e.URL + ": " + e.Detail }

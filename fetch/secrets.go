package fetch

import "strings"

// WithoutSecrets returns what is or should be a URL as it may be shown, or kept where
// nobody looks for secrets: its user and password read "***". A line that is a JSON
// object may have headers: all of it reads "{...}".
func WithoutSecrets(url string) string {
	if strings.HasPrefix(url, "{") {
		return "{...}"
	}
	return maskUser(url)
}

// maskUser works on what is no URL too, for a line that is none may hold a
// password as well: what stands before the last @ of the part between scheme
// and path.
func maskUser(url string) string {
	start := schemeLen(url)
	end := len(url)
	if i := strings.IndexAny(url[start:], `/\?#`); i >= 0 {
		end = start + i
	}
	at := strings.LastIndexByte(url[start:end], '@')
	if at < 0 {
		return url
	}
	return url[:start] + "***" + url[start+at:]
}

// schemeLen is the length of "https://", "https:/" or "//", with slashes of
// either kind.
func schemeLen(url string) int {
	rest := url
	if colon := strings.IndexByte(url, ':'); colon >= 0 && !strings.ContainsAny(url[:colon], `/\?#@`) {
		rest = url[colon+1:]
	}
	host := strings.TrimLeft(rest, `/\`)
	if len(host) == len(rest) { // user:password@host
		return 0
	}
	return len(url) - len(host)
}

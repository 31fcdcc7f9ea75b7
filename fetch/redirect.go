package fetch

import (
	"strings"
	"unicode/utf8"
)

// Redirect makes the hop that a Location header asks for: resolved against URL
// as a browser does, without its fragment. Foreign is set from the first hop that
// leaves scheme, host or port of the one before, and stays, wherever the next ones
// lead. Until then a Location without userinfo keeps that of URL, as it is for the
// whole origin. What belongs to the attempt (Method, Timeout) stays as it is.
//
// The error is of class [BadRedirect]: not a URL, not http or https, over 64 KiB.
func (r Request) Redirect(location string) (Request, *Error) {
	next, why := r.resolve(location)
	if why != "" {
		return r, &Error{URL: r.URL, Class: BadRedirect, Detail: why}
	}
	hops := make([]string, len(r.Redirects), len(r.Redirects)+1) // requests share theirs
	copy(hops, r.Redirects)
	r.Redirects = append(hops, r.URL)
	if r.Foreign = r.Foreign || !sameOrigin(r.URL, next); !r.Foreign {
		next = withUserinfo(next, r.URL)
	}
	r.URL, r.Host = next, HostOf(next)
	return r, nil
}

func (r Request) resolve(location string) (url, why string) {
	if len(location) > maxURL {
		return "", "redirect to a URL over 64 KiB"
	}
	ref := trimLocation(location)
	if ref == "" {
		return "", "redirect without a target"
	}
	ref, _, _ = strings.Cut(ref, "#")
	if url, _, ok := scanURL(ref); ok {
		return url, ""
	}
	if scheme, _ := cutScheme(ref); scheme != "" && scheme != "http" && scheme != "https" {
		if !isSaneScheme(scheme) {
			return "", "redirect to a URL that is none"
		}
		return "", "redirect to " + scheme + ":"
	}
	url, why = parseURL(ref, r.URL)
	if why != "" {
		return "", "redirect to a URL that is none: " + why
	}
	if len(url) > maxURL {
		return "", "redirect to a URL over 64 KiB"
	}
	return url, ""
}

// trimLocation drops what the URL Standard drops (§4.4, basic URL parser), and
// encodes the bytes that are not UTF-8: a Location may have any.
func trimLocation(s string) string {
	s = strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
	if strings.ContainsAny(s, "\t\r\n") {
		s = strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(s)
	}
	if utf8.ValidString(s) {
		return s
	}
	var b []byte
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && n == 1 {
			b = appendEscape(b, s[0])
		} else {
			b = append(b, s[:n]...)
		}
		s = s[n:]
	}
	return string(b)
}

func sameOrigin(a, b string) bool {
	return strings.HasPrefix(a, "https:") == strings.HasPrefix(b, "https:") && authority(a) == authority(b)
}

// withUserinfo is url with the userinfo of from, which has the same origin, unless
// it has its own.
func withUserinfo(url, from string) string {
	start := strings.Index(from, "://") + len("://")
	own, kept := userinfoLen(url[start:]), userinfoLen(from[start:])
	if own > 0 || kept == 0 {
		return url
	}
	return from[:start+kept] + url[start:]
}

// userinfoLen is for what follows "://" in a serialised URL, and counts the "@".
func userinfoLen(s string) int { return strings.LastIndexByte(s[:authorityLen(s)], '@') + 1 }

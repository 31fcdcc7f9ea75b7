package fetch

import "strings"

// parseURL serialises ref, resolved against base unless that is "", or says why
// it is no http or https URL. It is the basic URL parser of the URL Standard
// (§4.4) for these two schemes, and its serialiser (§4.5). ref is valid UTF-8
// without what the parser drops: tabs, newlines and outer blanks. base is
// serialised. The time it takes grows with ref and base, not with their squares.
//
// net/url (RFC 3986) does other things, as TestWhereNetURLDiffers shows. It refuses
// what browsers send: "/100%", control characters, a backslash behind the host. It
// takes "http://256.1.1.1/". It leaves as they are what is equal to browsers: hosts
// in capitals, in other alphabets, in octal or short forms, the scheme's own port
// and leading zeros of a port, a backslash in the path (as "%5C"), dot segments,
// "%2e" among them, a path that is empty, and it knows no "http:x" that is
// relative. And it has sets of its own of what is escaped in path and query.
func parseURL(ref, base string) (href, why string) {
	scheme, rest := cutScheme(ref)
	own, _, _ := strings.Cut(base, ":")
	switch {
	case scheme == "" && base != "":
		scheme, rest = own, ref
	case scheme != "http" && scheme != "https":
		return "", "not a URL"
	case scheme != own:
		base = ""
	}
	after := strings.TrimLeft(rest, `/\`)
	slashes := len(rest) - len(after)
	b := make([]byte, 0, len(base)+len(ref)+len("https:///"))
	if base == "" || slashes >= 2 { // with another scheme none is needed
		rest = after[authorityLen(after):]
		b = append(append(b, scheme...), "://"...)
		if b, why = appendAuthority(b, scheme, after[:len(after)-len(rest)]); why != "" {
			return "", why
		}
		return string(appendAbsolute(b, rest)), ""
	}
	path := len(scheme) + len("://")
	path += authorityLen(base[path:])
	if slashes == 1 {
		return string(appendAbsolute(append(b, base[:path]...), rest)), ""
	}
	return string(appendRelative(b, base, path, rest)), ""
}

func authorityLen(s string) int {
	if end := strings.IndexAny(s, `/\?#`); end >= 0 {
		return end
	}
	return len(s)
}

// appendAuthority appends credentials, host and port (the authority, host and
// port states). Port 0 is none to ask.
func appendAuthority(b []byte, scheme, authority string) (_ []byte, why string) {
	at := strings.LastIndexByte(authority, '@')
	b = appendCredentials(b, authority[:max(at, 0)])
	host, port := cutPort(authority[at+1:])
	if host == "" {
		return nil, "no host"
	}
	name, ok := parseHost(host)
	if !ok {
		return nil, "invalid host"
	}
	b = append(b, name...)
	if port == "" {
		return b, ""
	}
	port = strings.TrimLeft(port, "0")
	if n := portLen(port); n == 0 || n != len(port) {
		return nil, "invalid port"
	}
	if scheme == "http" && port == "80" || scheme == "https" && port == "443" {
		return b, ""
	}
	return append(append(b, ':'), port...), ""
}

func appendCredentials(b []byte, userinfo string) []byte {
	user, password, _ := strings.Cut(userinfo, ":")
	if user == "" && password == "" {
		return b
	}
	b = appendEncoded(b, user, inUserinfo)
	if password != "" {
		b = appendEncoded(append(b, ':'), password, inUserinfo)
	}
	return append(b, '@')
}

// cutPort splits at the first colon that is not in brackets.
func cutPort(s string) (host, port string) {
	inside := false
	for i := range len(s) {
		switch s[i] {
		case '[':
			inside = true
		case ']':
			inside = false
		case ':':
			if !inside {
				return s[:i], s[i+1:]
			}
		}
	}
	return s, ""
}

// appendAbsolute appends path, query and fragment of a reference to b, which ends
// with an authority.
func appendAbsolute(b []byte, ref string) []byte {
	if ref != "" && (ref[0] == '/' || ref[0] == '\\') {
		ref = ref[1:]
	}
	b, ref = appendPath(b, len(b), ref)
	return appendQuery(b, ref)
}

// appendRelative appends base, whose path begins at the given byte, with a
// reference that begins with neither a slash nor another scheme.
func appendRelative(b []byte, base string, path int, ref string) []byte {
	base, _, _ = strings.Cut(base, "#")
	dir, query, _ := strings.Cut(base, "?")
	b = append(b, dir...)
	if ref != "" && ref[0] != '?' && ref[0] != '#' {
		b, ref = appendPath(shorten(b, path), path, ref)
		return appendQuery(b, ref)
	}
	if len(dir) == path {
		b = append(b, '/')
	}
	if len(dir) < len(base) && !strings.HasPrefix(ref, "?") {
		b = append(append(b, '?'), query...)
	}
	return appendQuery(b, ref)
}

// appendPath appends the segments that ref begins with to the path that b has
// from root on, and returns what follows them in ref (the path state).
func appendPath(b []byte, root int, ref string) (_ []byte, rest string) {
	for {
		end := authorityLen(ref) // the same bytes end it
		segment := ref[:end]
		last := end == len(ref) || ref[end] == '?' || ref[end] == '#'
		dots := dotSegment(segment)
		if dots == 2 {
			b = shorten(b, root)
		}
		switch {
		case dots == 0:
			b = appendEncoded(append(b, '/'), segment, inSegment)
		case last:
			b = append(b, '/')
		}
		if last {
			return b, ref[end:]
		}
		ref = ref[end+1:]
	}
}

// shorten takes the last segment off the path that b has from root on.
func shorten(b []byte, root int) []byte {
	for n := len(b) - 1; n >= root; n-- {
		if b[n] == '/' {
			return b[:n]
		}
	}
	return b[:root]
}

// dotSegment is 1 for "." and 2 for "..", however their dots are written, and 0
// for any other segment.
func dotSegment(s string) int {
	dots := 0
	for s != "" {
		switch {
		case s[0] == '.':
			s = s[1:]
		case len(s) >= 3 && strings.EqualFold(s[:3], "%2e"):
			s = s[3:]
		default:
			return 0
		}
		if dots++; dots > 2 {
			return 0
		}
	}
	return dots
}

// appendQuery appends "?" and a query, "#" and a fragment, or what there is of
// them.
func appendQuery(b []byte, ref string) []byte {
	query, fragment, ok := strings.Cut(ref, "#")
	if query != "" {
		b = appendEncoded(append(b, '?'), query[1:], inQuery)
	}
	if ok {
		b = appendEncoded(append(b, '#'), fragment, inFragment)
	}
	return b
}

package robots

import "strings"

// pathAndQuery returns what patterns are matched with.
func pathAndQuery(url string) string {
	url, _, _ = strings.Cut(url, "#")
	if strings.HasPrefix(url, "/") {
		return url
	}
	if _, rest, ok := strings.Cut(url, "://"); ok {
		url = rest
		start := strings.IndexAny(url, "/?")
		if start < 0 {
			start = len(url)
		}
		url = url[start:]
	}
	if strings.HasPrefix(url, "/") {
		return url
	}
	return "/" + url
}

// spellings returns the forms in which a path and its query are matched. RFC 9309
// §2.2.2 has "?a=http://b" and "?a=http%3A%2F%2Fb" match each other, yet an
// escaped slash of a path is no slash: so a query is matched as it is spelt and, if
// that is something else, with its delimiters all plain and all escaped.
func spellings(path string) []string {
	normal := string(appendPath(make([]byte, 0, len(path)+1), path))
	q := strings.IndexByte(normal, '?') + 1
	if q == 0 {
		return []string{normal}
	}
	forms := []string{normal}
	for _, r := range []*strings.Replacer{plainDelimiters, escapedDelimiters} {
		if form := normal[:q] + r.Replace(normal[q:]); form != normal {
			forms = append(forms, form)
		}
	}
	return forms
}

// The delimiters between the parts of a URL (gen-delims of RFC 3986 §2.2), but
// for "#", which ends a query.
var (
	plainDelimiters   = strings.NewReplacer("%3A", ":", "%2F", "/", "%3F", "?", "%5B", "[", "%5D", "]", "%40", "@")
	escapedDelimiters = strings.NewReplacer(":", "%3A", "/", "%2F", "?", "%3F", "[", "%5B", "]", "%5D", "@", "%40")
)

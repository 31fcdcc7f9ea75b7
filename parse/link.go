package parse

import (
	"strings"

	"github.com/PuerkitoBio/goquery"

	"trawl/fetch"
)

// base is what the links of a page are relative to: a serialised http or https
// URL, taken apart.
type base struct {
	scheme string // "https:"
	origin string // "https://example.com"
	path   string // "/a/b"
	query  string // "?q=1" or ""
}

// baseOf is the page's first <base href>, if that is an http or https URL, else
// the page's own.
func baseOf(doc *goquery.Document, page string) base {
	own := newBase(page)
	href, ok := doc.Find("base[href]").First().Attr("href")
	if !ok {
		return own
	}
	url, ok := own.absolute(href)
	if !ok || !isWeb(schemeOf(url)) {
		return own
	}
	return newBase(url)
}

// newBase leaves credentials out: they would be in every link.
func newBase(url string) base {
	url, _, _ = strings.Cut(url, "#")
	scheme, rest, _ := strings.Cut(url, "//")
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	host, path := rest[:end], rest[end:]
	path, query, ok := strings.Cut(path, "?")
	if ok {
		query = "?" + query
	}
	if path == "" {
		path = "/"
	}
	host = host[strings.LastIndexByte(host, '@')+1:]
	return base{scheme, scheme + "//" + host, path, query}
}

// absolute resolves a link as a browser does; what has another scheme than http
// and https is absolute already. It is not ok if the outcome is no URL, or none
// that trawl would fetch. It only joins ref to the base; NewRequest then
// normalises the path. To resolve it as a redirect is resolved would take some
// thirty times as long for the links of nearly every page, which need no parsing
// once they are joined.
func (b base) absolute(ref string) (url string, ok bool) {
	ref = strings.TrimFunc(ref, func(r rune) bool { return r <= ' ' })
	if strings.ContainsAny(ref, "\t\r\n") {
		ref = strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(ref)
	}
	scheme := schemeOf(ref)
	if scheme != "" && !isWeb(scheme) {
		return Clean(ref), true
	}
	ref, fragment, hasFragment := strings.Cut(ref, "#")
	r, err := fetch.NewRequest(b.glue(scheme, ref))
	if err != nil {
		return "", false
	}
	if hasFragment {
		return r.URL + "#" + encodeFragment(fragment), true
	}
	return r.URL, true
}

func (b base) glue(scheme, ref string) string {
	switch {
	case scheme != "":
		return ref
	case ref == "":
		return b.origin + b.path + b.query
	case ref[0] == '?':
		return b.origin + b.path + ref
	case !isSlash(ref[0]):
		return b.origin + b.path[:strings.LastIndexByte(b.path, '/')+1] + ref
	case len(ref) > 1 && isSlash(ref[1]):
		return b.scheme + "//" + strings.TrimLeft(ref, `/\`)
	}
	return b.origin + ref
}

func isSlash(c byte) bool { return c == '/' || c == '\\' }

// schemeOf is in lower case; "" is none (RFC 3986 §3.1).
func schemeOf(ref string) string {
	end := strings.IndexByte(ref, ':')
	if end <= 0 || !isLetter(ref[0]) {
		return ""
	}
	for i := range end {
		if c := ref[i]; !isLetter(c) && !('0' <= c && c <= '9') && c != '+' && c != '-' && c != '.' {
			return ""
		}
	}
	return strings.ToLower(ref[:end])
}

func isWeb(scheme string) bool { return scheme == "http" || scheme == "https" }

// encodeFragment is the URL Standard's fragment percent-encode set (§1.3).
func encodeFragment(s string) string {
	return fetch.PercentEncode(s, func(c byte) bool { return ' ' < c && c <= '~' && strings.IndexByte("\"<>`", c) < 0 })
}

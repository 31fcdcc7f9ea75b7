package fetch

import (
	neturl "net/url"
	"strings"
	"unicode/utf8"

	whatwgerrors "github.com/nlnwa/whatwg-url/errors"
	whatwg "github.com/nlnwa/whatwg-url/url"
	"golang.org/x/net/idna"
)

// The parser's time grows with the square of these.
const (
	maxAuthority = 2 << 10 // bytes of credentials, host and port
	maxSegments  = 1 << 10 // of a path
)

// browser parses as the URL Standard has it. It is lax about hosts because
// asciiHost judges them first: strict, it refuses "_" beside a name in punycode.
// The standard has had "^" in the path's set since 2024.
var browser = whatwg.NewParser(
	whatwg.WithLaxHostParsing(),
	whatwg.WithPreParseHostFunc(asciiHost),
	whatwg.WithPathPercentEncodeSet(whatwg.PathPercentEncodeSet.Set('^')),
)

// parseURL serialises ref, resolved against base unless that is "", or says why
// it is no http or https URL.
func parseURL(ref, base string) (href, why string) {
	switch {
	case longAuthority(ref):
		return "", "invalid host"
	case segments(ref)+segments(base) > maxSegments:
		return "", "a path of more than 1024 segments"
	}
	u, err := browser.ParseRef(base, ref)
	if err != nil {
		return "", reason(err)
	}
	switch {
	case u.Scheme() != "http" && u.Scheme() != "https":
		return "", "not a URL"
	case u.Hostname() == "":
		return "", "invalid host"
	case u.Port() == "0":
		return "", "invalid port"
	}
	href = u.Href(false)
	if longAuthority(href) { // credentials grow when they are escaped
		return "", "invalid host"
	}
	return href, ""
}

func reason(err error) string {
	switch whatwgerrors.Type(err) {
	case whatwgerrors.HostMissing, whatwgerrors.InvalidCredentials:
		return "no host"
	case whatwgerrors.PortInvalid, whatwgerrors.PortOutOfRange:
		return "invalid port"
	}
	return "invalid host"
}

// longAuthority looks behind the scheme and all slashes: browsers accept any
// number of slashes after the scheme, even none, of either kind.
func longAuthority(ref string) bool {
	scheme, rest := cutScheme(ref)
	if scheme == "" {
		rest = ref
	}
	after := strings.TrimLeft(rest, `/\`)
	if scheme == "" && len(rest)-len(after) < 2 {
		return false // a path
	}
	end := strings.IndexAny(after, `/\?#`)
	if end < 0 {
		end = len(after)
	}
	return end > maxAuthority
}

func segments(ref string) int {
	if end := strings.IndexAny(ref, "?#"); end >= 0 {
		ref = ref[:end]
	}
	return strings.Count(ref, "/") + strings.Count(ref, `\`)
}

// hostnames is the URL Standard's domain to ASCII, not strict (§3.3).
var hostnames = idna.New(
	idna.MapForLookup(),
	idna.BidiRule(),
	idna.StrictDomainName(false), // "_" is common; the rest is looked at by isHostname
	idna.CheckHyphens(false),
	idna.VerifyDNSLength(false),
)

// asciiHost turns a host as it was written into the one to ask for, "" if there
// is no such host. Addresses it leaves to the parser.
func asciiHost(_ *whatwg.Url, host string) string {
	if strings.HasPrefix(host, "[") {
		if strings.IndexByte(host, ']') != len(host)-1 || strings.LastIndexByte(host, '[') != 0 {
			return ""
		}
		return host
	}
	name, err := neturl.PathUnescape(host)
	if err != nil || !utf8.ValidString(name) {
		return ""
	}
	name, err = hostnames.ToASCII(name)
	if err != nil || !isHostname(name) {
		return ""
	}
	return name
}

// isHostname reports whether a name has only what a resolver takes. It refuses
// numbers with a sign, which the parser would take for addresses.
func isHostname(name string) bool {
	for i := range len(name) {
		if urlBytes[name[i]]&inHost == 0 {
			return false
		}
	}
	labels := strings.TrimSuffix(name, ".")
	last := labels[strings.LastIndexByte(labels, '.')+1:]
	if last == "" || !isDigit(last[0]) && last[0] != '-' {
		return true
	}
	for label := range strings.SplitSeq(labels, ".") {
		if strings.HasPrefix(strings.TrimPrefix(label, "0x"), "-") {
			return false
		}
	}
	return true
}

package fetch

import (
	"slices"
	"strings"
)

// harmless are the fields that go to another origin than the listed URL's: what
// the client is and what it would like to have. All others may be secrets: there
// are a hundred names for a key (X-Api-Key, Private-Token), and no list of them
// is whole. RFC 9110 §15.4 leaves that to the client; curl and net/http send on
// what is not Authorization, Cookie or one of a few more.
var harmless = []string{
	"Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Cache-Control", "DNT", "Pragma",
	"Save-Data", "TE", "Upgrade-Insecure-Requests", "User-Agent",
}

// crossing is what of header goes to another origin. header is not changed.
func crossing(header []Field) []Field {
	return slices.DeleteFunc(slices.Clone(header), func(f Field) bool { return !f.Harmless() })
}

// Harmless reports whether anybody may see the field: it says what a client is, or what it
// would like to have. What begins with "Sec-" does, too: browsers say there who they are
// (Sec-Fetch-Mode, Sec-CH-UA), and pages cannot set such a field. Any other may be a secret.
func (f Field) Harmless() bool {
	return len(f.Name) > 4 && strings.EqualFold(f.Name[:4], "Sec-") ||
		slices.ContainsFunc(harmless, func(n string) bool { return strings.EqualFold(n, f.Name) })
}

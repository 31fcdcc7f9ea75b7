package fetch

import (
	"encoding/base64"
	"net"
	"strconv"
	"strings"
)

// A target is what a hop's URL says: where to connect, and what to ask for
// there. It is not taken apart by net/url, which refuses URLs that browsers send
// as they are ("/100%").
type target struct {
	scheme string // "http" or "https"
	host   string // as the Host field has it: no port if it is the scheme's own
	addr   string // "name:port"; an IPv6 address in brackets
	path   string // path and query, never empty; no byte that would break a request line
	basic  string // the Authorization that its userinfo stands for (RFC 7617); "" is none
}

// parseTarget reports false for what is no absolute http or https URL.
func parseTarget(raw string) (target, bool) {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok || scheme != "http" && scheme != "https" {
		return target{}, false
	}
	rest, _, _ = strings.Cut(rest, "#")
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	t := target{scheme: scheme, path: requestPath(rest[end:])}
	authority := rest[:end]
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		t.basic = basicAuthorization(authority[:at])
		authority = authority[at+1:]
	}
	name, port, ok := splitAuthority(authority)
	if !ok {
		return target{}, false
	}
	own := "80"
	if scheme == "https" {
		own = "443"
	}
	t.host = name
	if port == "" {
		port = own
	} else if port != own {
		t.host = name + ":" + port
	}
	t.addr = name + ":" + port
	return t, true
}

// splitAuthority splits "name:port"; the port may be missing.
func splitAuthority(authority string) (name, port string, ok bool) {
	colon := strings.LastIndexByte(authority, ':')
	if colon <= strings.LastIndexByte(authority, ']') {
		colon = len(authority)
	}
	name, port = authority[:colon], strings.TrimPrefix(authority[colon:], ":")
	if port != "" {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return "", "", false
		}
	}
	return name, port, validHost(name)
}

// validHost keeps out what could reach a Host field or a proxy as something
// other than a name or an address.
func validHost(name string) bool {
	if inner, ok := strings.CutPrefix(name, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		return ok && net.ParseIP(inner) != nil
	}
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`:[]/\?#@<>"%`, c) >= 0 {
			return false
		}
	}
	return name != ""
}

// requestPath is path and query as they are sent: as they are, apart from bytes
// that may not stand in a request line.
func requestPath(s string) string {
	if !strings.HasPrefix(s, "/") {
		s = "/" + s
	}
	return PercentEncode(s, isGraphicByte)
}

func basicAuthorization(userinfo string) string {
	user, password, _ := strings.Cut(userinfo, ":")
	plain := percentDecode(user) + ":" + percentDecode(password)
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(plain))
}

package main

import (
	"crypto/x509"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"

	"trawl/fetch"
	"trawl/parse"
	"trawl/sinks"
)

// The set functions of the options with a form of their own.

func (c *config) setMethod(s string) error {
	// CONNECT asks a proxy for a tunnel: it has no page.
	if !httpguts.ValidHeaderFieldName(s) || strings.EqualFold(s, "CONNECT") {
		return isNot(s, "a method", "Use GET, HEAD, POST or another word of that kind.")
	}
	c.Method = s
	return nil
}

func (c *config) setUserAgent(s string) error {
	if s == "" || !httpguts.ValidHeaderFieldValue(s) {
		return isNot(s, "a user agent", "Use printable text, or -H 'User-Agent:' to send none.")
	}
	c.UserAgent = s
	return nil
}

var proxySchemes = []string{"http", "https", "socks5", "socks5h"}

func (c *config) setProxy(s string) error {
	u, err := url.Parse(s)
	if err != nil || !slices.Contains(proxySchemes, u.Scheme) || u.Hostname() == "" {
		return isNot(maskUser(s), "a proxy", "Use http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT.")
	}
	c.Proxy = u
	return nil
}

// maskUser hides name and password of a URL, whole or not.
func maskUser(s string) string {
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return s
	}
	scheme := ""
	if i := strings.Index(s, "://"); i >= 0 && i < at {
		scheme = s[:i+len("://")]
	}
	return scheme + "***" + s[at:]
}

func (c *config) setAccept(s string) error {
	set, err := fetch.ParseStatusSet(s)
	if err != nil {
		return isNot(s, "a list of statuses", "Use statuses and ranges of them: 200-299,404.")
	}
	c.Accept = set
	return nil
}

func (c *config) setHTTP(s string) error {
	version, err := fetch.ParseVersion(s)
	if err != nil {
		return unknownChoice(s, "auto", "1.1", "2")
	}
	c.HTTP = version
	return nil
}

func (c *config) setCACert(name string) error {
	data, err := readSmall(name)
	if err != nil {
		return unreadable(name, err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(data) {
		return &badValue{
			value: name, why: "holds no certificate", want: "a file of certificates",
			hints: []string{"Use a file in PEM form: -----BEGIN CERTIFICATE-----."},
		}
	}
	c.RootCAs = pool
	return nil
}

// addResolve reads HOST:PORT:ADDR; an IPv6 ADDR may stand in brackets.
func (c *config) addResolve(s string) error {
	refused := isNot(s, "HOST:PORT:ADDR", "Use a name, a port and an IP address: example.com:443:127.0.0.1.")
	parts := strings.SplitN(s, ":", 3)
	if len(parts) != 3 {
		return refused
	}
	r, err := fetch.NewRequest("http://" + parts[0] + "/") // the host as a URL's is serialised
	if err != nil {
		return refused
	}
	if port, err := strconv.ParseUint(parts[1], 10, 16); err != nil || port == 0 {
		return refused
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(parts[2], "["), "]"))
	if err != nil {
		return refused
	}
	if c.Resolve == nil {
		c.Resolve = map[string]string{}
	}
	c.Resolve[r.Host+":"+parts[1]] = addr.String()
	return nil
}

func (c *config) setRetryOn(s string) error {
	on, err := fetch.ParseRetryOn(s)
	if err != nil {
		return isNot(s, "a list of failures", "Use timeout,dns,connect,reset,truncated,503 and the like.", sentence(err))
	}
	c.RetryOn = on
	return nil
}

func (c *config) addSelect(s string) error {
	selector, err := parse.ParseSelector(s)
	if err != nil {
		return isNot(s, "NAME=CSS[@ATTR]", "Use a name and a selector: 'h1=h1', 'links=a@href'.", sentence(err))
	}
	c.Select = append(c.Select, selector)
	return nil
}

// formats are the results formats that exist.
var formats = []string{string(sinks.Text), string(sinks.JSONL)}

func (c *config) setFormat(s string) error {
	format, err := sinks.ParseFormat(s)
	if err != nil {
		return unknownChoice(s, formats...)
	}
	c.Format = format
	return nil
}

func (c *config) setErrors(s string) error {
	if s == "" || s == "-" {
		return isNot(s, "a file name", "Use the name of a file, or none.")
	}
	c.Errors = s
	return nil
}

// sentence is an error as the line of a hint.
func sentence(err error) string {
	text := shown(err.Error())
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"trawl/crawl"
	"trawl/fetch"
	"trawl/parse"
	"trawl/sinks"
)

// The set functions of options whose values have a form of their own. Their error
// is a *badValue.

func (c *config) setRobots(s string) error {
	rule, err := fetch.ParseRobotsRule(s)
	if err != nil {
		return unknownChoice(s, fetch.RobotsAuto.String(), fetch.RobotsAlways.String(), fetch.RobotsNever.String())
	}
	c.Robots = rule
	return nil
}

func (c *config) setShard(s string) error {
	share, err := crawl.ParseShare(s)
	_, of, _ := strings.Cut(s, "/")
	n, _ := strconv.Atoi(of)
	switch {
	case errors.Is(err, strconv.ErrSyntax):
		return isNot(s, "a share of the list", "Use I/N: of three shares 1/3, 2/3 or 3/3.")
	case err != nil && 1 <= n && n <= crawl.MaxShares:
		return outOfRange(s, fmt.Sprintf("1/%d to %[1]d/%[1]d", n))
	case err != nil:
		return outOfRange(s, fmt.Sprintf("one of 1 to %d shares", crawl.MaxShares))
	}
	c.Shard = share
	return nil
}

func (c *config) setMethod(s string) error {
	if fetch.CheckMethod(s) != nil {
		return isNot(s, "a method", "Use GET, HEAD, POST or another word of that kind.")
	}
	c.Method = s
	return nil
}

func (c *config) setUserAgent(s string) error {
	if s == "" || (fetch.Field{Name: "User-Agent", Value: s}).Check() != nil {
		return isNot(s, "a user agent", "Use printable text, or -H 'User-Agent:' to send none.")
	}
	c.UserAgent = s
	return nil
}

func (c *config) setProxy(s string) error {
	u, err := fetch.ParseProxy(s)
	if err != nil {
		if at := strings.LastIndexByte(s, '@'); at >= 0 {
			s = "***" + s[at:] // a password may hold any character, even those that end a URL's host
		}
		return isNot(s, "a proxy", "Use http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT.")
	}
	c.Proxy = u
	return nil
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
		return unknownChoice(s, fetch.Auto.String(), fetch.HTTP1.String(), fetch.HTTP2.String())
	}
	c.HTTP = version
	return nil
}

func (c *config) setCACert(name string) error {
	data, err := readSmall(name)
	if err != nil {
		return unreadable(name, err)
	}
	if !x509.NewCertPool().AppendCertsFromPEM(data) {
		return &badValue{
			value: name, why: "holds no certificate", want: "a file of certificates",
			hints: []string{"Use a file in PEM form: -----BEGIN CERTIFICATE-----."},
		}
	}
	c.CACert, c.caCertFile = data, name
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

// formatNames are the results formats that exist.
func formatNames() (names []string) {
	for _, format := range sinks.Formats() {
		names = append(names, string(format))
	}
	return names
}

func (c *config) setFormat(s string) error {
	format, err := sinks.ParseFormat(s)
	if err != nil {
		return unknownChoice(s, formatNames()...)
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

func (c *config) setFields(s string) error {
	names, err := sinks.ParseFields(s)
	if err != nil {
		what, _, _ := strings.Cut(err.Error(), ": ")
		return isNot(s, "a list of fields", sentence(errors.New(what)), "Fields: "+strings.Join(sinks.FieldNames(), " "))
	}
	c.Fields = names
	return nil
}

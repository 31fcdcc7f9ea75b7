package main

import (
	"errors"
	"net"
	"strconv"
	"strings"

	"trawl/display"
	"trawl/pool/cluster"
)

// natsSchemes are how the address of a NATS server may begin; without one it is nats.
var natsSchemes = []string{"nats", "tls"}

const natsForm = "nats://HOST:4222 or tls://HOST:4222; several of one cluster with commas"

// setNATS is the set function of --nats.
func (c *config) setNATS(s string) error {
	if bad, ok := errors.AsType[*cluster.AddressError](cluster.CheckAddress(s)); ok {
		return isNot(cleanNATS(s), "the address of a NATS server", "Use "+natsForm+".", sentence(errors.New(bad.Reason)))
	}
	c.NATS = s
	return nil
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

// setNATSListen is the set function of --nats-listen.
func (c *config) setNATSListen(s string) error {
	_, port, err := net.SplitHostPort(s)
	if err != nil || !isPort(port) {
		return isNot(s, "ADDR:PORT", "Use an address of this machine and a port: 192.0.2.7:4222, or :4222 for all of its addresses.")
	}
	c.NATSListen = s
	return nil
}

// cleanNATS is what was given as the addresses of servers, fit to be shown: without what
// may be a password or a token, whatever characters that has.
func cleanNATS(s string) string {
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return display.Clean(s)
	}
	first := strings.IndexByte(s, ',')
	if first > 0 && !strings.Contains(s[:first], "@") { // a comma of a password, for all that is known
		first = -1
	}
	if first < 0 || first > at {
		return display.Clean(schemeOf(s) + "***" + s[at:])
	}
	return cleanNATS(s[:first]) + "," + cleanNATS(s[first+1:])
}

// schemeOf is the beginning of an address that is surely no secret.
func schemeOf(s string) string {
	for _, scheme := range natsSchemes {
		if strings.HasPrefix(s, scheme+"://") {
			return scheme + "://"
		}
	}
	return ""
}

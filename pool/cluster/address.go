package cluster

import (
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// An AddressError says what is wrong with a server's address, and how it is written. It has
// nothing of a password that the address may hold.
type AddressError struct{ Reason string }

func (e *AddressError) Error() string { return "address of the NATS server: " + e.Reason }

// CheckAddress says whether [Connect] could read the address; the error is an
// [*AddressError]. Nobody is asked.
func CheckAddress(address string) error {
	_, err := readAddress(address)
	return err
}

// address is one that has been read.
type address struct {
	servers []*url.URL // of one cluster; each with the credentials that the address has
	pin     []byte     // SHA-256 of the one certificate that is accepted; nil: whatever a known authority vouches for
}

// readAddress reads nats://user:password@host:4222,nats://host2:4222#sha256=HEX. The first
// credentials are for all servers that have none of their own.
func readAddress(text string) (address, error) {
	text, fragment, pinned := strings.Cut(text, "#")
	var a address
	for server := range strings.SplitSeq(text, ",") {
		u, err := readServer(strings.TrimSpace(server))
		if err != nil {
			return address{}, err
		}
		a.servers = append(a.servers, u)
	}
	a.shareCredentials()
	if !pinned {
		return a, nil
	}
	digits, ok := strings.CutPrefix(fragment, "sha256=")
	pin, err := hex.DecodeString(digits)
	if !ok || err != nil || len(pin) != sha256.Size {
		return address{}, &AddressError{"what follows # must be sha256= and the 64 hexadecimal digits of the server's certificate; a # in a password is written %23"}
	}
	a.pin = pin
	return a, nil
}

func readServer(text string) (*url.URL, error) {
	if text == "" {
		return nil, &AddressError{"it is missing: write nats://HOST:PORT, several with commas between them"}
	}
	if !strings.Contains(text, "://") {
		text = "nats://" + text
	}
	u, err := url.Parse(text)
	if err != nil { // which may quote the password
		return nil, &AddressError{"it cannot be read: write nats://HOST:PORT or nats://USER:PASSWORD@HOST:PORT, and in a password %2F for /, %40 for @, %3A for :, %23 for #, %2C for a comma, %25 for %"}
	}
	return u, checkServer(u)
}

// checkServer also fills in the port.
func checkServer(u *url.URL) error {
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	switch {
	case u.Scheme != "nats" && u.Scheme != "tls":
		return &AddressError{"it must begin with nats:// or tls://, not with " + u.Scheme + "://"}
	case u.Hostname() == "":
		return &AddressError{"the host is missing: write nats://HOST:PORT"}
	case u.Port() == "":
		u.Host = net.JoinHostPort(u.Hostname(), "4222")
	case err != nil || port == 0:
		return &AddressError{"the port must be 1 to 65535"}
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return &AddressError{"nothing may follow the port but #sha256=…; in a password / is written %2F and ? is written %3F"}
	}
	u.Path = ""
	return nil
}

func (a *address) shareCredentials() {
	var first *url.Userinfo
	for _, u := range a.servers {
		if u.User != nil {
			first = u.User
			break
		}
	}
	for _, u := range a.servers {
		if u.User == nil {
			u.User = first
		}
	}
}

// hasCredentials says whether the address has them, and the environment need not.
func (a *address) hasCredentials() bool { return a.servers[0].User != nil }

// secure says whether the address itself asks for TLS.
func (a *address) secure() bool {
	for _, u := range a.servers {
		if u.Scheme == "tls" {
			return true
		}
	}
	return a.pin != nil
}

// local says whether all servers are on this machine.
func (a *address) local() bool {
	for _, u := range a.servers {
		if ip, err := netip.ParseAddr(u.Hostname()); u.Hostname() != "localhost" && (err != nil || !ip.IsLoopback()) {
			return false
		}
	}
	return true
}

// urls are the servers as the client library takes them.
func (a *address) urls() []string {
	var all []string
	for _, u := range a.servers {
		all = append(all, u.String())
	}
	return all
}

// String is the address as it may be shown to anybody.
func (a *address) String() string {
	var all []string
	for _, u := range a.servers {
		all = append(all, shownServer(u))
	}
	return strings.Join(all, ",")
}

// shownServer is a server's URL without what is secret of it.
func shownServer(u *url.URL) string { return u.Scheme + "://" + u.Host }

package fetch

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpproxy"
)

// A proxyFunc gives the proxy for a URL, nil for none.
type proxyFunc func(*url.URL) (*url.URL, error)

var errProxyConnects = errors.New("private addresses cannot be denied to a proxy, which connects by itself")

// newProxies gives the function that knows the proxies: the user's for every
// URL, or else those of the environment, which never applies to localhost and
// 127.0.0.0/8. It is nil if there are no proxies.
func newProxies(opts ClientOptions) (proxyFunc, error) {
	if opts.Proxy != nil {
		if err := checkProxy(opts.Proxy); err != nil {
			return nil, fmt.Errorf("proxy: %w", err)
		}
		if opts.DenyPrivate {
			return nil, errProxyConnects
		}
		return func(*url.URL) (*url.URL, error) { return opts.Proxy, nil }, nil
	}
	env := httpproxy.FromEnvironment()
	if env.HTTPProxy == "" && env.HTTPSProxy == "" {
		return nil, nil
	}
	if opts.DenyPrivate {
		return nil, errProxyConnects
	}
	if err := errors.Join(checkProxyText("HTTP_PROXY", env.HTTPProxy), checkProxyText("HTTPS_PROXY", env.HTTPSProxy)); err != nil {
		return nil, err
	}
	return env.ProxyFunc(), nil
}

// checkProxyText refuses a value of the environment that httpproxy would take
// for "no proxy", or for a host named "http", without a word. The error does not
// repeat the value, which may have a password.
func checkProxyText(name, value string) error {
	if value == "" {
		return nil
	}
	alone := httpproxy.Config{HTTPProxy: value}
	u, err := alone.ProxyFunc()(&url.URL{Scheme: "http", Host: "proxied.invalid"})
	if strings.Contains(value, "://") {
		u, err = url.Parse(value)
	}
	if err != nil || u == nil {
		return fmt.Errorf("%s is not a URL", name)
	}
	if err := checkProxy(u); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// ParseProxy reads the URL of a proxy: its scheme is http, https, socks5 or
// socks5h, and it has a host; it may have credentials and a port. The error says
// what is wrong without repeating s, which may have a password.
func ParseProxy(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, errors.New("not a URL")
	}
	if err := checkProxy(u); err != nil {
		return nil, err
	}
	return u, nil
}

// checkProxy says nothing of u: in "user:password@host:80" the scheme is "user".
func checkProxy(u *url.URL) error {
	if proxyPorts[u.Scheme] == "" || u.Hostname() == "" {
		return errors.New("want http, https, socks5 or socks5h, and a host")
	}
	return nil
}

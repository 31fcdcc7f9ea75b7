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

// newProxies gives the function that knows the proxies: the user's for every
// URL, or else those of the environment, which never applies to localhost and
// 127.0.0.0/8. It is nil if there are no proxies.
func newProxies(opts ClientOptions) (proxyFunc, error) {
	if opts.Proxy != nil {
		if err := checkProxy(opts.Proxy); err != nil {
			return nil, err
		}
		return func(*url.URL) (*url.URL, error) { return opts.Proxy, nil }, nil
	}
	env := httpproxy.FromEnvironment()
	if env.HTTPProxy == "" && env.HTTPSProxy == "" {
		return nil, nil
	}
	if err := errors.Join(checkProxyText("HTTP_PROXY", env.HTTPProxy), checkProxyText("HTTPS_PROXY", env.HTTPSProxy)); err != nil {
		return nil, err
	}
	return env.ProxyFunc(), nil
}

// checkProxyText refuses a value of the environment that httpproxy would take
// for "no proxy", or for a host named "http", without a word. The error does not
// have a value that cannot be read: it may have a password.
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

func checkProxy(u *url.URL) error {
	if proxyPorts[u.Scheme] == "" || u.Hostname() == "" {
		return fmt.Errorf("proxy %q: want http, https or socks5, and a host", u.Redacted())
	}
	return nil
}

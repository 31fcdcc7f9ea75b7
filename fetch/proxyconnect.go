package fetch

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
)

// maxConnectHead is how many bytes a proxy may say before the tunnel is there,
// with all its 1xx answers.
const maxConnectHead = 64 << 10

// connectHTTP asks the proxy at the other end of c for a tunnel to addr (RFC
// 9110 §9.3.6). Closing c ends it.
func connectHTTP(c net.Conn, via *url.URL, addr, userAgent string) (net.Conn, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "CONNECT %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\n", addr, addr, userAgent)
	if via.User != nil {
		fmt.Fprintf(&b, "Proxy-Authorization: %s\r\n", basicAuthorization(via.User.String()))
	}
	if _, err := io.WriteString(c, b.String()+"\r\n"); err != nil {
		return nil, err
	}
	limited := &io.LimitedReader{R: c, N: maxConnectHead}
	r := bufio.NewReader(limited)
	status, err := readConnectStatus(r)
	switch {
	case err != nil && limited.N == 0:
		return nil, &Error{Class: Proxy, Detail: "proxy: the head of its answer is over " + size(maxConnectHead)}
	case err != nil:
		return nil, err
	case status < 200 || status > 299:
		return nil, proxyStatus(status)
	}
	early, _ := r.Peek(r.Buffered())
	if len(early) == 0 {
		return c, nil
	}
	return &earlyConn{c, slices.Clone(early)}, nil
}

// readConnectStatus reads the heads of answers up to the first that is final. What
// else such a head says is for nobody: even a length means nothing there.
func readConnectStatus(r *bufio.Reader) (int, error) {
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return 0, err
		}
		status, _, ok := parseStatusLine(strings.TrimRight(line, "\r\n"))
		if !ok {
			return 0, errors.New("malformed answer")
		}
		for strings.TrimRight(line, "\r\n") != "" {
			if line, err = r.ReadString('\n'); err != nil {
				return 0, err
			}
		}
		if status >= 200 || status == 101 { // which nobody has asked for
			return status, nil
		}
	}
}

// An earlyConn gives first what the server behind a tunnel has already sent.
type earlyConn struct {
	net.Conn
	early []byte
}

func (c *earlyConn) Read(p []byte) (int, error) {
	if len(c.early) == 0 {
		return c.Conn.Read(p)
	}
	n := copy(p, c.early)
	c.early = c.early[n:]
	return n, nil
}

// NetConn is the connection to the proxy.
func (c *earlyConn) NetConn() net.Conn { return c.Conn }

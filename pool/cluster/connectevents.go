package cluster

import (
	"errors"
	"maps"
	"regexp"
	"slices"

	"github.com/nats-io/nats.go"
)

// notify has fn told when the connection is lost, and when it is there again, until stop is
// called: on one goroutine at a time, which must not call Close.
func (c *Conn) notify(fn func(connected bool)) (stop func()) {
	key := &fn
	c.mu.Lock()
	defer c.mu.Unlock()
	c.listeners[key] = struct{}{}
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.listeners, key)
	}
}

// onDisconnect is called by the client library, for each loss once.
func (c *Conn) onDisconnect(_ *nats.Conn, err error) {
	if !c.change(true) {
		return
	}
	detail := c.Addr()
	if err != nil {
		detail += ": " + err.Error()
	}
	c.tell(Event{Kind: Disconnected, Detail: detail})
	c.spread(false)
}

func (c *Conn) onReconnect(*nats.Conn) {
	c.see()
	if !c.change(false) {
		return
	}
	c.tell(Event{Kind: Connected, Detail: c.Addr()})
	c.spread(true)
}

// onError is called by the client library for what has no caller of its own.
func (c *Conn) onError(_ *nats.Conn, _ *nats.Subscription, err error) {
	if isAuth(err) || errors.Is(err, nats.ErrPermissionViolation) {
		c.deny(err)
	}
}

// whichConnection is what a server adds to a denial that is another one each time.
var whichConnection = regexp.MustCompile(` on connection \[\d+\]`)

// onDenied tells of what a connection that was of use once is denied. The client library may
// hold its lock meanwhile.
func (c *Conn) onDenied(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.usable && !c.closing {
		c.tells.Go(func() { c.tell(Event{Kind: Denied, Detail: whichConnection.ReplaceAllString(err.Error(), "")}) })
	}
}

// change notes whether the connection is lost, and says whether that is news for anybody.
func (c *Conn) change(lost bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing || c.lost == lost {
		return false
	}
	c.lost = lost
	return true
}

func (c *Conn) spread(connected bool) {
	c.mu.Lock()
	all := slices.Collect(maps.Keys(c.listeners))
	c.mu.Unlock()
	for _, fn := range all {
		(*fn)(connected)
	}
}

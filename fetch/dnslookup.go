package fetch

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"time"
)

// How long answers are remembered.
const (
	unknownLife = time.Minute            // of an answer without a TTL: of /etc/hosts
	leastLife   = time.Second            // whatever the TTL
	mostLife    = time.Hour              // whatever the TTL
	noHostLife  = 5 * time.Second        // that there is no such host
	troubleLife = 100 * time.Millisecond // that the name server failed: the next try of a URL asks again
)

// otherFamily is how long the addresses of one family wait for those of the other.
// Some name servers never answer the question for IPv6 addresses.
const otherFamily = time.Second

const (
	silentNameServer = "name server does not answer"
	noSuchHost       = "no such host"
)

// ask looks name up. life is how long the answer, or the error, holds.
func (r *resolver) ask(ctx context.Context, name string) (addrs []netip.Addr, life time.Duration, fail *Error) {
	ctx, cancel := context.WithCancel(ctx)
	w := newWatch(ctx, cancel)
	defer w.end()
	// Of net.Resolver's methods this one does its work within the call; the others
	// leave goroutines behind when ctx ends.
	texts, err := r.net.LookupHost(context.WithValue(ctx, watchKey{}, w), name)
	for _, text := range texts {
		if addr, err := netip.ParseAddr(text); err == nil {
			addrs = append(addrs, addr)
		}
	}
	if len(addrs) == 0 {
		fail, life = w.failure(ctx, err)
		return nil, life, fail
	}
	addrs = interleaved(addrs)
	return slices.Clone(addrs[:min(len(addrs), maxAddresses)]), w.life(), nil
}

// failure says why there are no addresses, and how long that holds. net.Resolver
// says "no such host" too if one of the two questions (A, AAAA) has failed and the
// answer to the other is that there is none of its kind.
func (w *watch) failure(ctx context.Context, err error) (fail *Error, life time.Duration) {
	if tooMany := w.openFiles(); tooMany != nil {
		return tooMany, 0 // whoever closes one may try at once
	}
	dns, _ := errors.AsType[*net.DNSError](err)
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded), dns != nil && dns.IsTimeout:
		return &Error{Class: DNS, Detail: silentNameServer}, troubleLife
	case err == nil, dns != nil && dns.IsNotFound && !w.trouble():
		return &Error{Class: DNS, Detail: noSuchHost}, noHostLife
	}
	return &Error{Class: DNS, Detail: "name server failed"}, troubleLife
}

// life is how long the addresses hold. Those of one family only, because the
// question for the other one's failed, hold no longer than an error.
func (w *watch) life() time.Duration {
	life := unknownLife
	if ttl, ok := w.leastTTL(); ok {
		life = min(max(ttl, leastLife), mostLife)
	}
	if w.trouble() {
		life = min(life, noHostLife)
	}
	return life
}

// interleaved orders addresses as RFC 8305 §4 wants it: the families take turns,
// beginning with that of the first.
func interleaved(addrs []netip.Addr) []netip.Addr {
	var first, second []netip.Addr
	for _, addr := range addrs {
		if addr.Is4() == addrs[0].Is4() {
			first = append(first, addr)
		} else {
			second = append(second, addr)
		}
	}
	mixed := addrs[:0]
	for i := range max(len(first), len(second)) {
		if i < len(first) {
			mixed = append(mixed, first[i])
		}
		if i < len(second) {
			mixed = append(mixed, second[i])
		}
	}
	return mixed
}

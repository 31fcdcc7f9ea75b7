package cluster

import (
	"context"
	"net"
	"sync"
)

// dialer makes the connections that the client library asks for. It keeps the reason why one
// could not be made, which the library drops, and ends with Connect's context what is said
// before a connection is of use, TLS included.
type dialer struct {
	net  net.Dialer
	life context.Context // until stop is called
	stop context.CancelFunc

	mu     sync.Mutex      // guards the following
	first  context.Context // that of Connect; nil after release
	unbind []func() bool   // frees a connection of it
	last   net.Conn        // that was made; the library leaves it open if the server is not to its liking
	err    error           // of the last connection that could not be made
}

func newDialer(ctx context.Context) *dialer {
	d := &dialer{net: net.Dialer{Timeout: connectTimeout}, first: ctx}
	d.life, d.stop = context.WithCancel(context.Background())
	return d
}

// Dial is for [nats.CustomDialer].
func (d *dialer) Dial(network, address string) (net.Conn, error) {
	ctx, cancel := context.WithCancel(d.life)
	defer cancel()
	defer d.bind(cancel)()
	conn, err := d.net.DialContext(ctx, network, address)
	d.mu.Lock()
	if d.last != nil {
		d.last.Close()
	}
	d.last, d.err = conn, err
	d.mu.Unlock()
	if err != nil {
		return nil, err
	}
	d.bind(func() { conn.Close() })
	return conn, nil
}

// bind has end called when Connect's context ends, unless it has returned before.
func (d *dialer) bind(end func()) (unbind func() bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.first == nil {
		return func() bool { return true }
	}
	unbind = context.AfterFunc(d.first, end)
	d.unbind = append(d.unbind, unbind)
	return unbind
}

// release frees what has been connected, and what will be, of Connect's context.
func (d *dialer) release() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, unbind := range d.unbind {
		unbind()
	}
	d.first, d.unbind = nil, nil
}

// failed is why the last connection could not be made; nil, if it could.
func (d *dialer) failed() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

package main

import (
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"trawl/crawl"
	"trawl/display"
)

const (
	statusEvery = 10 * time.Second // the service manager gets a status
	notifyLimit = time.Second      // for it to take one; what it does not take is lost
)

// A notifier tells the service manager how the run goes, as sd_notify(3) has it. A
// nil notifier is for a process that no manager has started.
type notifier struct {
	socket string        // $NOTIFY_SOCKET; "@" begins an abstract one
	status func() string // how the run goes, in a line
	stop   chan struct{}
	once   sync.Once // closes stop
	done   sync.WaitGroup
}

// startNotifier tells the manager, if there is one, that the run has begun, and
// from then on, until close, what status says.
func startNotifier(status func() string) *notifier {
	socket := os.Getenv("NOTIFY_SOCKET")
	if socket == "" {
		return nil
	}
	n := &notifier{socket: socket, status: status, stop: make(chan struct{})}
	n.done.Go(n.run)
	return n
}

func (n *notifier) run() {
	n.send("READY=1", "STATUS="+n.status())
	ticks := time.NewTicker(statusEvery)
	defer ticks.Stop()
	for {
		select {
		case <-ticks.C:
			n.send("STATUS=" + n.status())
		case <-n.stop:
			return
		}
	}
}

// stopping tells that the run is being ended, and how that goes.
func (n *notifier) stopping(status string) {
	if n != nil {
		n.send("STOPPING=1", "STATUS="+status)
	}
}

// lastStatus is the headline of a run's summary.
func lastStatus(sum crawl.Summary, output string) string {
	var text strings.Builder
	_ = display.WriteSummary(&text, sum, display.End{Output: output}, display.Style{})
	line, _, _ := strings.Cut(text.String(), "\n")
	return line
}

// close ends the statuses. It may be called again.
func (n *notifier) close() {
	if n != nil {
		n.once.Do(func() { close(n.stop) })
		n.done.Wait()
	}
}

// ended tells, after close, how the run went.
func (n *notifier) ended(status string) {
	if n != nil {
		n.send("STATUS=" + status)
	}
}

// send is one message. A manager that is gone, or takes none, is no error of ours:
// nor has the run to wait for it.
func (n *notifier) send(lines ...string) {
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: n.socket, Net: "unixgram"})
	if err != nil {
		return
	}
	defer conn.Close()
	_ = conn.SetWriteDeadline(time.Now().Add(notifyLimit))
	_, _ = io.WriteString(conn, strings.Join(lines, "\n"))
}

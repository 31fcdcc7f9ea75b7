package main

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"time"

	"trawl/display"
	"trawl/pool"
	"trawl/pool/cluster"
)

// What is said when a run cannot begin, or go on, over NATS. The errors of package cluster
// say themselves what helps.

// cannotConnect is the message for a server that cannot be used.
func (g *gathering) cannotConnect(err error) *message {
	if g.server != nil { // which is ours
		return &message{what: "cannot use the server in this process: " + display.Clean(err.Error()) + " (" + g.cfg.where("executor") + ")",
			hints: []string{"Use --executor process, or a server of your own with --nats."}, code: exitWorkers}
	}
	m := &message{what: display.Clean(err.Error()) + " (" + g.cfg.where("nats") + ")", hints: []string{"Nothing was fetched."}, code: exitUsage}
	if cluster.Passing(err) {
		m.hints = []string{"Is it running, and can it be reached from here? Nothing was fetched."}
		m.code = exitWorkers
	}
	return m
}

// serverWords is how long a server of our own may take to say why it does not store.
const serverWords = time.Second

// cannotBegin is the message for a server that does not take the run.
func (g *gathering) cannotBegin(err error) *message {
	if g.server != nil {
		select {
		case <-g.server.Failed():
			return g.cannotStore(g.server.Err())
		case <-time.After(serverWords):
		}
	}
	option, hint := "executor", "Nothing was fetched."
	if g.server == nil {
		option = "nats"
	}
	if errors.Is(err, context.DeadlineExceeded) {
		hint = "It has not answered in time: of a cluster of servers most must be there, and the user be allowed to make streams. " + hint
	}
	return &message{what: "cannot begin on the server: " + display.Clean(err.Error()) + " (" + g.cfg.where(option) + ")",
		hints: []string{hint}, code: exitWorkers}
}

// cannotListen is the message for a server of our own that cannot be started.
func (g *gathering) cannotListen(err error) *message {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		m := g.cannotStore(path)
		m.hints[0] += " Nothing was fetched."
		return m
	}
	m := &message{what: "cannot start a server: " + display.Clean(err.Error()) + " (" + g.cfg.where("executor") + ")",
		hints: []string{"Use a server of your own with --nats, or --executor process. Nothing was fetched."}, code: exitWorkers}
	if g.cfg.NATSListen != "" {
		m = usage("cannot listen at "+shown(g.cfg.NATSListen)+": "+display.Clean(err.Error())+" ("+g.cfg.where("nats-listen")+")",
			"Use an address of this machine, and a port that nobody has. Nothing was fetched.")
	}
	return m
}

// cannotStore is the message for a folder that a server of our own cannot write to.
func (g *gathering) cannotStore(err error) *message {
	m := &message{what: "cannot write " + shown(g.dir) + ": " + cause(err).Error() + " (" + g.cfg.where("executor") + ")",
		hints: []string{"What is under way is kept there. Choose another place with -o."}, code: exitWrite}
	if errors.Is(err, syscall.ENOSPC) {
		m.hints[0] = "What is under way is kept there. Make room, or choose another place with -o."
	}
	return m
}

// cannotGoOn is the message for a run whose server or workers make an end of it.
func (c *config) cannotGoOn(err *pool.BrokenError) *message {
	m := &message{what: "cannot go on: " + shown(err.Err.Error()) + " (" + c.where("executor") + ")",
		hints: []string{"What was fetched before that is kept."}, code: exitWorkers}
	if errors.Is(err, cluster.ErrStore) {
		m.hints[0] = "Look at the room that its disk has. " + m.hints[0]
		m.code = exitWrite
	}
	return m
}

// tooOpen is the message for secrets that everybody between here and the server could read.
func (g *gathering) tooOpen() *message {
	option, drop := "header", "leave the header out"
	if p := g.cfg.Proxy; p != nil && p.User != nil && len(g.cfg.Header) == 0 {
		option, drop = "proxy", "leave its password out"
	}
	return usage("--"+option+" has a secret, and the connection to "+cleanNATS(g.cfg.NATS)+" is not encrypted ("+g.cfg.where(option)+")",
		"Use tls:// in --nats, or "+drop+". Nothing was fetched.")
}

// tooOpenToGoOn is the message for a line of a list with secrets of its own.
func (c *config) tooOpenToGoOn(err error) *message {
	return &message{what: shown(err.Error()) + " (" + c.where("nats") + ")",
		hints: []string{"Use tls:// in --nats, or take them out of the list. What was fetched before that is kept."}, code: exitWorkers}
}

// inOneLine is an error that may be of several, each of which has a line by itself.
func inOneLine(err error) string { return display.Clean(strings.ReplaceAll(err.Error(), "\n", "; ")) }

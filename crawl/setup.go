package crawl

import (
	"cmp"
	"fmt"
	"time"

	"trawl/fetch"
	"trawl/parse"
	"trawl/pool"
)

// setup is what a worker process must know of the run. It goes to the worker by
// the pipe, since it may hold secrets: a command line and an environment can be seen.
type setup struct {
	Release     string // of the coordinator: another one may understand what comes differently
	Concurrency int    // jobs at once
	Heads       bool   // OnHead is wanted

	UserAgent       string
	Header          []fetch.Field
	Proxy           string // "" is what the environment says, which workers inherit
	ConnectTimeout  time.Duration
	MaxSize         int64
	Accept          string
	Follow          bool
	HTTP            fetch.Version
	Insecure        bool
	CACert          []byte
	Resolve         map[string]string
	NameServer      string
	DenyPrivate     bool
	Connections     int
	HostConnections int
	BodyMemory      int64
	Spool           string // folder for what is captured; "" is that nothing is

	ParseHeader, Title, Digest, Fingerprint bool
	Select                                  []string
}

var setupCodec = pool.CBOR[setup]()

// setupOf makes the setup of each worker from the run's options.
func setupOf(opts Options) setup {
	client, workers := opts.Client, opts.Processes.workers()
	s := setup{
		Release:     fetch.Release,
		Concurrency: opts.Stage.Concurrency,
		Heads:       client.OnHead != nil,

		UserAgent:       client.UserAgent,
		Header:          client.Header,
		ConnectTimeout:  client.ConnectTimeout,
		MaxSize:         client.MaxSize,
		Accept:          client.Accept.String(),
		Follow:          client.Follow,
		HTTP:            client.HTTP,
		Insecure:        client.Insecure,
		CACert:          client.CACert,
		Resolve:         client.Resolve,
		NameServer:      client.NameServer,
		DenyPrivate:     client.DenyPrivate,
		Connections:     (cmp.Or(client.Connections, fetch.DefaultConnections) + workers - 1) / workers,
		HostConnections: client.HostConnections,
		BodyMemory:      cmp.Or(client.BodyMemory, fetch.DefaultBodyMemory),

		ParseHeader: opts.Parse.Header, Title: opts.Parse.Title, Digest: opts.Parse.Digest, Fingerprint: opts.Parse.Fingerprint,
	}
	if client.Capture != nil {
		s.Spool = client.Capture.Dir()
	}
	if client.Proxy != nil {
		s.Proxy = client.Proxy.String()
	}
	if quarter := opts.Processes.Memory / 4; quarter > 0 {
		s.BodyMemory = min(s.BodyMemory, quarter)
	}
	for _, selector := range opts.Parse.Select {
		s.Select = append(s.Select, selector.String())
	}
	return s
}

// client are the options of the worker's client.
func (s setup) client() (opts fetch.ClientOptions, err error) {
	opts = fetch.ClientOptions{
		UserAgent:       s.UserAgent,
		Header:          s.Header,
		ConnectTimeout:  s.ConnectTimeout,
		MaxSize:         s.MaxSize,
		Follow:          s.Follow,
		HTTP:            s.HTTP,
		Insecure:        s.Insecure,
		CACert:          s.CACert,
		Resolve:         s.Resolve,
		NameServer:      s.NameServer,
		DenyPrivate:     s.DenyPrivate,
		Connections:     s.Connections,
		HostConnections: s.HostConnections,
		BodyMemory:      s.BodyMemory,
	}
	if s.Spool != "" {
		opts.Capture = fetch.NewSpool(s.Spool, 0)
	}
	if opts.Accept, err = fetch.ParseStatusSet(s.Accept); err != nil {
		return opts, err
	}
	if s.Proxy != "" {
		opts.Proxy, err = fetch.ParseProxy(s.Proxy)
	}
	return opts, err
}

// parse are the options of the worker's parser.
func (s setup) parse() (parse.Options, error) {
	opts := parse.Options{Header: s.ParseHeader, Title: s.Title, Digest: s.Digest, Fingerprint: s.Fingerprint}
	for _, text := range s.Select {
		selector, err := parse.ParseSelector(text)
		if err != nil {
			return opts, fmt.Errorf("selector %q: %w", text, err)
		}
		opts.Select = append(opts.Select, selector)
	}
	return opts, nil
}

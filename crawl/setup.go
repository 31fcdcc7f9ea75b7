package crawl

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"trawl/fetch"
	"trawl/parse"
	"trawl/pool"
)

// setup is what who makes a run's jobs must know of it. A worker process has it from the
// pipe, since it may hold secrets: a command line and an environment can be seen.
type setup struct {
	Release string // of the coordinator: another one may understand what comes differently
	Heads   bool   // OnHead is wanted
	Capture bool   // exchanges are

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
	Resolve         []fetch.Field // sorted: the same run has the same setup, also when it is resumed
	NameServer      string
	DenyPrivate     bool
	HostConnections int

	ParseHeader, Title, Digest, Fingerprint bool
	Select                                  []string

	Means means // what a worker process may use; another machine has its own
}

// means are what jobs may use of the machine that makes them.
type means struct {
	Concurrency int // jobs at once
	Connections int
	BodyMemory  int64
	Spool       string // folder for what is captured
}

// among are each one's means when p's worker processes share m.
func (m means) among(p *ProcessOptions) means {
	workers := p.workers()
	m.Connections = (m.Connections + workers - 1) / workers
	if quarter := p.Memory / 4; quarter > 0 {
		m.BodyMemory = min(m.BodyMemory, quarter)
	}
	return m
}

var setupCodec = pool.CBOR[setup]()

// setupOf makes the setup of a run's jobs from its options, with the means of this machine.
func setupOf(opts Options) setup {
	client := opts.Client
	s := setup{
		Release: fetch.Release,
		Heads:   client.OnHead != nil,
		Capture: client.Capture != nil,

		UserAgent:       client.UserAgent,
		Header:          client.Header,
		ConnectTimeout:  client.ConnectTimeout,
		MaxSize:         client.MaxSize,
		Accept:          client.Accept.String(),
		Follow:          client.Follow,
		HTTP:            client.HTTP,
		Insecure:        client.Insecure,
		CACert:          client.CACert,
		NameServer:      client.NameServer,
		DenyPrivate:     client.DenyPrivate,
		HostConnections: client.HostConnections,

		ParseHeader: opts.Parse.Header, Title: opts.Parse.Title, Digest: opts.Parse.Digest, Fingerprint: opts.Parse.Fingerprint,

		Means: means{
			Concurrency: opts.Stage.Concurrency,
			Connections: cmp.Or(client.Connections, fetch.DefaultConnections),
			BodyMemory:  cmp.Or(client.BodyMemory, fetch.DefaultBodyMemory),
		},
	}
	for _, hostport := range slices.Sorted(maps.Keys(client.Resolve)) {
		s.Resolve = append(s.Resolve, fetch.Field{Name: hostport, Value: client.Resolve[hostport]})
	}
	if client.Capture != nil {
		s.Means.Spool = client.Capture.Dir()
	}
	if client.Proxy != nil {
		s.Proxy = client.Proxy.String()
	}
	for _, selector := range opts.Parse.Select {
		s.Select = append(s.Select, selector.String())
	}
	return s
}

// readSetup reads the setup of a coordinator of this release.
func readSetup(data []byte) (setup, error) {
	s, err := setupCodec.Decode(data)
	if err != nil {
		return s, fmt.Errorf("setup: %w", err)
	}
	if s.Release != fetch.Release {
		return s, fmt.Errorf("the run is one of trawl %s, the worker of %s", s.Release, fetch.Release)
	}
	return s, nil
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
		NameServer:      s.NameServer,
		DenyPrivate:     s.DenyPrivate,
		HostConnections: s.HostConnections,
		Connections:     s.Means.Connections,
		BodyMemory:      s.Means.BodyMemory,
		Capture:         s.spool(),
	}
	for _, f := range s.Resolve {
		if opts.Resolve == nil {
			opts.Resolve = map[string]string{}
		}
		opts.Resolve[f.Name] = f.Value
	}
	if opts.Accept, err = fetch.ParseStatusSet(s.Accept); err != nil {
		return opts, err
	}
	if s.Proxy != "" {
		opts.Proxy, err = fetch.ParseProxy(s.Proxy)
	}
	return opts, err
}

// spool is a worker's for what is captured; nil is that nothing is.
func (s setup) spool() *fetch.Spool {
	if !s.Capture {
		return nil
	}
	return fetch.NewSpool(s.Means.Spool, 0)
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

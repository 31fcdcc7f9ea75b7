package crawl

import (
	"cmp"
	"slices"
	"strings"

	"trawl/fetch"
	"trawl/parse"
)

const (
	maxHosts   = 1_000 // whose latency is known; the first that had a page
	maxSlowest = 5
)

// slowest knows how long the pages of each host took.
type slowest struct {
	Hosts  map[string]*Sketch `cbor:"1,keyasint,omitempty"`
	Missed bool               `cbor:"2,keyasint,omitempty"` // there were more
}

func (s *slowest) add(rec *parse.Record) {
	url := rec.FinalURL
	if url == "" {
		url = rec.URL
	}
	if latency := s.of(fetch.HostOf(url)); latency != nil {
		latency.Add(rec.Duration)
	}
}

// of is the latency of a host; nil if there are too many.
func (s *slowest) of(host string) *Sketch {
	latency := s.Hosts[host]
	switch {
	case latency != nil:
		return latency
	case len(s.Hosts) >= maxHosts:
		s.Missed = true
		return nil
	case s.Hosts == nil:
		s.Hosts = map[string]*Sketch{}
	}
	latency = &Sketch{Coarse: true}
	s.Hosts[strings.Clone(host)] = latency
	return latency
}

func (s *slowest) merge(o *slowest) {
	s.Missed = s.Missed || o.Missed
	for host, latency := range o.Hosts {
		if l := s.of(host); l != nil {
			l.Merge(latency)
		}
	}
}

// told lists the slowest hosts, the slowest first.
func (s *slowest) told() []HostLatency {
	hosts := make([]HostLatency, 0, len(s.Hosts))
	for host, latency := range s.Hosts {
		hosts = append(hosts, HostLatency{Host: host, P95: latency.Quantile(0.95), Pages: latency.Total})
	}
	slices.SortFunc(hosts, func(a, b HostLatency) int {
		return cmp.Or(cmp.Compare(b.P95, a.P95), cmp.Compare(a.Host, b.Host))
	})
	return slices.Clone(hosts[:min(len(hosts), maxSlowest)])
}

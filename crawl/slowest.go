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
	hosts  map[string]*Sketch
	missed bool // there were more
}

func (s *slowest) add(rec *parse.Record) {
	url := rec.FinalURL
	if url == "" {
		url = rec.URL
	}
	host := fetch.HostOf(url)
	latency := s.hosts[host]
	if latency == nil {
		if len(s.hosts) >= maxHosts {
			s.missed = true
			return
		}
		latency = &Sketch{Coarse: true}
		s.hosts[strings.Clone(host)] = latency
	}
	latency.Add(rec.Duration)
}

// told lists the slowest hosts, the slowest first.
func (s *slowest) told() []HostLatency {
	hosts := make([]HostLatency, 0, len(s.hosts))
	for host, latency := range s.hosts {
		hosts = append(hosts, HostLatency{Host: host, P95: latency.Quantile(0.95), Pages: latency.Total})
	}
	slices.SortFunc(hosts, func(a, b HostLatency) int {
		return cmp.Or(cmp.Compare(b.P95, a.P95), cmp.Compare(a.Host, b.Host))
	})
	return slices.Clone(hosts[:min(len(hosts), maxSlowest)])
}

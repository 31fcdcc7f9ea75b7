package cluster

import "strings"

// A worker may say anything of itself: this much is believed.
const (
	maxName     = 100     // bytes
	maxCapacity = 1 << 16 // calls at once
)

// believed is what a worker says of itself, within reason.
func (q statusRequest) believed() statusRequest {
	q.Name = called(q.Name)
	q.Capacity, q.InFlight = min(max(q.Capacity, 0), maxCapacity), min(max(q.InFlight, 0), maxCapacity)
	return q
}

// called is the name of a worker as it is kept and told. It is never "".
func called(name string) string {
	if name == "" {
		return "nameless"
	}
	return strings.ToValidUTF8(name[:min(len(name), maxName)], "\uFFFD")
}

package cluster

const (
	maxEarly      = 1 << 17   // results
	maxEarlyBytes = 128 << 20 // their data
)

// earlyResults are of calls that another coordinator of the run has sent, and that this
// one has not come to yet. Beyond the bounds they are dropped, and made again.
type earlyResults struct {
	of    map[[16]byte][]result // by print; a call may have been made twice
	count int
	bytes int
}

func (e *earlyResults) add(r result) {
	if e.count == maxEarly || e.bytes+len(r.Data) > maxEarlyBytes {
		return
	}
	if e.of == nil {
		e.of = map[[16]byte][]result{}
	}
	e.of[r.Print] = append(e.of[r.Print], r)
	e.count++
	e.bytes += len(r.Data)
}

func (e *earlyResults) take(print [16]byte) (r result, ok bool) {
	if e.count == 0 {
		return r, false
	}
	all := e.of[print]
	if len(all) == 0 {
		return r, false
	}
	r = all[0]
	if e.of[print] = all[1:]; len(all) == 1 {
		delete(e.of, print)
	}
	e.count--
	e.bytes -= len(r.Data)
	return r, true
}

package cluster

import (
	"testing"

	"trawl/pool"
)

func part(n, of int, made uint64, text string) *result {
	return &result{Call: 1, Made: made, Part: n, Parts: of, Data: []byte(text)}
}

// What has come of a result goes with its call: another worker may have ended it.
func TestPartsGoWithTheirCall(t *testing.T) {
	e, _ := newDeaf(false)
	e.parts = map[partOf]*parts{}
	e.opts.Out = pool.CBOR[string]()
	e.hear(&answers{Instance: "a"}, part(0, 2, 1, "half"))
	if len(e.parts) != 1 {
		t.Fatalf("parts are %v", e.parts)
	}
	e.hear(&answers{Instance: "b"}, part(0, 1, 1, "\x61x"))
	if len(e.parts) != 0 {
		t.Errorf("parts of a call that has ended are kept: %v", e.parts)
	}
}

// A worker may make a call twice, when the server has lost a part of the first result.
func TestPartsOfTwoResultsDoNotMix(t *testing.T) {
	e, _ := newDeaf(false)
	f := e.flights[1]
	e.parts = map[partOf]*parts{}
	e.opts.Out = pool.CBOR[string]()
	e.hear(&answers{Instance: "a"}, part(0, 2, 1, "\x64ab"))
	e.hear(&answers{Instance: "a"}, part(0, 2, 2, "\x64cd"))
	e.hear(&answers{Instance: "a"}, part(1, 2, 2, "ef"))
	r := <-f.answer
	if got, err := e.outcome(&r.result); err != nil || got != "cdef" {
		t.Errorf("the call ends with %q, %v, want the second result", got, err)
	}
}

// A worker of another coordinator ends a call that has not been sent yet.
func TestAResultOfBeforeEndsACallThatWaits(t *testing.T) {
	e, _ := newDeaf(false)
	e.opts.Out = pool.CBOR[string]()
	f := &flight{id: 9, print: [16]byte{7}, answer: make(chan reply, 1)}
	e.waiting = append(e.waiting, f)
	e.hear(&answers{Epoch: 5}, &result{Call: 44, Print: f.print, Parts: 1, Data: []byte("\x61x")})
	if len(f.answer) != 1 || len(e.waiting) != 0 || e.early.count != 0 {
		t.Errorf("the call has %d answers, %d wait, %d results are kept for later", len(f.answer), len(e.waiting), e.early.count)
	}
}

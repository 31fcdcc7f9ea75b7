package fetch

import (
	"context"
	"errors"
	"sync"
	"syscall"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// A watch is what is seen of one look-up on its connections to name servers:
// net.Resolver tells neither TTLs nor which of its questions has failed. It
// judges nothing: the resolver reads the same bytes.
type watch struct {
	ctx    context.Context // the look-up's
	cancel context.CancelFunc

	mu       sync.Mutex                               // guards what follows: A and AAAA are asked for at once
	codes    map[dnsmessage.Question]dnsmessage.RCode // of each question that was asked
	ttl      uint32                                   // the least of all records on the way to an address
	enough   *time.Timer                              // runs from the first addresses on
	noSocket error                                    // why there was no connection to a name server
}

// unanswered is no code of a message: those have 4 bits, or 12 with EDNS.
const unanswered dnsmessage.RCode = 1 << 12

type watchKey struct{}

func newWatch(ctx context.Context, cancel context.CancelFunc) *watch {
	return &watch{ctx: ctx, cancel: cancel, codes: map[dnsmessage.Question]dnsmessage.RCode{}}
}

func (w *watch) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.enough != nil {
		w.enough.Stop()
	}
	w.cancel()
}

func (w *watch) noConnection(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.noSocket = err
}

// openFiles is the error of a look-up for which no file was left; else it is nil.
func (w *watch) openFiles() *Error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if errors.Is(w.noSocket, syscall.EMFILE) || errors.Is(w.noSocket, syscall.ENFILE) {
		return errnoError(w.noSocket, Connect)
	}
	return nil
}

func (w *watch) leastTTL() (ttl time.Duration, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Duration(w.ttl) * time.Second, w.enough != nil
}

// trouble reports whether a question has no proper answer. That a name does not
// exist is one for all questions (RFC 8020).
func (w *watch) trouble() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for q, code := range w.codes {
		if code == dnsmessage.RCodeSuccess || w.gone(q) {
			continue
		}
		return true
	}
	return false
}

// gone is called with mu locked.
func (w *watch) gone(q dnsmessage.Question) bool {
	for _, q.Type = range []dnsmessage.Type{dnsmessage.TypeA, dnsmessage.TypeAAAA} {
		if code, ok := w.codes[q]; ok && code == dnsmessage.RCodeNameError {
			return true
		}
	}
	return false
}

func (w *watch) asked(q dnsmessage.Question) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.codes[q] = unanswered
}

// answered takes note of the answer to q; p stands behind its question.
func (w *watch) answered(q dnsmessage.Question, code dnsmessage.RCode, p *dnsmessage.Parser) {
	ttl, addresses, whole := leastTTL(p)
	w.mu.Lock()
	defer w.mu.Unlock()
	if !whole && code == dnsmessage.RCodeSuccess {
		code = unanswered
	}
	w.codes[q] = code
	if code != dnsmessage.RCodeSuccess || !addresses {
		return
	}
	if w.enough == nil {
		w.enough = time.AfterFunc(otherFamily, w.cancel)
		w.ttl = ttl
	}
	w.ttl = min(w.ttl, ttl)
}

// leastTTL looks at the answer section: addresses and the aliases that lead to
// them. whole is false if it is malformed.
func leastTTL(p *dnsmessage.Parser) (ttl uint32, addresses, whole bool) {
	ttl = ^uint32(0)
	for {
		h, err := p.AnswerHeader()
		if err != nil {
			return ttl, addresses, err == dnsmessage.ErrSectionDone
		}
		switch h.Type {
		case dnsmessage.TypeA, dnsmessage.TypeAAAA:
			addresses = true
			ttl = min(ttl, saneTTL(h.TTL))
		case dnsmessage.TypeCNAME:
			ttl = min(ttl, saneTTL(h.TTL))
		}
		if err := p.SkipAnswer(); err != nil {
			return ttl, addresses, false
		}
	}
}

// saneTTL takes what would be negative for 0 (RFC 2181 §8).
func saneTTL(ttl uint32) uint32 {
	if ttl > 1<<31-1 {
		return 0
	}
	return ttl
}

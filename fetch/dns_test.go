package fetch

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/dns/dnsmessage"

	"trawl/fetch/dnstest"
)

// watchTime is a clock that stands until it is moved.
type watchTime struct {
	mu sync.Mutex
	at time.Time
}

func (w *watchTime) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *watchTime) move(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

// resolverOf is a resolver that asks s, and its clock. Both end with the test.
func resolverOf(t testing.TB, s *dnstest.Server, limit time.Duration) (*resolver, *watchTime) {
	t.Helper()
	clock := &watchTime{at: time.Now()}
	r := newResolver(s.Addr(), limit)
	r.now = clock.now
	t.Cleanup(r.close)
	return r, clock
}

// wantAddresses looks name up. want are the addresses, or the detail of an error.
func wantAddresses(t *testing.T, r *resolver, name string, want ...string) (waited time.Duration) {
	t.Helper()
	addrs, waited, err := r.addresses(t.Context(), name)
	var got []string
	for _, addr := range addrs {
		got = append(got, addr.String())
	}
	if err != nil {
		got = []string{wantDNS(t, err)}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
	return waited
}

func wantDNS(t *testing.T, err error) (detail string) {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Class != DNS {
		t.Fatalf("%v, want an error of class dns", err)
	}
	return e.Detail
}

func TestAddressesAreRememberedForTheirTTL(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer dnstest.Answer
		want   time.Duration
	}{
		{"a minute", dnstest.Answer{TTL: 60}, time.Minute},
		{"none", dnstest.Answer{TTL: 0}, time.Second},
		{"a week", dnstest.Answer{TTL: 7 * 86400}, time.Hour},
		{"negative", dnstest.Answer{TTL: 1 << 31}, time.Second},
		{"the greatest", dnstest.Answer{TTL: 1<<32 - 1}, time.Second},
		{"an alias", dnstest.Answer{TTL: 30, Alias: "b.example."}, 30 * time.Second},
		{"over TCP", dnstest.Answer{TTL: 30, Truncated: true}, 30 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := dnstest.Start(t)
			test.answer.Addrs = dnstest.Addrs("127.0.0.1").Addrs
			s.Set("a.example", test.answer)
			r, clock := resolverOf(t, s, time.Minute)
			if waited := wantAddresses(t, r, "a.example", "127.0.0.1"); waited <= 0 {
				t.Errorf("the first look-up took %s", waited)
			}
			asked := s.Asked("a.example")
			clock.move(test.want - time.Millisecond)
			if waited := wantAddresses(t, r, "a.example", "127.0.0.1"); waited != 0 {
				t.Errorf("what is known took %s", waited)
			}
			if n := s.Asked("a.example"); n != asked {
				t.Errorf("asked %d times more before the TTL was over", n-asked)
			}
			clock.move(time.Millisecond)
			wantAddresses(t, r, "a.example", "127.0.0.1")
			if n := s.Asked("a.example"); n != 2*asked {
				t.Errorf("asked %d times, want %d: the TTL is over", n, 2*asked)
			}
		})
	}
}

// The shortest of several TTLs counts: of both families, and of aliases.
func TestTheShortestTTLCounts(t *testing.T) {
	s := dnstest.Start(t)
	four, six := dnstest.Addrs("127.0.0.1"), dnstest.Addrs("::1")
	six.TTL = 10
	s.SetType("a.example", dnsmessage.TypeA, four)
	s.SetType("a.example", dnsmessage.TypeAAAA, six)
	r, clock := resolverOf(t, s, time.Minute)
	wantAddresses(t, r, "a.example", "::1", "127.0.0.1")
	if life := r.names["a.example"].until.Sub(clock.now()); life != 10*time.Second {
		t.Errorf("remembered for %s, want 10s", life)
	}
}

func TestNamesOfTheHostsFileAreRememberedForAMinute(t *testing.T) {
	r, clock := resolverOf(t, dnstest.Start(t), time.Minute)
	addrs, _, err := r.addresses(t.Context(), "localhost")
	if err != nil || !addrs[0].IsLoopback() {
		t.Fatalf("localhost: %v, %v", addrs, err)
	}
	if life := r.names["localhost"].until.Sub(clock.now()); life != time.Minute {
		t.Errorf("remembered for %s, want a minute", life)
	}
}

func TestFailuresAreRememberedShortly(t *testing.T) {
	for _, test := range []struct {
		answer dnstest.Answer
		detail string
		want   time.Duration
	}{
		{dnstest.NoSuchHost, "no such host", 5 * time.Second},
		{dnstest.Answer{}, "no such host", 5 * time.Second},
		{dnstest.Failure, "name server failed", 100 * time.Millisecond},
		{dnstest.Answer{Code: dnsmessage.RCodeRefused}, "name server failed", 100 * time.Millisecond},
		{dnstest.Silence, "name server does not answer", 100 * time.Millisecond},
	} {
		t.Run(test.detail, func(t *testing.T) {
			s := dnstest.Start(t)
			s.Set("a.example", test.answer)
			limit := time.Minute
			if test.answer.Silent {
				limit = time.Second / 2
			}
			r, clock := resolverOf(t, s, limit)
			wantAddresses(t, r, "a.example", test.detail)
			s.Set("a.example", dnstest.Addrs("127.0.0.1"))
			clock.move(test.want - time.Millisecond)
			wantAddresses(t, r, "a.example", test.detail)
			clock.move(time.Millisecond)
			wantAddresses(t, r, "a.example", "127.0.0.1")
		})
	}
}

// A hop puts its URL into the error that it gets.
func TestARememberedFailureIsEachCallersOwn(t *testing.T) {
	r, _ := resolverOf(t, dnstest.Start(t), time.Minute)
	var errs [2]*Error
	for i := range errs {
		_, _, err := r.addresses(t.Context(), "a.example")
		errs[i], _ = errors.AsType[*Error](err)
	}
	if errs[0] == nil || errs[0] == errs[1] || *errs[0] != *errs[1] {
		t.Errorf("got %v and %v, want two equal errors", errs[0], errs[1])
	}
}

// If one family has no addresses and the question for the other one's failed, the
// name may well exist.
func TestHalfAnAnswerIsNoProofThatThereIsNoSuchHost(t *testing.T) {
	for _, of := range []dnsmessage.Type{dnsmessage.TypeA, dnsmessage.TypeAAAA} {
		for _, bad := range []dnstest.Answer{dnstest.Failure, {Code: dnsmessage.RCodeRefused}} {
			s := dnstest.Start(t)
			s.Set("a.example", dnstest.Answer{})
			s.SetType("a.example", of, bad)
			r, _ := resolverOf(t, s, time.Minute)
			wantAddresses(t, r, "a.example", "name server failed")
		}
		s := dnstest.Start(t) // but a name that does not exist has no addresses of any kind
		s.Set("a.example", dnstest.Failure)
		s.SetType("a.example", of, dnstest.NoSuchHost)
		r, _ := resolverOf(t, s, time.Minute)
		addrs, _, err := r.addresses(t.Context(), "a.example")
		if err == nil {
			t.Errorf("a name that does not exist has the addresses %v", addrs)
		}
	}
}

// There are name servers that never answer the question for IPv6 addresses.
func TestOneFamilyDoesNotWaitForTheOtherForLong(t *testing.T) {
	s := dnstest.Start(t)
	s.Set("a.example", dnstest.Addrs("127.0.0.1"))
	s.SetType("a.example", dnsmessage.TypeAAAA, dnstest.Silence)
	r, clock := resolverOf(t, s, time.Minute)
	if waited := wantAddresses(t, r, "a.example", "127.0.0.1"); waited > 4*time.Second {
		t.Errorf("it took %s", waited)
	}
	if life := r.names["a.example"].until.Sub(clock.now()); life != noHostLife {
		t.Errorf("half an answer is remembered for %s, want %s", life, noHostLife)
	}
}

func TestLookUpsOfOneNameAtOnceAreOne(t *testing.T) {
	s := dnstest.Start(t)
	hold := make(chan struct{})
	held := dnstest.Addrs("127.0.0.1")
	held.Hold = hold
	s.Set("a.example", held)
	r, _ := resolverOf(t, s, time.Minute)

	impatient, giveUp := context.WithCancel(t.Context())
	var first, others sync.WaitGroup
	first.Go(func() {
		_, _, err := r.addresses(impatient, "a.example")
		if err == nil || wantDNS(t, err) != "name server does not answer" {
			t.Errorf("a caller that gave up got %v", err)
		}
	})
	await(t, func() bool { return s.Asked("a.example") == 1 })
	for range 50 {
		others.Go(func() {
			if waited := wantAddresses(t, r, "a.example", "127.0.0.1"); waited <= 0 {
				t.Errorf("waited %s", waited)
			}
		})
	}
	await(t, func() bool { return waitingFor(r, "a.example") == 51 })
	giveUp()
	first.Wait() // though nothing has been answered yet
	close(hold)
	others.Wait()
	if n := s.Asked("a.example"); n != 1 {
		t.Errorf("asked %d times, want once", n)
	}
}

func waitingFor(r *resolver, name string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if l := r.names[name]; l != nil {
		return l.waiting
	}
	return 0
}

// await is for what other goroutines do soon.
func await(t testing.TB, is func() bool) {
	t.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatal("it has not come")
		}
	}
}

func TestALookUpOutlivesItsCallersButNotClose(t *testing.T) {
	s := dnstest.Start(t)
	hold := make(chan struct{})
	held := dnstest.Addrs("127.0.0.1")
	held.Hold = hold
	s.Set("a.example", held)
	s.Set("b.example", dnstest.Silence)
	r, _ := resolverOf(t, s, time.Minute)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, name := range []string{"a.example", "b.example"} {
		if _, _, err := r.addresses(gone, name); err == nil {
			t.Errorf("%s: addresses for a caller that had gone", name)
		}
	}
	close(hold)
	wantAddresses(t, r, "a.example", "127.0.0.1")
	if n := s.Asked("a.example"); n != 1 {
		t.Errorf("asked %d times, want once", n)
	}
	start := time.Now()
	r.close() // or the look-up would go on for a minute
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("Close took %s", took)
	}
}

func TestLookUpsThatNobodyWaitsForAreBounded(t *testing.T) {
	s := dnstest.Start(t)
	r, _ := resolverOf(t, s, time.Minute)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for i := range maxOrphans + 10 {
		name := string(rune('a'+i%26)) + string(rune('a'+i/26)) + ".example"
		s.Set(name, dnstest.Silence)
		r.addresses(gone, name)
	}
	r.mu.Lock()
	if r.orphans != maxOrphans || len(r.names) != maxOrphans {
		t.Errorf("%d of %d look-ups have nobody waiting, want %d", r.orphans, len(r.names), maxOrphans)
	}
	r.mu.Unlock()
	// Somebody who waits for one of them makes room.
	waiting, stop := context.WithCancel(t.Context())
	var one sync.WaitGroup
	one.Go(func() { r.addresses(waiting, "aa.example") })
	await(t, func() bool { return waitingFor(r, "aa.example") == 1 })
	r.mu.Lock()
	if r.orphans != maxOrphans-1 {
		t.Errorf("%d look-ups have nobody waiting, want %d", r.orphans, maxOrphans-1)
	}
	r.mu.Unlock()
	stop()
	one.Wait()
}

func TestTheNamesRememberedAreBounded(t *testing.T) {
	s := dnstest.Start(t)
	r, clock := resolverOf(t, s, time.Minute)
	r.room = 3
	names := []string{"a.example", "b.example", "c.example", "d.example", "e.example"}
	for _, name := range names {
		s.Set(name, dnstest.Addrs("127.0.0.1"))
		wantAddresses(t, r, name, "127.0.0.1")
	}
	if len(r.names) != 3 || r.ended.Len() != 3 || r.names["a.example"] != nil || r.names["e.example"] == nil {
		t.Errorf("%d names are remembered, want the last 3: %v", len(r.names), r.names)
	}
	clock.move(time.Hour)
	wantAddresses(t, r, "a.example", "127.0.0.1")
	if len(r.names) != 1 || r.ended.Len() != 1 {
		t.Errorf("%d names are remembered when the others' TTLs are over, want 1", len(r.names))
	}
}

func TestAddressesOfANameAreBounded(t *testing.T) {
	s := dnstest.Start(t)
	var many dnstest.Answer
	for i := range 1000 {
		many.Addrs = append(many.Addrs, netip.AddrFrom4([4]byte{127, 0, byte(i >> 8), byte(i)}))
	}
	many.Truncated = true
	s.Set("a.example", many)
	r, _ := resolverOf(t, s, time.Minute)
	addrs, _, err := r.addresses(t.Context(), "a.example")
	if err != nil || len(addrs) != maxAddresses || cap(addrs) > 2*maxAddresses {
		t.Errorf("%d addresses (%v), want %d", len(addrs), err, maxAddresses)
	}
}

func TestFamiliesTakeTurns(t *testing.T) {
	addrs := func(texts ...string) (addrs []netip.Addr) {
		for _, text := range texts {
			addrs = append(addrs, netip.MustParseAddr(text))
		}
		return addrs
	}
	for _, test := range [][2][]netip.Addr{
		{addrs("::1", "::2", "::3", "1.1.1.1", "1.1.1.2"), addrs("::1", "1.1.1.1", "::2", "1.1.1.2", "::3")},
		{addrs("1.1.1.1", "1.1.1.2", "1.1.1.3", "::1"), addrs("1.1.1.1", "::1", "1.1.1.2", "1.1.1.3")},
		{addrs("1.1.1.1"), addrs("1.1.1.1")},
	} {
		if got := interleaved(test[0]); !cmp.Equal(test[1], got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })) {
			t.Errorf("got %v, want %v", got, test[1])
		}
	}
}

func BenchmarkAddressesThatAreKnown(b *testing.B) {
	s := dnstest.Start(b)
	s.Set("www.a.example", dnstest.Addrs("127.0.0.1", "::1"))
	r := newResolver(s.Addr(), time.Minute)
	defer r.close()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, _, err := r.addresses(b.Context(), "www.a.example"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// The hop may close idle connections and look the name up again at once.
func TestALookUpThatFindsNoFileLeftIsNotRemembered(t *testing.T) {
	w := newWatch(t.Context(), func() {})
	w.noConnection(&net.OpError{Op: "dial", Err: os.NewSyscallError("socket", syscall.EMFILE)})
	fail, life := w.failure(t.Context(), &net.DNSError{Err: "dial udp: too many open files", IsTemporary: true})
	if fail.Class != Connect || fail.Detail != "too many open files" || life != 0 {
		t.Errorf("%s (%s) for %s", fail.Class, fail.Detail, life)
	}
}

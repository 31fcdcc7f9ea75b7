package pool_test

import (
	"fmt"
	"testing"

	"trawl/pool"
)

// visitor is a client of the echo server, and its visit as the server sees it.
type visitor struct {
	*echoClient
	visit *pool.Future[int]
}

func visit(t *testing.T, s *echoServer) visitor {
	t.Helper()
	c, err := dialEcho(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return visitor{c, <-s.visits}
}

func (v visitor) wantAnswer(t *testing.T, want string) {
	t.Helper()
	if got, err := v.receive(); got != want || err != nil {
		t.Fatalf("answer: %q, %v, want %q", got, err, want)
	}
}

func TestEchoServerServesTwoAtATimeAndLosesNobody(t *testing.T) {
	server, err := newEchoServer(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	var all []visitor
	for i := range 10 {
		v := visit(t, server)
		if err := v.send(fmt.Sprintf("client %d", i)); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	for i := range all {
		all[i].wantAnswer(t, fmt.Sprintf("CLIENT %d", i))
		if i+1 < len(all) {
			all[i+1].wantAnswer(t, fmt.Sprintf("CLIENT %d", i+1))
			if err := all[i+1].send(fmt.Sprintf("client %d", i+1)); err != nil { // for the next time round
				t.Fatal(err)
			}
		}
		for j, v := range all { // i and i+1 are served and stay, so nobody else can be
			served := v.visit.Running()
			if want := j == i || j == i+1; served != want {
				t.Errorf("while %d and %d are served: client %d is %v", i, i+1, j, v.visit.State())
			}
		}
		all[i].Close()
		if lines, err := all[i].visit.Result(t.Context()); lines < 1 || err != nil {
			t.Errorf("visit of client %d: %d lines, %v", i, lines, err)
		}
	}
	if err := server.close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestEchoServerThatClosesServesWhoHasCome(t *testing.T) {
	server, err := newEchoServer(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	var all []visitor
	for range 3 {
		all = append(all, visit(t, server))
	}
	closed := make(chan error)
	go func() { closed <- server.close(t.Context()) }()
	for _, v := range all {
		if err := v.send("still there?"); err != nil {
			t.Fatal(err)
		}
		v.wantAnswer(t, "STILL THERE?")
		v.Close()
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	for i, v := range all {
		if got := v.visit.String(); got != "Future(finished)" {
			t.Errorf("visit %d after the server has closed: %s", i, got)
		}
	}
	if c, err := dialEcho(server); err == nil {
		c.Close()
		t.Error("a client came after the server has closed")
	}
}

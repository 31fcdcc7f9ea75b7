package cluster

import (
	"context"
	"errors"
	"strings"
	"testing"

	"trawl/pool/cluster/natstest"
)

// Workers would wait for a setup in vain that the server takes in no message.
func TestASetupThatNoMessageTakesIsRefused(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{Config: "max_payload: 65536"})
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	conn, err := Connect(ctx, server.URL(), ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	e, err := New(ctx, conn, Options[string, string]{Run: "r", Release: "1", Setup: make([]byte, 70_000)})
	if err == nil {
		e.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "70000 bytes") {
		t.Errorf("New with a setup that is too large: %v", err)
	}
}

// An engine that is broken takes no calls, whoever comes.
func TestABrokenEngineOffersNothing(t *testing.T) {
	e, _ := newDeaf(false)
	capacity := -1
	e.told = newNotices(nil, func(calls int) { capacity = calls })
	e.breakDown(errors.New("enough"))
	e.offer(t, "a", 8)
	e.told.tell()
	if capacity != 0 {
		t.Errorf("it offers %d calls", capacity)
	}
}

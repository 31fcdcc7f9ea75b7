package cluster

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"
)

// noEnvironment has the tests see no credentials of whoever runs them.
func noEnvironment(t *testing.T) {
	t.Helper()
	for _, name := range []string{"NATS_USER", "NATS_PASSWORD", "NATS_TOKEN", "NATS_CREDS", "NATS_NKEY", "NATS_CA", "NATS_CERT", "NATS_KEY"} {
		t.Setenv(name, "")
	}
}

func withUser(o *server.Options) { o.Username, o.Password = "me", "hu/sh@,#%" }

func withToken(o *server.Options) { o.Authorization = "hush" }

// newNkey makes a key: what the server knows of it, and the file that the client has.
func newNkey(t *testing.T) (public, file string) {
	t.Helper()
	pair, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	public, err = pair.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	seed, err := pair.Seed()
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "user.nk")
	if err := os.WriteFile(file, seed, 0o600); err != nil {
		t.Fatal(err)
	}
	return public, file
}

func TestCredentialsComeFromTheAddressOrTheEnvironment(t *testing.T) {
	public, file := newNkey(t)
	withNkey := func(o *server.Options) { o.Nkeys = []*server.NkeyUser{{Nkey: public}} }
	const good = "me:hu%2Fsh%40%2C%23%25@"
	for name, test := range map[string]struct {
		server  func(*server.Options)
		address string // before host and port
		env     map[string]string
		refused string // "": it is not
	}{
		"address":                  {server: withUser, address: good},
		"address wins":             {server: withUser, address: good, env: map[string]string{"NATS_USER": "you", "NATS_PASSWORD": "x", "NATS_CREDS": "/none"}},
		"wrong address":            {server: withUser, address: "me:hush@", env: map[string]string{"NATS_USER": "me", "NATS_PASSWORD": "hu/sh@,#%"}, refused: "those of the address"},
		"user and password":        {server: withUser, env: map[string]string{"NATS_USER": "me", "NATS_PASSWORD": "hu/sh@,#%"}},
		"wrong user and password":  {server: withUser, env: map[string]string{"NATS_USER": "me", "NATS_PASSWORD": "hush"}, refused: "NATS_USER and NATS_PASSWORD"},
		"none":                     {server: withUser, refused: "it wants credentials: write nats://USER:PASSWORD@"},
		"token in the address":     {server: withToken, address: "hush@"},
		"token":                    {server: withToken, env: map[string]string{"NATS_TOKEN": "hush"}},
		"wrong token":              {server: withToken, env: map[string]string{"NATS_TOKEN": "hushhush"}, refused: "NATS_TOKEN"},
		"token as user":            {server: withToken, env: map[string]string{"NATS_USER": "hush"}},
		"nkey":                     {server: withNkey, env: map[string]string{"NATS_NKEY": file}},
		"nkey of no server's user": {server: withUser, env: map[string]string{"NATS_NKEY": file}, refused: "NATS_NKEY"},
		"no nkey":                  {server: withNkey, env: map[string]string{"NATS_NKEY": file + "none"}, refused: "NATS_NKEY"},
		"no creds":                 {server: withUser, env: map[string]string{"NATS_CREDS": "/none/hush"}, refused: "NATS_CREDS"},
		"half a certificate":       {server: withUser, address: good, env: map[string]string{"NATS_CERT": file}, refused: "one of them is missing"},
		"no authority":             {server: withUser, address: good, env: map[string]string{"NATS_CA": "/none"}, refused: "/none"},
	} {
		t.Run(name, func(t *testing.T) {
			noEnvironment(t)
			for key, value := range test.env {
				t.Setenv(key, value)
			}
			place := anywhere(startServer(t, test.server))
			address := "nats://" + test.address + place
			if test.refused == "" {
				connectTo(t, address, ConnectOptions{})
				return
			}
			err := refused(t, address)
			if err == nil || !strings.Contains(err.Error(), test.refused) {
				t.Errorf("Connect: %v, want a refusal that names %s", err, test.refused)
			} else if strings.Contains(strings.ReplaceAll(err.Error(), "/none/hush", ""), "hush") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

// Credentials that a server no longer accepts are tried again for ever, since they can be put
// right there; that it does not accept them is told.
func TestAConnectionOutlivesARefusalOfItsCredentials(t *testing.T) {
	noEnvironment(t)
	s := startServer(t, withUser)
	port := s.Addr().(*net.TCPAddr).Port
	told := newEvents()
	connectTo(t, "nats://me:hu%2Fsh%40%2C%23%25@"+anywhere(s), ConnectOptions{OnEvent: told.add})
	stopServer(s)
	if e := told.wait(t); e.Kind != Disconnected {
		t.Fatalf("told %+v", e)
	}
	strict := startServer(t, func(o *server.Options) { o.Port, o.Username, o.Password = port, "me", "another" })
	for range 4 {
		if e := told.wait(t); e.Kind != Denied || !strings.Contains(e.Detail, "does not accept the credentials, those of the address") || strings.Contains(e.Detail, "hu/") {
			t.Fatalf("told %+v", e)
		}
	}
	stopServer(strict)
	startServer(t, func(o *server.Options) { o.Port = port; withUser(o) })
	e := told.wait(t)
	for e.Kind == Denied { // more than four times
		e = told.wait(t)
	}
	if e.Kind != Connected {
		t.Errorf("told %+v", e)
	}
}

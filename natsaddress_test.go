package main

import "testing"

// What is shown of an address has nothing of a password, whatever characters that has.
func TestAnAddressIsShownWithoutItsSecrets(t *testing.T) {
	for address, want := range map[string]string{
		"":                                   "",
		"h":                                  "h",
		"nats://h:4222":                      "nats://h:4222",
		"nats://a:4222,tls://b:4222":         "nats://a:4222,tls://b:4222",
		"nats://me:topsecret@h:4222":         "nats://***@h:4222",
		"topsecret@h":                        "***@h",
		"tls://topsecret@h#sha256=00":        "tls://***@h#sha256=00",
		"nats://a:topsecret@b,nats://c:1":    "nats://***@b,nats://c:1",
		"nats://a:topsecret@b,c:topsecret@d": "nats://***@b,***@d",
		"nats://a:top@secret@b":              "nats://***@b",
		"nats://a:top,secret@b":              "nats://***@b",
		"nats://a:top/secret#?@b":            "nats://***@b",
		"nats://a,nats://b:topsecret@c":      "nats://***@c",
		"topsecret://topsecret@h":            "***@h",
		"nats://a:b@h\x1b[31m":               "nats://***@h\ufffd[31m",
	} {
		if got := cleanNATS(address); got != want {
			t.Errorf("%q is shown as %q, want %q", address, got, want)
		}
	}
}

func TestAResultKeepsNoPasswordOfAServer(t *testing.T) {
	for line, want := range map[string][]string{
		"trawl --executor=cluster '--nats=nats://***@h:4222' a": {"--executor", "cluster", "--nats", "nats://me:topsecret@h:4222", "a"},
		"trawl '--nats=***@h,b'":                                {"--nats=topsecret@h,b"},
	} {
		if got := commandLine(want); got != line {
			t.Errorf("%q becomes %q, want %q", want, got, line)
		}
	}
}

func TestAddressesThatAreRefused(t *testing.T) {
	for address, why := range map[string]string{
		"http://h:4222":             "It must begin with nats:// or tls://, not with http://.",
		"nats://me:topsecret@":      "The host is missing: write nats://HOST:PORT.",
		"nats://me:topsecret@h:0":   "The port must be 1 to 65535.",
		"nats://me:topsecret@h#pin": "What follows # must be sha256= and the 64 hexadecimal digits of the server's certificate; a # in a password is written %23.",
	} {
		want := "trawl: --nats \"" + cleanNATS(address) + "\" is not the address of a NATS server (option --nats)\n  Use " + natsForm + ".\n  " + why + "\n"
		for _, args := range [][]string{{"--executor", "cluster", "--nats", address}, {"worker", "--nats", address}} {
			if got := refused(t, exitUsage, args...); got != want {
				t.Errorf("trawl %q:\n%swant:\n%s", args, got, want)
			}
		}
	}
}

package cluster

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestAddressesAreRead(t *testing.T) {
	hex := strings.Repeat("0aF9", 16)
	for text, want := range map[string][]string{
		"nats://host:4222":                    {"nats://host:4222"},
		"nats://host":                         {"nats://host:4222"},
		"host:1234":                           {"nats://host:1234"},
		"127.0.0.1":                           {"nats://127.0.0.1:4222"},
		"tls://[2001:db8::1]:4222/":           {"tls://[2001:db8::1]:4222"},
		"[::1]":                               {"nats://[::1]:4222"},
		"nats://me:p%40ss%2C@a:1, nats://b:2": {"nats://me:p%40ss,@a:1", "nats://me:p%40ss,@b:2"},
		"a:1,you:x@b:2":                       {"nats://you:x@a:1", "nats://you:x@b:2"},
		"nats://token@a:1":                    {"nats://token@a:1"},
		"tls://a:1#sha256=" + hex:             {"tls://a:1"},
	} {
		a, err := readAddress(text)
		if err != nil || !slices.Equal(a.urls(), want) {
			t.Errorf("%s: %v (%v), want %v", text, a.urls(), err, want)
		}
		if pinned := strings.Contains(text, "#"); (len(a.pin) == 32) != pinned {
			t.Errorf("%s: pin %x", text, a.pin)
		}
		for _, secret := range []string{"p%40ss", "p@ss", "token", "you:x", "me:"} {
			if strings.Contains(a.String(), secret) {
				t.Errorf("%s is shown as %s", text, a.String())
			}
		}
	}
}

func TestABadAddressIsExplainedWithoutItsPassword(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "missing",
		"a:1,,b:2":                       "missing",
		"a:1,":                           "missing",
		"http://me:hush@host:4222":       "not with http://",
		"ws://host":                      "nats:// or tls://",
		"nats://":                        "host is missing",
		"nats://:4222":                   "host is missing",
		"nats://me:hush@:4222":           "host is missing",
		"nats://host:0":                  "port must be 1 to 65535",
		"nats://me:hush@host:65536":      "port must be 1 to 65535",
		"nats://host:nats":               "cannot be read",
		"nats://me:hu/sh@host:4222":      "%2F for /",
		"nats://me:hush%zz@host":         "%25 for %",
		"nats://me:hush@host/path":       "nothing may follow the port",
		"nats://host?hush":               "nothing may follow the port",
		"nats://me:hu#hush@host":         "%23",
		"nats://host#sha256=hush":        "64 hexadecimal digits",
		"nats://host#sha256=00":          "64 hexadecimal digits",
		"nats://host#md5=hush":           "sha256=",
		"tls://host#":                    "sha256=",
		"nats://me:hush@a:1#x,nats://b:": "sha256=",
	} {
		err := refused(t, text)
		var bad *AddressError
		if !errors.As(err, &bad) || !strings.Contains(bad.Reason, want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: %v, want a mistake in the address: %s", text, err, want)
		}
	}
}

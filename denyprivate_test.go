package main

import "testing"

func withoutProxies(t *testing.T) {
	t.Helper()
	for _, name := range proxyVariables {
		t.Setenv(name, "")
	}
}

func TestDenyPrivateCanBeTakenBack(t *testing.T) {
	withoutProxies(t)
	if cfg := parsed(t, "--deny-private"); !cfg.DenyPrivate {
		t.Error("--deny-private changes nothing")
	}
	if cfg := parsed(t, "--deny-private", "--no-deny-private"); cfg.DenyPrivate {
		t.Error("--no-deny-private does not take it back")
	}
}

// A proxy connects by itself: with one nothing could be promised.
func TestDenyPrivateWithAProxyIsRefused(t *testing.T) {
	t.Chdir(t.TempDir())
	withoutProxies(t)
	const hint = "  A proxy connects by itself, to any address. Leave one of them out.\n"
	for _, name := range proxyVariables {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, "http://me:secret@proxy.example:3128")
			t.Setenv("NO_PROXY", "*")
			want := "trawl: --deny-private does not hold for a proxy, and there is one: " + name + " (option --deny-private)\n" + hint
			if got := refused(t, exitUsage, "--deny-private", "urls.txt"); got != want {
				t.Errorf("got:\n%swant:\n%s", got, want)
			}
			parsed(t, "urls.txt") // which the proxy alone does not disturb
		})
	}
	t.Setenv("TRAWL_DENY_PRIVATE", "1")
	want := "trawl: --deny-private does not hold for a proxy, and there is one: option -x (TRAWL_DENY_PRIVATE)\n" + hint
	if got := refused(t, exitUsage, "-x", "socks5://proxy.example", "urls.txt"); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
	if cfg := parsed(t, "-x", "socks5://proxy.example", "--no-deny-private", "urls.txt"); cfg.DenyPrivate {
		t.Error("the line does not win over the variable")
	}
}

package crawl

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"trawl/fetch"
	"trawl/fetch/dnstest"
)

// What name servers do to those who ask them, by the name asked for; Silent is to the
// second look-up too.
func raving() map[string]dnstest.Answer {
	loopback := dnstest.Addrs("127.0.0.1")
	mangled := func(mangle func([]byte) []byte) dnstest.Answer {
		a := loopback
		a.Mangle = mangle
		return a
	}
	all := map[string]dnstest.Answer{
		"none.example":     dnstest.NoSuchHost,
		"failure.example":  dnstest.Failure,
		"empty.example":    {TTL: 60},
		"nothing.example":  mangled(func([]byte) []byte { return []byte{} }),
		"half.example":     mangled(func(m []byte) []byte { return m[:len(m)/2] }),
		"noise.example":    mangled(func(m []byte) []byte { return append(m[:12], bytes.Repeat([]byte{0xff}, 500)...) }),
		"text.example":     mangled(func([]byte) []byte { return []byte("\x1b[35mHTTP/1.1 400 Bad Request\r\n\r\n") }),
		"other.example":    mangled(func(m []byte) []byte { m[0] ^= 0xff; return m }),
		"question.example": mangled(func(m []byte) []byte { m[2] &^= 0x80; return m }),
	}
	for i := range 8 { // as many as there are workers
		all[fmt.Sprintf("silent%d.example", i)] = dnstest.Silence
	}
	return all
}

// A name server that rages, or never answers, costs the names that it does so for, and no
// attempt more than its time.
func TestANameServerHurtsNoOther(t *testing.T) { everywhere(t, testANameServerHurtsNoOther) }

func testANameServerHurtsNoOther(t *testing.T, at place) {
	const timeout, connectTimeout = 2 * time.Second, time.Second
	dns := dnstest.Start(t)
	_, port, _ := strings.Cut(strings.TrimPrefix(server(t), "http://"), ":")
	var lines []string
	for name, answer := range raving() {
		good := "good-" + name
		dns.Set(name, answer)
		dns.Set(good, dnstest.Addrs("127.0.0.1"))
		lines = append(lines, fmt.Sprintf("http://%s:%s/ok", name, port), fmt.Sprintf("http://%s:%s/ok", good, port))
	}
	dir := t.TempDir()
	sum, err := Crawl(t.Context(), nil, listOf(t, lines...), at(to(dir, Options{
		Stage:  fetch.StageOptions{Concurrency: 8, Timeout: timeout, Retries: 1},
		Client: fetch.ClientOptions{NameServer: dns.Addr(), ConnectTimeout: connectTimeout},
	}), ""))
	if err != nil {
		t.Fatal(err)
	}
	if sum.Pages != int64(len(raving())) || sum.Failed != sum.Pages {
		t.Errorf("%d pages and %d failures, want %d of each", sum.Pages, sum.Failed, len(raving()))
	}
	for line := range strings.Lines(read(t, dir, "pages.jsonl")) {
		var rec struct {
			URL      string
			Class    fetch.Class
			Error    string
			Duration float64 `json:"duration_ms"`
			Attempts int
		}
		if err := json.Unmarshal([]byte(line), &rec); err != nil {
			t.Fatal(err)
		}
		good := strings.HasPrefix(rec.URL, "http://good-")
		if good != (rec.Class == "") || !good && rec.Class != fetch.DNS {
			t.Errorf("%s: %q (%s)", rec.URL, rec.Class, rec.Error)
		}
		if took := time.Duration(rec.Duration * float64(time.Millisecond)); took > timeout+time.Second || rec.Attempts > 2 {
			t.Errorf("%s: %d attempts, of which the last took %v", rec.URL, rec.Attempts, took)
		}
		if strings.ContainsAny(line, "\x1b\r") {
			t.Errorf("a name server has written %q", line)
		}
	}
}

// Names may lead anywhere, and elsewhere the next time: with DenyPrivate that is nowhere.
func TestNamesOfPrivateAddressesAreDenied(t *testing.T) { everywhere(t, testNamesOfPrivateAddresses) }

func testNamesOfPrivateAddresses(t *testing.T, at place) {
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"} {
		t.Setenv(name, "") // with a proxy nothing is promised
	}
	dns, site := dnstest.Start(t), server(t)
	_, port, _ := strings.Cut(strings.TrimPrefix(site, "http://"), ":")
	var lines []string
	for i, addr := range []string{
		"127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "::1", "::", "fe80::1", "fd00::1",
		"::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
	} {
		name := fmt.Sprintf("to%d.example", i)
		dns.Set(name, dnstest.Answer{Addrs: []netip.Addr{netip.MustParseAddr(addr)}, Alias: "alias-" + name + "."})
		lines = append(lines, fmt.Sprintf("http://%s:%s/ok", name, port))
	}
	dns.Set("several.example", dnstest.Addrs("127.0.0.1", "10.0.0.1", "::1"))
	lines = append(lines, "http://several.example:"+port+"/ok", site+"/ok", "http://localhost:"+port+"/ok")
	dir := t.TempDir()
	sum, err := Crawl(t.Context(), nil, listOf(t, lines...), at(to(dir, Options{
		Client: fetch.ClientOptions{NameServer: dns.Addr(), DenyPrivate: true},
	}), ""))
	if err != nil {
		t.Fatal(err)
	}
	if denied := sum.Classes[fetch.Denied]; sum.Pages != 0 || denied != int64(len(lines)) {
		t.Errorf("%d pages and %d denied, want all %d denied:\n%s", sum.Pages, denied, len(lines), read(t, dir, "errors.jsonl"))
	}
}

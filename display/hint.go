package display

import (
	"net/http"
	"strings"

	"github.com/dustin/go-humanize"

	"trawl/crawl"
	"trawl/fetch"
)

// noSuccess is for a run without a single page: if all failures read alike the
// reason lies nearer than the pages, and is worth a word.
func (t *text) noSuccess(sum *crawl.Summary, end End) {
	t.name()
	t.printf("no URL succeeded: %s of %s failed", humanize.Comma(sum.Failed), humanize.Comma(sum.URLs()))
	if len(sum.Failures) != 1 {
		t.printf(" (exit %d)\n", end.Exit)
		t.kinds(sum.Failures)
		t.places(sum, end)
		t.again(sum, end)
		return
	}
	all := sum.Failures[0]
	with := "all with"
	if all.Count == 1 {
		with = "with"
	}
	t.printf(", %s \"%s\" (exit %d)\n", with, clip(strings.ReplaceAll(Clean(all.Label), `"`, "'"), maxLabel), end.Exit)
	if all.Class == fetch.DNS && all.Count > 1 { // it says nothing about any of them
		t.printf("  DNS does not answer. Check the network and the proxy.\n")
		return
	}
	t.printf("  first: %s%s\n", shownURL(all.FirstURL), source(all))
	t.places(sum, end)
	if hint := certificateHint(sum.Failures, end); hint != "" {
		t.printf("  %s\n", hint)
		return
	}
	if hint := noSuccessHint(sum, all.Class); hint != "" {
		t.printf("  %s\n", hint)
	}
	t.again(sum, end)
}

// noSuccessHint is what to look at when every URL failed for one reason.
func noSuccessHint(sum *crawl.Summary, class fetch.Class) string {
	switch class {
	case fetch.DNS:
		return "Is the name right? If it is, check the network and the proxy."
	case fetch.Connect:
		return "Check the network, the addresses and the ports."
	case fetch.Proxy:
		return "Check the proxy (option -x, or HTTP_PROXY and HTTPS_PROXY)."
	case fetch.Timeout:
		return "Check the network and the proxy, or wait longer with -t."
	case fetch.HostDown:
		return "Check the network, the addresses and the ports, or do not give up with --host-max-errors 0."
	case fetch.Robots:
		return "robots.txt is obeyed for all URLs with --robots always."
	case fetch.Denied:
		return "Only public addresses may be connected to (option --deny-private)."
	case fetch.BadURL:
		if label := sum.Failures[0].Label; label == "not a URL" || strings.HasPrefix(label, "scheme ") {
			return "A URL begins with http:// or https://."
		}
	case fetch.HTTPStatus:
		if len(sum.Status) > 0 && sum.Status[0].Status == http.StatusUnauthorized {
			return "The server wants credentials: -H @FILE sends headers from a file."
		}
	}
	return ""
}

// certificateHint is for failures that all are certificates; else it is "".
func certificateHint(groups []crawl.FailureGroup, end End) string {
	if len(groups) == 0 {
		return ""
	}
	expired, unknown := true, true
	for _, g := range groups {
		if g.Class != fetch.TLS || !strings.HasPrefix(g.Label, "certificate ") {
			return ""
		}
		expired = expired && strings.HasPrefix(g.Label, "certificate expired")
		unknown = unknown && (strings.HasPrefix(g.Label, "certificate signed by unknown authority") || g.Label == "certificate is self-signed")
	}
	mend := "The site must mend it."
	switch {
	case expired:
		mend = "The site must renew it."
	case unknown:
		mend = "Trust its issuer with --cacert FILE."
	}
	if end.Retry == "" {
		return mend + " To fetch them anyway: --insecure"
	}
	return mend + " To fetch them anyway: " + Clean(end.Retry) + " --insecure"
}

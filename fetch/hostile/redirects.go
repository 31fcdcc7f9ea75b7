package hostile

import (
	"fmt"
	"strings"
	"time"

	"trawl/fetch"
)

var (
	badRedirect = fails(fetch.BadRedirect)
	endless     = fails(fetch.TooManyRedirects)
)

// allHops is the requests of an attempt that follows the usual ten redirects.
const allHops = 11

// redirects lead nowhere, or where no client may go.
var redirects = []design{
	{name: "a loop", want: endless, hops: allHops, answer: acts{redirect(func(c *conn) string { return c.request.URL.Path })}},
	{name: "a loop of two", want: endless, hops: allHops, answer: acts{redirect(func(c *conn) string { return "/" + strings.Repeat("x", 1^len(c.request.URL.Path[1:])) })}},
	{name: "a loop by nothing but a fragment", want: endless, hops: allHops, answer: acts{redirect(func(*conn) string { return "#hello" })}},
	{name: "ten thousand redirects", want: endless, hops: allHops, answer: acts{redirect(func(c *conn) string {
		if len(c.request.URL.Path) > 10_000 {
			return "/good/length/0"
		}
		return c.request.URL.Path + "x"
	})}},
	{name: "a URL that grows", paths: []string{"/x"}, want: fails(fetch.TooManyRedirects, fetch.BadRedirect), hops: allHops, answer: acts{redirect(func(c *conn) string {
		return c.request.RequestURI + strings.Repeat("/and/on", len(c.request.RequestURI))
	})}},
	{name: "a query that grows", want: fails(fetch.TooManyRedirects, fetch.BadRedirect), hops: allHops, answer: acts{redirect(func(c *conn) string {
		return "/?" + strings.Repeat(c.request.URL.RawQuery+"&a", 9)
	})}},
	{name: "slow redirects", want: timeout, hops: allHops, answer: acts{wait(700 * time.Millisecond), redirect(func(c *conn) string { return c.request.URL.Path + "x" })}},
	{name: "redirects with dripping heads", want: timeout, hops: allHops, answer: acts{say(found("/")), drip("X: y\r\n" + nothing)}},
	{name: "a dripping Location", want: timeout, answer: acts{say("HTTP/1.1 302 Found\r\nLocation: /"), drip(zeros)}},
	{name: "a redirect with a dripping body", want: gives(5), hops: 2, answer: acts{thenHello, say(found("/there") + "Content-Length: 400\r\n\r\n"), drip(zeros)}},
	{name: "a redirect with a silent body", want: gives(5), hops: 2, answer: acts{thenHello, say(found("/there") + "Content-Length: 400\r\n\r\n"), hang}},
	{name: "a redirect with an endless body", want: gives(5), hops: 2, answer: acts{thenHello, say(found("/there") + "\r\n"), flood("x")}},
	{name: "a redirect with a broken body", want: gives(5), hops: 2, answer: acts{thenHello, say(found("/there") + "Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\nno chunk\r\n")}},
	{name: "a redirect to a fragment with an escape", want: gives(5).or(fetch.Protocol), hops: 2, answer: acts{thenHello, say(found("/there#\x1b[35m") + nothing), keep}},

	{name: "to file:", want: badRedirect, answer: leads("file:///etc/passwd")},
	{name: "to FILE:", want: badRedirect, answer: leads("FILE:/etc/passwd")},
	{name: "to gopher:", want: badRedirect, answer: leads("gopher://127.0.0.1:70/_hello")},
	{name: "to dict:", want: badRedirect, answer: leads("dict://127.0.0.1:2628/d:hello")},
	{name: "to javascript:", want: badRedirect, answer: leads("javascript:alert(1)")},
	{name: "to java script:, with a tab", want: badRedirect, answer: leads("java\tscript:alert(1)")},
	{name: "to data:", want: badRedirect, answer: leads("data:text/html,hello")},
	{name: "to ftp:", want: badRedirect, answer: leads("ftp://127.0.0.1/hello")},
	{name: "to ws:", want: badRedirect, answer: leads("ws://127.0.0.1/")},
	{name: "to mailto:", want: badRedirect, answer: leads("mailto:me@example.com")},
	{name: "to about:", want: badRedirect, answer: leads("about:blank")},
	{name: "to blob:", want: badRedirect, answer: leads("blob:http://127.0.0.1/x")},
	{name: "to view-source:", want: badRedirect, answer: leads("view-source:http://127.0.0.1/")},
	{name: "to unix:", want: badRedirect, answer: leads("unix:///var/run/docker.sock")},
	{name: "to nothing but http:", want: badRedirect, answer: leads("http://")},
	{name: "to a host of nothing", want: badRedirect, answer: leads("http://:80/")},
	{name: "to no host, but a user", want: badRedirect, answer: leads("http://user@/")},
	{name: "to a port that is none", want: badRedirect, answer: leads("http://127.0.0.1:99999/")},
	{name: "to a port below nothing", want: badRedirect, answer: leads("http://127.0.0.1:-1/")},
	{name: "to a port in letters", want: badRedirect, answer: leads("http://127.0.0.1:http/")},
	{name: "to half an address", want: badRedirect, answer: leads("http://[::1/")},
	{name: "to an address with too many parts", want: badRedirect, answer: leads("http://127.0.0.0.1/")},
	{name: "to an address with too large parts", want: badRedirect, answer: leads("http://127.0.0.256/")},
	{name: "to a host with a space", want: badRedirect, answer: leads("http://hello world/")},
	{name: "to a host with %00", want: badRedirect, answer: leads("http://127.0.0.1%00.example/")},
	{name: "to a host with <", want: badRedirect, answer: leads("http://<script>/")},
	{name: "to nowhere", want: fails(fetch.BadRedirect, fetch.HTTPStatus), answer: leads("")},
	{name: "to a space", want: fails(fetch.BadRedirect, fetch.HTTPStatus), answer: leads(" ")},
	{name: "to where it does not say", want: fails(fetch.BadRedirect, fetch.HTTPStatus), answer: acts{say("HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n"), keep}},
	{name: "to two places", want: gives(5).or(fetch.BadRedirect, fetch.Protocol), hops: 2, answer: acts{thenHello, say(found("/there") + "Location: file:///etc/passwd\r\n" + nothing), keep}},
	{name: "to a closed port", want: fails(fetch.Connect), answer: leads("http://127.0.0.1:1/")},
	{name: "300, which is the user's choice", want: busy, answer: acts{say("HTTP/1.1 300 Choose\r\nLocation: /there\r\n" + nothing), keep}},
	{name: "305, to a proxy", want: busy, answer: acts{say("HTTP/1.1 305 Use Proxy\r\nLocation: http://127.0.0.1:1/\r\n" + nothing), keep}},
	{name: "304 with a Location", want: busy, answer: acts{say("HTTP/1.1 304 Not Modified\r\nLocation: /there\r\n\r\n"), keep}},
	{name: "201 with a Location", want: gives(0), answer: acts{say("HTTP/1.1 201 Created\r\nLocation: /there\r\n" + nothing), keep}},
	{name: "a Refresh and a Location of a success", want: gives(5), answer: acts{say(ok + "Refresh: 0; url=/there\r\nLocation: /there\r\nContent-Location: /there\r\n" + five), keep}},

	// What is in a Location goes out percent-encoded, or not at all.
	{name: "to a path with %0d%0a and a header", want: gives(5), hops: 2, answer: acts{thenHello, say(found("/there%0d%0aX-Injected:%20hello") + nothing), keep}},
	{name: "to a query with %0d%0a and a header", want: gives(5), hops: 2, answer: acts{thenHello, say(found("/there?%0D%0AX-Injected: hello") + nothing), keep}},
	{name: "to a path with a bare CR", want: gives(5).or(fetch.BadRedirect, fetch.Protocol), hops: 2, answer: acts{thenHello, say(found("/there HTTP/1.1\rX-Injected: hello\r\r") + nothing), keep}},
	{name: "to a path with NUL", want: gives(5).or(fetch.BadRedirect, fetch.Protocol), hops: 2, answer: acts{thenHello, say(found("/there\x00x") + nothing), keep}},
	{name: "to a path with control characters", want: gives(5).or(fetch.BadRedirect, fetch.Protocol), hops: 2, answer: acts{thenHello, say(found("/there\x01\x1b[35m\x7f") + nothing), keep}},
	{name: "to a path with spaces", want: gives(5), hops: 2, answer: acts{thenHello, say(found("/there and back HTTP/1.1") + nothing), keep}},
	{name: "to a path that is no UTF-8", want: gives(5), hops: 2, answer: acts{thenHello, say(found("/there\xff\xc0\xaf") + nothing), keep}},
	{name: "to a path above the root", want: gives(5), hops: 2, answer: acts{thenHello, say(found("/../../../there") + nothing), keep}},
	{name: "to a path with a backslash", want: gives(5), hops: 2, answer: acts{thenHello, say(found("\\there") + nothing), keep}},
	{name: "to a path of 60,000 bytes", want: gives(5), hops: 2, answer: acts{thenHello, say(found("/there"+strings.Repeat("x", 60_000)) + nothing), keep}},
	{name: "to a path of 100,000 bytes", want: badRedirect, answer: leads("/there" + strings.Repeat("x", 100_000))},
	{name: "to a path of 1,000,000 bytes", want: fails(fetch.BadRedirect, fetch.Protocol), answer: leads("/there" + strings.Repeat("x", 1_000_000))},
	{name: "to a path that is too long when encoded", want: badRedirect, answer: leads("/there" + strings.Repeat("é", 30_000))},
	{name: "to a host of 10,000 labels", want: fails(fetch.BadRedirect, fetch.DNS), answer: leads("http://" + strings.Repeat("a.", 10_000) + "example/")},
	{name: "to another host, which credentials must not reach", want: gives(5), answer: acts{redirect(func(c *conn) string { return c.fault.server.other.origin() })}},
	{name: "to a URL with credentials", want: gives(5), hops: 2, answer: acts{thenHello, redirect(func(c *conn) string {
		return strings.Replace(c.fault.origin(), "://", "://user:password@", 1) + "/there"
	})}},
}

const nothing = "Content-Length: 0\r\n\r\n"

func found(location string) string { return "HTTP/1.1 302 Found\r\nLocation: " + location + "\r\n" }

func leads(location string) acts { return acts{say(found(location) + nothing), keep} }

// redirect says where, and that there is nothing else.
func redirect(to func(*conn) string) func(*conn) bool {
	return func(c *conn) bool {
		c.keep = true
		return say(found(to(c)) + nothing)(c)
	}
}

// thenHello answers the hop that the redirect of the other steps leads to.
func thenHello(c *conn) bool {
	if !strings.HasPrefix(c.request.URL.Path, "/there") {
		return true
	}
	c.keep = true
	fmt.Fprint(c, ok+five)
	return false
}

func wait(d time.Duration) func(*conn) bool {
	return func(c *conn) bool { return c.fault.server.wait(d) }
}

package hostile

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"trawl/fetch"
)

// evil is what must not come out as it is: what moves a cursor, rings a bell, turns text
// around, or begins a line that nobody has written.
const evil = "\x1b[35mEVIL\x1b]0;title\x07\x9b\u009b2J\x7f\u202e\u2066\u200f\u061c\u2028\u2029\u0085\x00\b\r\nurl:<http://forged/> size:[1]\r\n{\"url\":\"http://forged/\",\"size\":1}\n"

// inHead is evil without what would be the end of a header, or make it none.
const inHead = "\x1b[35mEVIL\x1b]0;title\x07\x9b\u009b2J\x7f\u202e\u2066\u200f\u061c\u2028\u2029\u0085\b url:<http://forged/> size:[1]"

// visible is inHead without what may not be in any header.
const visible = "EVIL\u009b2J\u202e\u2066\u200f\u061c\u2028\u2029\u0085 url:<http://forged/> size:[1]"

// carrying is an answer with these fields and hello.
func carrying(fields string) acts { return acts{say("HTTP/1.1 200 OK\r\n" + fields + five), keep} }

// holding is a page of that text.
func holding(text string) design {
	size := int64(utf8.RuneCountInString(text))
	return design{want: gives(size), answer: acts{say(fmt.Sprintf("%s%d\r\n\r\n%s", okOfLength, len(text), text)), keep}}
}

func (d design) named(name string) design {
	d.name = name
	return d
}

// injections want to be seen on a screen, or to be taken for a record. RFC 9110 §5.5
// leaves to a client what it does with control characters in headers.
var injections = []design{
	holding("<title>" + strings.ReplaceAll(evil, "<", "&lt;") + "</title>").named("a title"),
	holding("<title>&#27;[31mEVIL&#x202e;&#x2066;&#13;&#10;url:&lt;http://forged/&gt; size:[1]</title>").named("a title of entities"),
	holding("<title>\xff\xfe\xed\xa0\x80\xc0\xaf</title>").named("a title that is no UTF-8"),
	holding("<h1>" + strings.ReplaceAll(evil, "<", "&lt;") + "</h1><a href=\"" + strings.ReplaceAll(evil, "\"", "") + "\">x</a>").named("text and links that are selected"),
	holding("<meta charset=\"" + inHead + "\">").named("a charset in a page"),
	{name: "a reason", want: gives(5).or(fetch.Protocol), answer: acts{say("HTTP/1.1 200 " + inHead + "\r\n" + five), keep}},
	{name: "a reason of a failure", want: fails(fetch.HTTPStatus, fetch.Protocol), answer: acts{say("HTTP/1.1 404 " + inHead + "\r\nContent-Length: 0\r\n\r\n"), keep}},
	{name: "a version", want: malformed, answer: acts{say("HTTP/\x1b[35m 200 OK\r\n" + five)}},
	{name: "a status", want: malformed, answer: acts{say("HTTP/1.1 \x1b[35m\u202e OK\r\n" + five)}},
	{name: "a name of a header", want: gives(5).or(fetch.Protocol), answer: carrying("\x1b[35mEVIL\u202e: x\r\n")},
	{name: "a header of no colon", want: malformed, answer: carrying(inHead[:20] + "\r\n")},
	{name: "a length", want: malformed, answer: acts{say("HTTP/1.1 200 OK\r\nContent-Length: 5" + inHead + "\r\n\r\nhello")}},
	{name: "a transfer coding", want: fails(fetch.Protocol, fetch.Decode), answer: acts{say(ok + "Transfer-Encoding: " + inHead + "\r\n\r\nhello")}},
	{name: "a content coding", want: fails(fetch.Decode, fetch.Protocol), answer: coded(inHead, "hello")},
	{name: "a content coding that can be read", want: undecodable, answer: coded(visible, "hello")},
	{name: "a size of a chunk", want: malformed, answer: acts{say(okOfChunks + "\x1b[35m\u202e\r\nhello\r\n0\r\n\r\n")}},
	{name: "a content type", want: gives(5).or(fetch.Protocol), answer: carrying("Content-Type: text/html" + inHead + "\r\n")},
	{name: "a content type that can be read", want: gives(5).or(fetch.Protocol), answer: carrying("Content-Type: text/html; charset=\"" + visible + "\"\r\n")},
	{name: "an ETag", want: gives(5).or(fetch.Protocol), answer: carrying("ETag: \"" + inHead + "\"\r\n")},
	{name: "an ETag that can be read", want: gives(5), answer: carrying("ETag: \"" + visible + "\"\r\n")},
	{name: "a Last-Modified", want: gives(5), answer: carrying("Last-Modified: " + visible + "\r\n")},
	{name: "a Server and what else is shown with -vv", want: gives(5).or(fetch.Protocol), answer: carrying("Server: " + inHead + "\r\nX: \xff\xfe\r\nSet-Cookie: " + inHead + "\r\n")},
	{name: "a header that is no UTF-8", want: gives(5), answer: carrying("ETag: \"\xff\xfe\xed\xa0\x80\xc0\xaf\"\r\nContent-Type: text/html; charset=\xff\r\n")},
	{name: "a Location", want: gives(5).or(fetch.Protocol, fetch.BadRedirect), hops: 2, answer: acts{thenHello, say(found("/there"+inHead) + nothing), keep}},
	{name: "a Location that can be read", want: gives(5).or(fetch.BadRedirect), hops: 2, answer: acts{thenHello, say(found("/there?"+visible+"#"+visible) + nothing), keep}},
	{name: "a Location with a line", want: gives(5), hops: 2, answer: acts{thenHello, say(found("/there> size:[1] url:<http://forged/> size:[1]") + nothing), keep}},
	// What is no scheme is a path.
	{name: "a scheme", want: fails(fetch.BadRedirect, fetch.Protocol, fetch.TooManyRedirects), hops: allHops, answer: leads("java\u202escript:" + visible)},
	{name: "a scheme with escapes", want: fails(fetch.BadRedirect, fetch.Protocol, fetch.TooManyRedirects), hops: allHops, answer: leads("\x1b[35mevil\x07:x")},
	{name: "a host", want: fails(fetch.BadRedirect, fetch.DNS), answer: leads("http://" + "evil\u202e\u2066.example" + "/")},
	{name: "a host with escapes", want: fails(fetch.BadRedirect, fetch.Protocol), answer: leads("http://\x1b[35mevil/")},
	{name: "a Retry-After", want: busy, answer: acts{say(unavailable + visible + "\r\n\r\n"), keep}},
	{name: "a realm", want: busy, answer: acts{say("HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"" + visible + "\"\r\nContent-Length: 0\r\n\r\n"), keep}},
	{name: "a Content-Disposition with ../", want: gives(5), answer: carrying("Content-Disposition: attachment; filename=\"../../../../tmp/evil\"\r\n")},
	{name: "a Content-Disposition of urls.txt", want: gives(5), answer: carrying("Content-Disposition: attachment; filename=urls.txt; filename*=UTF-8''..%2f..%2furls.txt\r\n")},
	{name: "a name of a file in the path", want: gives(5), answer: carrying("Content-Type: application/octet-stream\r\n"), paths: []string{"/..%2f..%2f..%2ftmp%2fevil", "/%2e%2e/%2e%2e/db.txt"}},
	{name: "a trailer with escapes", want: gives(5).or(fetch.Protocol), answer: acts{say(okOfChunks + "5\r\nhello\r\n0\r\nETag: " + inHead + "\r\n\r\n")}},
	{name: "an extension of a chunk", want: gives(5).or(fetch.Protocol), answer: acts{say(okOfChunks + "5;" + inHead + "\r\nhello\r\n0\r\n\r\n")}},
	{name: "a hint", want: gives(5).or(fetch.Protocol), answer: acts{say("HTTP/1.1 103 " + inHead + "\r\nLink: " + inHead + "\r\n\r\n" + ok + five)}},
	{name: "headers over HTTP/2", want: gives(5).or(fetch.Protocol, fetch.Reset), streams: answers(":status", "200", "etag", visible, "last-modified", visible, "content-type", "text/html; charset="+visible, "server", inHead)},
	{name: "a Location over HTTP/2", want: fails(fetch.Protocol, fetch.Reset, fetch.BadRedirect, fetch.TooManyRedirects), hops: allHops, streams: answers(":status", "302", "location", "evil\u202e:"+visible)},
	{name: "a certificate for a name with escapes", want: fails(fetch.TLS), answer: acts{say(ok + five)}, secure: true, certificate: controlling, good: alone},
}

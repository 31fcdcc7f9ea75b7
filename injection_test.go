//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// evil is what a server says where it can: line ends, terminal escapes, C1 controls
// in UTF-8 and as bytes, characters that turn the direction of text or end a line, bytes that are
// no UTF-8, and what would be another record.
const evil = "\x1b[31m\x1b]0;owned\x07\u009b2J\x9b\u202eevil\u2066\u200e\u200f\u061c\u2028\u2029\u0085\x7f\xff" +
	"\nurl:<http://forged.example/> size:[1]\r\n{\"url\":\"http://forged.example/\"}\x08\x00"

// inHeader is evil as far as a line of a head can hold it; bare NUL and CR, which make it no
// head at all, are apart.
var inHeader = strings.NewReplacer("\r", "", "\n", " ", "\x00", "").Replace(evil)

// answers are heads and bodies as they go on the wire, by path.
var answers = map[string]string{
	"title":         page200("text/html; charset=utf-8", "<title>"+evil+"</title><h1>"+evil+"</h1><a href='"+inHeader+"' title='"+evil+"'>x</a><img src='x:"+evil+"'>"),
	"references":    page200("text/html", "<title>&#27;[2J&#x202e;&#x9b;&#155;&#x2028;&#10;url:&lt;http://forged.example/&gt; size:[1]</title>"),
	"latin1":        page200("text/html; charset=iso-8859-1", "<title>\x85\x9b\x81 url:<x> size:[1]</title>"),
	"utf16":         page200("text/html; charset=utf-16le", "<\x00t\x00i\x00t\x00l\x00e\x00>\x00\x00\xd8\x1b\x00\x9b\x00\x0a\x00x\x00"),
	"headers":       "HTTP/1.1 200 OK\r\nContent-Type: text/html; x=" + inHeader + "\r\nETag: \"" + inHeader + "\"\r\nLast-Modified: " + inHeader + "\r\nX-" + inHeader + ": y\r\nSet-Cookie: " + inHeader + "\r\nContent-Length: 2\r\n\r\nok",
	"reason":        "HTTP/1.1 404 " + inHeader + "\r\nContent-Length: 0\r\n\r\n",
	"status":        "HTTP/1.1 2" + inHeader + "\r\n\r\n",
	"version":       inHeader + " 200 OK\r\n\r\n",
	"coding":        "HTTP/1.1 200 OK\r\nContent-Encoding: " + inHeader + "\r\nContent-Length: 2\r\n\r\nok",
	"length":        "HTTP/1.1 200 OK\r\nContent-Length: " + inHeader + "\r\n\r\nok",
	"transfer":      "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + inHeader + "\r\n\r\nok",
	"chunk":         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + inHeader + "\r\n",
	"nul":           "HTTP/1.1 200 OK\r\nETag: a\x00b\r\nContent-Length: 2\r\n\r\nok",
	"return":        "HTTP/1.1 200 OK\r\nETag: a\rurl:<http://forged.example/> size:[1]\r\nContent-Length: 2\r\n\r\nok",
	"charset":       page200("text/html; charset="+inHeader, "<title>x</title>"),
	"retry":         "HTTP/1.1 429 Slow\r\nRetry-After: " + inHeader + "\r\nContent-Length: 0\r\n\r\n",
	"to":            redirect("/ok/" + inHeader),
	"to-host":       redirect("http://" + inHeader + "/"),
	"to-scheme":     redirect("gopher:" + inHeader),
	"to-nowhere":    redirect("http://[" + inHeader + "]/"),
	"to-newline":    redirect("/ok%0aurl:<http://forged.example/>%20size:[1]"),
	"to-fragment":   redirect("/ok#" + inHeader),
	"to-credential": redirect("http://" + inHeader + ":x@127.0.0.1:1/"),
	"ok":            page200("text/html", "ok"),
}

func page200(contentType, body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", contentType, len(body), body)
}

func redirect(to string) string {
	return "HTTP/1.1 302 Found\r\nLocation: " + to + "\r\nContent-Length: 0\r\n\r\n"
}

// answerEvil sends the answers, each on a connection that then ends. It returns its URL.
func answerEvil(t *testing.T) string {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go answerOnce(conn)
		}
	}()
	return "http://" + l.Addr().String()
}

func answerOnce(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	line, err := in.ReadString('\n')
	for head := line; err == nil && len(head) > 2; head, err = in.ReadString('\n') {
	}
	path := strings.Fields(line + " / /")[1]
	name, _, _ := strings.Cut(strings.Trim(path, "/"), "/")
	if answer, ok := answers[name]; ok {
		io.WriteString(conn, answer)
	} else {
		io.WriteString(conn, answers["ok"])
	}
}

// Whatever servers and lists say, each URL has its one record, in well-formed UTF-8, and no
// control character reaches files or terminal.
func TestNothingThatAServerSaysSteersOrForges(t *testing.T) {
	site := answerEvil(t)
	var urls []string
	for name := range answers {
		urls = append(urls, site+"/"+name)
	}
	urls = append(urls, site+"/ok/"+strings.ReplaceAll(inHeader, " ", ""), "-K x", "--output=x", "javascript:alert(1)", "gopher://x/", "\x1b[2J\u202e\u009b", "\xff\xfe\x00", strings.Repeat("x", 1<<20),
		`{"url":"`+site+`/ok/meta","meta":{"a\u001b\u202e":"\u009b\u2028"}}`, `{"url":"http://`+"\u202e"+`"}`, "{\"url\":\"\xff\"}")
	everyExecutor(t, func(t *testing.T) {
		for _, format := range []string{"text", "jsonl"} {
			dir := t.TempDir()
			list(t, dir, urls...)
			args := []string{"urls.txt", "-vv", "-o", "db", "-f", format, "--errors", "errors", "--summary", "always", "--progress", "json", "--retries", "0"}
			if format == "jsonl" {
				args = append(args, "--select", "h=h1", "--select", "a=a@href", "--select", "t=a@title", "--select", "s=img@src")
			}
			said, err := trawl(t, dir, args...).CombinedOutput()
			if code := exitOf(t, err); code != exitFailed {
				t.Errorf("%s: exit %d, want %d", format, code, exitFailed)
			}
			harmless(t, format+": standard error", string(said))
			results, failures := contents(t, dir, "db"), contents(t, dir, "errors")
			harmless(t, format+": results", results)
			harmless(t, format+": errors", failures)
			records := linesOf(results)
			want := len(urls)
			if format == "text" {
				want -= len(linesOf(failures))
				for _, line := range records {
					if !resultLine.MatchString(line) || strings.Contains(line, "<http://forged") {
						t.Errorf("a line that is no result: %q", line)
					}
				}
			} else {
				wellFormed(t, records)
			}
			wellFormed(t, linesOf(failures))
			if len(records) != want {
				t.Errorf("%s: %d records of %d URLs", format, len(records), want)
			}
			cron, _ := trawl(t, dir, "urls.txt", "-o", "db2", "--retries", "0").CombinedOutput()
			harmless(t, "the block for a mail", string(cron))
			screen, _ := watched(t, trawl(t, dir, "urls.txt", "-v", "-o", "db3", "--retries", "0"), 80)
			harmless(t, "the screen", strings.NewReplacer("\r", "", "\t", "").Replace(escapes.ReplaceAllString(screen, "")))
		}
	})
}

// harmless looks for characters that steer a terminal, and for bytes that are none.
func harmless(t *testing.T, what, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Errorf("%s is not well-formed UTF-8: %.200q", what, text)
	}
	for line := range strings.Lines(text) {
		if i := strings.IndexFunc(strings.TrimSuffix(line, "\n"), steers); i >= 0 {
			t.Errorf("%s has a control character: %.300q", what, line[max(0, i-100):])
		}
	}
}

func steers(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}

// wellFormed looks into the strings of JSON lines, where escapes would be undone. What the
// list says in "meta" is the list's.
func wellFormed(t *testing.T, lines []string) {
	t.Helper()
	for _, line := range lines {
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Errorf("a line that is no record: %.200q: %v", line, err)
			continue
		}
		delete(record, "meta")
		for key, value := range record {
			if text := fmt.Sprint(value); strings.ContainsFunc(text, steers) {
				t.Errorf("%s has a control character behind an escape: %.300q", key, text)
			}
		}
	}
}

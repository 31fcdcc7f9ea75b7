package parse

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// wptPages are the pages of the W3C's tests of the input byte stream, each with
// the header it is to be served with and the encoding that it names as the one
// that must win.
var wptPages = []struct{ file, contentType, want string }{
	{"HTTP-charset.html", "text/html; charset=iso-8859-15", "iso-8859-15"},
	{"HTTP-vs-UTF-8-BOM.html", "text/html; charset=iso-8859-15", "utf-8"},
	{"HTTP-vs-meta-charset.html", "text/html; charset=iso-8859-15", "iso-8859-15"},
	{"HTTP-vs-meta-content.html", "text/html; charset=iso-8859-15", "iso-8859-15"},
	{"No-encoding-declaration.html", "text/html", "utf-8"},
	{"UTF-16BE-BOM.html", "text/html", "utf-16be"},
	{"UTF-16LE-BOM.html", "text/html", "utf-16le"},
	{"UTF-8-BOM-vs-meta-charset.html", "text/html", "utf-8"},
	{"UTF-8-BOM-vs-meta-content.html", "text/html", "utf-8"},
	{"meta-charset-attribute.html", "text/html", "iso-8859-15"},
	{"meta-content-attribute.html", "text/html", "iso-8859-15"},
}

func TestW3CPagesHaveTheEncodingThatTheyName(t *testing.T) {
	files, err := filepath.Glob("testdata/wpt-encoding/*.html")
	if err != nil || len(files) != len(wptPages) {
		t.Fatalf("%d pages in testdata (%v), %d in the table", len(files), err, len(wptPages))
	}
	for _, page := range wptPages {
		body, err := os.ReadFile(filepath.Join("testdata/wpt-encoding", page.file))
		if err != nil {
			t.Fatal(err)
		}
		types := []string{page.contentType}
		if page.contentType == "text/html" {
			types = append(types, "application/xhtml+xml", "text/html;charset=", "text/html; charset=bogus")
		}
		for _, contentType := range types {
			if cs := charsetOfPage(contentType, body); cs.name != page.want {
				t.Errorf("%s as %q: %s, want %s", page.file, contentType, cs.name, page.want)
			}
		}
	}
}

func TestHTML5LibEncodings(t *testing.T) {
	cases := 0
	for _, file := range []string{"tests1.dat", "tests2.dat", "test-yahoo-jp.dat"} {
		dat, err := os.ReadFile(filepath.Join("testdata/html5lib-encoding", file))
		if err != nil {
			t.Fatal(err)
		}
		for i, test := range bytes.Split(append([]byte("\n"), dat...), []byte("\n#data\n"))[1:] {
			data, rest, ok := bytes.Cut(test, []byte("\n#encoding\n"))
			if !ok {
				t.Fatalf("%s: case %d has no #encoding", file, i+1)
			}
			cases++
			want := strings.ToLower(strings.TrimSpace(string(rest)))
			if cs := charsetOfPage("text/html", data); cs.name != want {
				t.Errorf("%s case %d: %s, want %s\n%s", file, i+1, cs.name, want, strconv.Quote(string(data[:min(len(data), 200)])))
			}
		}
	}
	if cases != 82 {
		t.Errorf("%d cases, want 82", cases)
	}
}

func TestHTML5LibUndeclaredBig5IsGuessed(t *testing.T) {
	body, err := os.ReadFile("testdata/html5lib-encoding/chardet/test_big5.txt")
	if err != nil {
		t.Fatal(err)
	}
	if cs := charsetOfPage("text/plain", body); cs.name != "big5" {
		t.Errorf("%s, want big5", cs.name)
	}
}

func charsetOfPage(contentType string, body []byte) charset {
	m := parseContentType(contentType)
	cs, _ := findCharset(body, kindOf(m.essence, body), m.charset)
	return cs
}

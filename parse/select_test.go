package parse

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/andybalholm/cascadia"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"trawl/fetch"
)

func TestTitleIsWhatABrowserShows(t *testing.T) {
	const head = "<!doctype html><meta charset=utf-8>"
	for _, test := range []struct{ name, page, want string }{
		{"plain", head + "<title>A page</title>", "A page"},
		{"white space", head + "<TITLE lang=en>\n A\t\r\n  page \f</TITLE >", "A page"},
		{"no-break spaces stay", head + "<title>\u00a0A\u00a0 page</title>", "\u00a0A\u00a0 page"},
		{"references", head + "<title>Tom &amp; Jerry &lt;3 &#x1F600; &eacute;&nbsp;&notit;</title>", "Tom & Jerry <3 😀 é\u00a0¬it;"},
		{"tags are text", head + "<title>a <b>c</b><!-- d --></title>", "a <b>c</b><!-- d -->"},
		{"the first", head + "<title>1</title><title>2</title>", "1"},
		{"the first, empty", head + "<title></title><title>2</title>", ""},
		{"of a drawing", head + "<svg><title>drawn</title></svg><title>page</title>", "page"},
		{"of nested drawings", head + "<svg><svg><title>drawn</title></svg><title>drawn</title></svg><title>page</title>", "page"},
		{"behind an empty drawing", head + "<svg/><title>page</title>", "page"},
		{"of a drawing only", head + "<svg><title>drawn</title></svg>", ""},
		{"of a template", head + "<template><title>t</title></template><title>page</title>", "page"},
		{"in a script", head + "<script>'<title>no</title>'</script><title>page</title>", "page"},
		{"in a comment", head + "<!-- <title>no</title> --><title>page</title>", "page"},
		{"in an attribute", head + `<link title="<title>no</title>"><title>page</title>`, "page"},
		{"in the body", head + "<body><p>x<title>late</title>", "late"},
		{"without end", head + "<title>open <p>x", "open <p>x"},
		{"control characters", head + "<title>a\x1b[2J\u009b\u202eb\x00</title>", "a[2Jb\uFFFD"},
		{"references to them", head + "<title>a&#27;[2J&#x202e;b&#x9b;</title>", "a[2Jb›"},
		{"bytes that are no UTF-8", head + "<title>a\xff\xe2\x82b</title>", "a\uFFFD\uFFFDb"},
		{"none", head + "<p>x", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			page := htmlPage(test.page)
			rec, err := ParsePage(page, Options{Title: true})
			if err != nil || rec.Title != test.want {
				t.Errorf("title %q, %v; want %q", rec.Title, err, test.want)
			}
			rec, err = ParsePage(page, Options{Title: true, Select: []Selector{mustSelector(t, "x=x")}})
			if err != nil || rec.Title != test.want {
				t.Errorf("title from the tree %q, %v; want %q", rec.Title, err, test.want)
			}
		})
	}
}

func TestTitleIsDecoded(t *testing.T) {
	const page = "<title>日本語</title>"
	for _, charset := range []string{"utf-8", "shift_jis", "euc-jp", "iso-2022-jp", "utf-16le", "gb18030"} {
		cs := mustCharset(charset)
		body := []byte(page)
		if cs.enc != nil {
			body = encoded(t, cs.enc, page)
		}
		rec, err := ParsePage(&fetch.Page{ContentType: "text/html; charset=" + charset, Body: body, HasBody: true}, Options{Title: true})
		if err != nil || rec.Title != "日本語" {
			t.Errorf("%s: %q, %v", charset, rec.Title, err)
		}
	}
}

func TestOnlyHTMLHasATitle(t *testing.T) {
	for _, contentType := range []string{"text/plain", "application/rss+xml", "image/svg+xml", "application/json", "image/png"} {
		page := htmlPage("<title>T</title>")
		page.ContentType = contentType
		if rec, err := ParsePage(page, Options{Title: true}); rec.Title != "" || err != nil {
			t.Errorf("%s: title %q, %v", contentType, rec.Title, err)
		}
	}
}

func TestTitleIsCutAtACharacter(t *testing.T) {
	rec, err := ParsePage(htmlPage("<title>a"+strings.Repeat("é", maxTitle)), Options{Title: true})
	if n := len(rec.Title); err != nil || n > maxTitle || n < maxTitle-4 || !utf8.ValidString(rec.Title) {
		t.Errorf("%d bytes, %v", n, err)
	}
}

func TestTitleFarBehindIsNotLookedFor(t *testing.T) {
	rec, err := ParsePage(htmlPage(strings.Repeat(" ", titleWithin)+"<title>far</title>"), Options{Title: true})
	if rec.Title != "" || err != nil {
		t.Errorf("%q, %v", rec.Title, err)
	}
}

const shop = `<!doctype html><base href="/shop/"><title>Shop</title><h1> Fine
	<b>things</b></h1><h1></h1>
<ul><li class=item data-price=" 3 "><a href="a?x=1&amp;y=2#top">A</a>
<li class="item sold"><a href=/b>B</a><img src="//cdn.example.net/b.png" alt="x&#27;y
z"><li><a href="mailto:me@example.com">&#x202e;mail</a><a>none</a><a href="https://[bad/">bad</a></ul>
<svg viewBox="0 0 1 1"><use xlink:href="#icon"></use></svg>`

func TestSelectorsTakeTextsAndAttributes(t *testing.T) {
	for _, test := range []struct{ selectors, want string }{
		{"h1=h1", `{"h1":["Fine things",""]}`},
		{"b=h1 > b", `{"b":["things"]}`},
		{"a=a@href", `{"a":["https://example.com/shop/a?x=1&y=2#top","https://example.com/b","mailto:me@example.com"]}`},
		{"i=img@src", `{"i":["https://cdn.example.net/b.png"]}`},
		{"i=img@ALT", `{"i":["xy z"]}`},
		{"p=li@data-price", `{"p":[" 3 "]}`},
		{"v=svg@viewbox|x=use@xlink:href", `{"v":["0 0 1 1"],"x":["#icon"]}`},
		{"none=h7", ``},
		{"none=a@none", ``},
		{"z=b|none=h7|a=title", `{"z":["things"],"a":["Shop"]}`},
		{"x=b|y=title|x=title", `{"x":["things","Shop"],"y":["Shop"]}`},
		{"m=a[href^='mailto:']", `{"m":["mail"]}`},
		{"m=a[href*='@']@href", `{"m":["mailto:me@example.com"]}`},
		{"<&\">=b", `{"<&\">":["things"]}`},
		{"x=li:nth-child(2) img, b ,title", `{"x":["Shop","things",""]}`},
		{"x=li.item:not(.sold) a", `{"x":["A"]}`},
		{"x=li:has(img) > a", `{"x":["B"]}`},
		{"x=li + li ~ li a", `{"x":["mail","none","bad"]}`},
		{"x=li/**/a/* x, y */", `{"x":["A","B","mail","none","bad"]}`},
	} {
		var selectors []Selector
		for s := range strings.SplitSeq(test.selectors, "|") {
			selectors = append(selectors, mustSelector(t, s))
		}
		rec, err := ParsePage(htmlPage(shop), Options{Select: selectors})
		if err != nil || string(rec.Data) != test.want {
			t.Errorf("%s: %s, %v; want %s", test.selectors, rec.Data, err, test.want)
		}
	}
}

func TestSelectorsReadXMLAndNoOtherText(t *testing.T) {
	for contentType, want := range map[string]string{
		"application/xml": `{"l":["https://example.com/1"]}`, "text/xml": `{"l":["https://example.com/1"]}`,
		"text/plain": "", "application/json": "", "application/octet-stream": "",
	} {
		page := htmlPage("<?xml version='1.0'?><urlset><url><loc>https://example.com/1</loc></url></urlset>")
		page.ContentType = contentType
		rec, err := ParsePage(page, Options{Select: []Selector{mustSelector(t, "l=url > loc")}})
		if string(rec.Data) != want || err != nil {
			t.Errorf("%s: %s, %v; want %s", contentType, rec.Data, err, want)
		}
	}
}

func TestSelectedFieldsAreBounded(t *testing.T) {
	page := htmlPage(strings.Repeat("<div>", 100) + strings.Repeat("text ", 20_000))
	if _, err := ParsePage(page, Options{Select: []Selector{mustSelector(t, "all=*")}}); !errors.Is(err, errData) {
		t.Errorf("error %v, want %v", err, errData)
	}
}

func TestBadSelectorsSayWhatIsWrong(t *testing.T) {
	for _, test := range []struct{ selector, want string }{
		{"", "no = between name and CSS selector"},
		{"h1", "no = between name and CSS selector"},
		{"=h1", "no name before the ="},
		{" =h1", "no name before the ="},
		{"a\x1b=h1", "not a name that can be printed"},
		{"a\xff=h1", "not a name that can be printed"},
		{"h1=", "no CSS selector"},
		{"h1= ", "no CSS selector"},
		{"h1=@href", "no CSS selector"},
		{"h1=a@", "no attribute after the @"},
		{"h1=a@b c", `"b c" is not the name of an attribute`},
		{"h1=a@b@c", `bad CSS selector: `},
		{"h1=a[", "bad CSS selector: "},
		{"h1=a[x='@href", "bad CSS selector: "},
		{"h1=a >", "bad CSS selector: "},
		{"h1=> a", "bad CSS selector: "},
		{"h1=a,", "bad CSS selector: "},
		{"h1=a:nonsense", "bad CSS selector: "},
		{"h1=a::before", "bad CSS selector: "},
		{"h1=" + strings.Repeat("a ", 65), "CSS selector of more than 64 parts"},
	} {
		_, err := ParseSelector(test.selector)
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%q: %v, want %s", test.selector, err, test.want)
		}
	}
}

func TestSelectorIsTakenApartAtTheRightPlaces(t *testing.T) {
	for _, test := range []struct{ selector, name, attr string }{
		{"h1=h1", "h1", ""},
		{"links=a@href", "links", "href"},
		{" n = a @ HREF ", "n", "href"},
		{"x=a[href='x@y=z']", "x", ""},
		{`x=a[href="x@y"]@src`, "x", "src"},
		{`x=a:not([x="@"])@data-x`, "x", "data-x"},
		{`x=#a\@b`, "x", ""},
		{`x=#a\@b@id`, "x", "id"},
		{`x=#\31 23 b@id`, "x", "id"},
		{"größe=p", "größe", ""},
	} {
		s, err := ParseSelector(test.selector)
		if err != nil || s.name != test.name || s.attr != test.attr || s.String() != test.selector {
			t.Errorf("%q: name %q, attribute %q, %v; want %q, %q", test.selector, s.name, s.attr, err, test.name, test.attr)
		}
	}
}

// TestFindingIsWhatTheLibraryFinds compares the one walk with cascadia's, on trees
// and selectors that chance has made.
func TestFindingIsWhatTheLibraryFinds(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	names := []string{"a", "b", "p", "i", "em"}
	element := func() string {
		s := names[r.IntN(len(names))]
		switch r.IntN(8) {
		case 0:
			s = "*"
		case 1:
			s += ":first-child"
		case 2:
			s += ":not(a > b, i)"
		case 3:
			s += "[x='a > b, c + d ~ e']"
		}
		return s
	}
	hits := 0
	for range 2000 {
		root := &html.Node{Type: html.DocumentNode}
		nodes := []*html.Node{root}
		for range 1 + r.IntN(30) {
			n := &html.Node{Type: html.ElementNode, Data: names[r.IntN(len(names))]}
			if r.IntN(5) == 0 {
				n = &html.Node{Type: html.TextNode, Data: "x"}
			}
			parent := nodes[r.IntN(len(nodes))]
			if parent.Type == html.TextNode || parent == root && len(nodes) > 1 {
				continue
			}
			parent.AppendChild(n)
			nodes = append(nodes, n)
		}
		var css strings.Builder
		css.WriteString(element())
		for range r.IntN(5) {
			css.WriteString([]string{" ", ">", " > ", "+", " ~ ", " , "}[r.IntN(6)] + element())
		}
		sel := mustSelector(t, "x="+css.String())
		search := &search{steps: sel.steps, whole: sel.whole, bounds: enter(0)}
		search.bounds.leave()
		got, want := search.MatchAll(root), cascadia.QueryAll(root, sel.whole)
		if !slices.Equal(got, want) {
			var b strings.Builder
			_ = html.Render(&b, root)
			t.Fatalf("%s in %s: %d found, want %d", css.String(), b.String(), len(got), len(want))
		}
		hits += len(want)
	}
	if hits < 1000 {
		t.Errorf("only %d hits: the comparison is empty", hits)
	}
}

func TestDeepNestingCostsADescendantSelectorNothing(t *testing.T) {
	page := htmlPage(strings.Repeat("<div>", 500) + strings.Repeat("<a>x</a>", 1000))
	rec, err := ParsePage(page, Options{Select: []Selector{mustSelector(t, "x=main div div div div div div a"), mustSelector(t, "y=div div div div div a")}})
	if err != nil {
		t.Fatal(err)
	}
	var data map[string][]string
	if err := json.Unmarshal(rec.Data, &data); err != nil || len(data["x"]) != 0 || len(data["y"]) != 1000 {
		t.Errorf("%d and %d found, %v", len(data["x"]), len(data["y"]), err)
	}
}

func TestLinksAreMadeAbsoluteAsInABrowser(t *testing.T) {
	for _, test := range []struct{ page, ref, want string }{
		{"https://example.com/dir/page?q=1#f", "other", "https://example.com/dir/other"},
		{"https://example.com/dir/page?q=1", "", "https://example.com/dir/page?q=1"},
		{"https://example.com/dir/page?q=1", "#top", "https://example.com/dir/page?q=1#top"},
		{"https://example.com/dir/page?q=1", "?r=2", "https://example.com/dir/page?r=2"},
		{"https://example.com/dir/page", "../up/./x", "https://example.com/up/x"},
		{"https://example.com/dir/page", "./", "https://example.com/dir/"},
		{"https://example.com/dir/page", "..", "https://example.com/"},
		{"https://example.com", "x", "https://example.com/x"},
		{"https://example.com?q", "x", "https://example.com/x"},
		{"http://example.com:8080/a", "/b", "http://example.com:8080/b"},
		{"http://example.com/a", "//other.example/b", "http://other.example/b"},
		{"http://example.com/a", `\\other.example\b`, "http://other.example/b"},
		{"http://example.com/a", `\b\c`, "http://example.com/b/c"},
		{"http://example.com/a", "HTTPS://Example.COM:443/%7Ex", "https://example.com/%7Ex"},
		{"http://example.com/a", " \n a b\t\r\n", "http://example.com/a%20b"},
		{"http://example.com/a", "a\nb", "http://example.com/ab"},
		{"http://example.com/a", "ü?ü#ü \"", "http://example.com/%C3%BC?%C3%BC#%C3%BC%20%22"},
		{"http://example.com/a", "a:b", "a:b"},
		{"http://example.com/a", "./a:b", "http://example.com/a:b"},
		{"http://example.com/a", "javascript:alert(1)", "javascript:alert(1)"},
		{"http://example.com/a", "mailto:\x1bme@example.com", "mailto:me@example.com"},
		{"http://me:secret@example.com/a", "b", "http://example.com/b"},
		{"http://example.com/a", "http://bücher.example/", "http://xn--bcher-kva.example/"},
		{"http://example.com/a", "http://", ""},
		{"http://example.com/a", "http://[bad/", ""},
		{"http://example.com/a", "//", ""},
		{"http://[2001:db8::1]:81/a/b", "c", "http://[2001:db8::1]:81/a/c"},
	} {
		got, ok := newBase(test.page).absolute(test.ref)
		if got != test.want || ok != (test.want != "") {
			t.Errorf("%q on %s: %q, %t; want %q", test.ref, test.page, got, ok, test.want)
		}
	}
}

func TestBaseOfAPage(t *testing.T) {
	for _, test := range []struct{ tags, want string }{
		{"", "https://example.com/dir/x"},
		{"<base href=https://other.example/y/>", "https://other.example/y/x"},
		{"<base href=/z/>", "https://example.com/z/x"},
		{"<base target=_top><base href=/z/><base href=/no/>", "https://example.com/z/x"},
		{"<base href=javascript:alert(1)>", "https://example.com/dir/x"},
		{"<base href='http://[bad'>", "https://example.com/dir/x"},
	} {
		rec, err := ParsePage(htmlPage(test.tags+"<a href=x>"), Options{Select: []Selector{mustSelector(t, "a=a@href")}})
		if diff := cmp.Diff(fmt.Sprintf(`{"a":["%s"]}`, test.want), string(rec.Data)); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", test.tags, err, diff)
		}
	}
}

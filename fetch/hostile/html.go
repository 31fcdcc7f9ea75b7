package hostile

import (
	"fmt"
	"strings"
)

// pages are of about so many bytes each, and hard to parse. Whether they are parsed or
// not, they have been fetched: without a selector they are pages. All are ASCII.
func pages(size int, markup []markup) (all []design) {
	for _, p := range markup {
		all = append(all, design{
			name: p.name,
			want: Want{Sizes: []int64{int64(len(p.text(size)))}, Parse: true},
			answer: acts{keep, func(c *conn) bool { // made anew, as all of them would be hundreds of megabytes
				text := p.text(size)
				return say(fmt.Sprintf("%s%d\r\n\r\n", okOfLength, len(text)))(c) && say(text)(c)
			}},
		})
	}
	return all
}

// markup is a page, in any size.
type markup struct {
	name string
	text func(size int) string
}

// named are those that everybody knows of.
var named = []markup{
	{"nested elements", again("<div>")},
	{"nested templates", again("<template>")},
	{"misnested formatting", again("<b><i><u></b></i></u>")},
	{"formatting that each paragraph opens anew", func(size int) string {
		var open strings.Builder
		for i := range 400 {
			fmt.Fprintf(&open, "<font size=%d>", i)
		}
		return open.String() + strings.Repeat("<p>x", size/4)
	}},
	{"text that is no part of its table", again("<table>x<b>")},
	{"attributes", func(size int) string {
		var b strings.Builder
		b.WriteString("<p ")
		for i := 0; b.Len() < size; i++ {
			fmt.Fprintf(&b, "a%d=%d ", i, i)
		}
		return b.String() + ">hello"
	}},
	{"a comment that is never closed", func(size int) string { return "<!--" + strings.Repeat("--!- ", size/5) }},
	{"a script that is never closed", func(size int) string { return "<script>" + strings.Repeat("<!--<script></script>", size/21) }},
	{"a title", func(size int) string { return "<title>" + strings.Repeat("very ", size/5) + "long</title><p>hello" }},
	{"one line", again("x")},
}

var others = []markup{
	{"nested inline elements", again("<span>")},
	{"nested formatting", again("<b>")},
	{"nested links", again("<a href=x>")},
	{"nested lists", again("<ul><li>")},
	{"nested tables", again("<table><tr><td>")},
	{"nested foreign elements", again("<svg><foreignObject><math><mi>")},
	{"nested selects", again("<select><option><optgroup>")},
	{"nested forms", again("<form><div>")},
	{"nested headings and buttons", again("<h1><button>")},
	{"nested elements that are all closed", func(size int) string {
		n := size / 11
		return strings.Repeat("<div>", n) + strings.Repeat("</div>", n)
	}},
	{"misnested formatting in paragraphs", again("<b><p><i><p></b><div></i>")},
	{"links in links in tables", again("<a><table><a>")},
	{"elements that are no part of their table", again("<table><div><tr><p>")},
	{"ends of nothing", again("</p></br></x>")},
	{"beginnings of nothing", again("<")},
	{"entities", again("&amp;&#x26;&notit;&#0;&#x110000;&NotEqualTilde;")},
	{"NULs", again("\x00<p\x00>")},
	{"attributes of one name", func(size int) string { return "<p " + strings.Repeat("a=b ", size/4) + ">hello" }},
	{"attributes on body", again("<body a=b><html c=d>")},
	{"one attribute", func(size int) string { return "<p title=\"" + strings.Repeat("x", size) + "\">hello" }},
	{"an attribute that is never closed", func(size int) string { return "<p title=\"" + strings.Repeat("<p>", size/3) }},
	{"a tag that is never closed", func(size int) string { return "<p " + strings.Repeat("x", size) }},
	{"comments", again("<!--><!--->")},
	{"a style that is never closed", func(size int) string { return "<style>" + strings.Repeat("</styl>", size/7) }},
	{"plaintext", func(size int) string { return "<plaintext>" + strings.Repeat("</plaintext>", size/12) }},
	{"a title that is never closed", func(size int) string { return "<title>" + strings.Repeat("</titl>", size/7) }},
	{"titles", again("<title>hello</title>")},
	{"a doctype", func(size int) string { return "<!doctype " + strings.Repeat("html ", size/5) + "><p>hello" }},
	{"CDATA", func(size int) string { return "<svg><![CDATA[" + strings.Repeat("]] >", size/4) }},
	{"matches", again("<h1>x")}, // of a selector
	{"framesets", again("<frameset><frame>")},
	{"bases", again("<base href=/x/>")},
	{"charsets", again("<meta charset=utf-16><meta charset=gbk><meta charset=utf-8>")},
	{"white space", again(" \n\t\f")},
}

func again(text string) func(size int) string {
	return func(size int) string { return strings.Repeat(text, size/len(text)) }
}

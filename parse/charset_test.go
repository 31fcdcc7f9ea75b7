package parse

import (
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/htmlindex"
)

func TestContentTypeIsReadAsBrowsersDo(t *testing.T) {
	for _, test := range []struct {
		header, essence, charset string
	}{
		{"", "", ""},
		{"text/html", "text/html", ""},
		{" TEXT/Html ; CharSet=GBK ", "text/html", "GBK"},
		{"text/html;charset=gbk", "text/html", "gbk"},
		{`text/html;charset="gbk"`, "text/html", "gbk"},
		{`text/html;charset="gbk`, "text/html", "gbk"},
		{`text/html;charset="\g\bk"`, "text/html", "gbk"},
		{`text/html;charset="gbk\`, "text/html", `gbk\`},
		{`text/html;charset="gbk" junk;x=y`, "text/html", "gbk"},
		{"text/html;charset= gbk", "text/html", " gbk"},
		{"text/html;charset =gbk", "text/html", ""},
		{"text/html;charset='gbk'", "text/html", "'gbk'"},
		{"text/html;charset", "text/html", ""},
		{"text/html;charset=", "text/html", ""},
		{"text/html;;;charset=gbk", "text/html", "gbk"},
		{"text/html;charset;charset=gbk", "text/html", "gbk"},
		{"text/html;charset=;charset=gbk", "text/html", "gbk"},
		{`text/html;charset="";charset=gbk`, "text/html", ""},
		{"text/html;charset=gbk;charset=utf-8", "text/html", "gbk"},
		{"text/html;charset=\x0bgbk;charset=utf-8", "text/html", "utf-8"},
		{`text/html;test="x;charset=gbk";charset=utf-8`, "text/html", "utf-8"},
		{"charset=utf-8", "", ""},
		{"text", "", ""},
		{"text/", "", ""},
		{"/html", "", ""},
		{"te xt/html", "", ""},
		{"text/html, text/plain", "text/plain", ""},
		{"text/html, ", "text/html", ""},
		{"text/html, junk", "text/html", ""},
		{"text/html;charset=gbk, */*", "text/html", "gbk"},
		{"text/html;charset=gbk, text/html", "text/html", "gbk"},
		{"text/html;charset=gbk, text/plain, text/html", "text/html", ""},
		{"text/html;charset=gbk, text/html;charset=utf-8", "text/html", "utf-8"},
		{`text/html;x="a,b";charset=gbk`, "text/html", "gbk"},
		{`text/html;x="a\",b";charset=gbk`, "text/html", "gbk"},
	} {
		got := parseContentType(test.header)
		if got.essence != test.essence || got.charset != test.charset {
			t.Errorf("%q: %q, %q; want %q, %q", test.header, got.essence, got.charset, test.essence, test.charset)
		}
	}
}

func TestKindOfABody(t *testing.T) {
	for _, test := range []struct {
		essence, body string
		want          kind
	}{
		{"text/html", "", markup},
		{"application/xhtml+xml", "", markup},
		{"application/xml", "", xml},
		{"text/xml", "", xml},
		{"application/atom+xml", "", xml},
		{"image/svg+xml", "", xml},
		{"text/csv", "", text},
		{"application/json", "", text},
		{"application/ld+json", "", text},
		{"application/javascript", "", text},
		{"application/pdf", "<html>", opaque},
		{"application/octet-stream", "<html>", opaque},
		{"application/zip", "", opaque},
		{"image/png", "text", opaque},
		{"video/mp4", "", opaque},
		{"font/woff2", "", opaque},
		{"", "<!DOCTYPE html>", markup},
		{"", " \n<HTML>", markup},
		{"unknown/unknown", "<!-- x --><p>", markup},
		{"", "<?xml version='1.0'?>", xml},
		{"", "plain", text},
		{"", `{"a":1}`, text},
		{"", "%PDF-1.7", opaque},
		{"", "a\x00b", opaque},
		{"", "GIF89a", opaque},
	} {
		if got := kindOf(test.essence, []byte(test.body)); got != test.want {
			t.Errorf("%q with %q: kind %d, want %d", test.essence, test.body, got, test.want)
		}
	}
}

func TestCharsetIsFoundInBrowsersOrder(t *testing.T) {
	late := "<!--" + strings.Repeat("x", prescanned) + "-->"
	for _, test := range []struct{ name, contentType, body, want string }{
		{"mark over header", "text/html; charset=gbk", "\xEF\xBB\xBFx", "utf-8"},
		{"mark in text", "text/plain; charset=gbk", "\xFE\xFF\x00x", "utf-16be"},
		{"header over meta", "text/html; charset=gbk", "<meta charset=big5>", "gbk"},
		{"bogus header", "text/html; charset=bogus", "<meta charset=big5>", "big5"},
		{"meta in text", "text/plain", "<meta charset=big5>", "windows-1252"},
		{"meta without a type", "", "<html><meta charset=big5>", "big5"},
		{"meta in XHTML", "application/xhtml+xml", "<meta charset=big5>", "big5"},
		{"meta in XML", "text/xml", "<meta charset=big5>", "windows-1252"},
		{"meta says UTF-16", "text/html", "<meta charset=utf-16le>", "utf-8"},
		{"meta says x-user-defined", "text/html", "<meta charset=x-user-defined>", "windows-1252"},
		{"header says x-user-defined", "text/html; charset=x-user-defined", "", "x-user-defined"},
		{"header says UTF-16", "text/html; charset=utf-16", "<meta charset=big5>", "utf-16le"},
		{"meta says replacement", "text/html", "<meta charset=iso-2022-kr>", "replacement"},
		{"meta with a slash", "text/html", "<meta/charset=big5>", "big5"},
		{"meta in a comment that is none", "text/html", "<!--><meta charset=big5>", "big5"},
		{"meta in an end tag", "text/html", "</meta charset=big5>", "windows-1252"},
		{"first of two attributes", "text/html", "<meta charset=big5 charset=gbk>", "big5"},
		{"content after charset", "text/html", "<meta charset=bogus http-equiv=content-type content='text/html;charset=gbk'>", "windows-1252"},
		{"charset after content", "text/html", "<meta content='text/html;charset=gbk' charset=big5>", "big5"},
		{"content twice charset", "text/html", "<meta http-equiv=content-type content='charset charset = gbk'>", "gbk"},
		{"label with another s", "text/html", "<meta http-equiv=content-type content='char\u017fet=gbk'>\xff", "windows-1252"},
		{"label with a no-break space", "text/html", "<meta charset='\u00a0big5'>", "utf-8"},
		{"XML declaration says x-user-defined", "text/html", "<?xml encoding='x-user-defined'?>", "x-user-defined"},
		{"encoding behind an XML declaration", "text/html", "<?xml version='1.0'?><p encoding='big5'>", "windows-1252"},
		{"XML declaration in HTML", "text/html", "<?xml version='1.0' encoding='big5'?>", "big5"},
		{"XML declaration says UTF-16", "text/xml", "<?xml version='1.0' encoding='utf-16'?>", "utf-8"},
		{"XML declaration", "text/xml", `<?xml encoding = "big5" ?>`, "big5"},
		{"XML declaration with a blank", "text/xml", `<?xml encoding=" big5"?>`, "windows-1252"},
		{"XML declaration without end", "text/xml", `<?xml encoding="big5"`, "windows-1252"},
		{"XML in UTF-16LE", "text/xml", "<\x00?\x00x\x00m\x00l\x00", "utf-16le"},
		{"XML in UTF-16BE", "application/rss+xml", "\x00<\x00?\x00x\x00m\x00l", "utf-16be"},
		{"XHTML in UTF-16LE", "text/html", "<\x00?\x00x\x00m\x00l\x00", "utf-16le"},
		{"late meta", "text/html", late + "<meta charset=big5>", "big5"},
		{"late meta over a valid text", "text/html", late + "<meta charset=big5>é", "big5"},
		{"meta across the limit", "text/html", strings.Repeat(" ", prescanned-8) + "<meta charset=big5>", "big5"},
		{"late meta in a script", "text/html", late + "<script><meta charset=big5></script>", "windows-1252"},
		{"late meta behind a script", "text/html", late + "<script>'<meta charset=gbk>'</SCRIPT ><meta charset=big5>", "big5"},
		{"late meta behind a style without end", "text/html", late + "<style></styles><meta charset=big5>", "windows-1252"},
		{"late meta in the body", "text/html", late + "<p><meta charset=big5>", "windows-1252"},
		{"late meta behind the head", "text/html", late + "</head><meta charset=big5>", "windows-1252"},
		{"UTF-8", "text/html", "é", "utf-8"},
		{"UTF-8 cut in a character", "text/html", strings.Repeat("é", 20) + "\xe2\x82", "utf-8"},
		{"UTF-8 with a wrong byte", "text/html", strings.Repeat("日本語", 20) + "\xff" + strings.Repeat("日本語", 20), "utf-8"},
		{"ASCII", "text/html", "plain", "windows-1252"},
		{"ASCII with colours", "text/plain", "\x1b[31mred", "windows-1252"},
		{"one Latin-1 letter", "text/html", "caf\xe9", "windows-1252"},
	} {
		if cs := charsetOfPage(test.contentType, []byte(test.body)); cs.name != test.want {
			t.Errorf("%s: %s, want %s", test.name, cs.name, test.want)
		}
	}
}

// undeclared are short texts in the encodings of the web, of which nothing says
// what they are.
var undeclared = []struct{ charset, text string }{
	{"utf-8", "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich"},
	{"windows-1252", "Un été à la plage, très agréable; le garçon a mangé une crêpe près de l’hôtel"},
	{"windows-1252", "Der Bürgermeister eröffnete die Straße für Fußgänger und größere Züge"},
	{"shift_jis", "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。何でも薄暗いじめじめした所で泣いていた事だけは記憶している。"},
	{"euc-jp", "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。何でも薄暗いじめじめした所で泣いていた事だけは記憶している。"},
	{"iso-2022-jp", "吾輩は猫である。名前はまだ無い。"},
	{"gb18030", "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。人人有资格享有本宣言所载的一切权利和自由。"},
	{"big5", "人人生而自由，在尊嚴和權利上一律平等。他們賦有理性和良心，並應以兄弟關係的精神相對待。人人有資格享有本宣言所載的一切權利和自由。"},
	{"euc-kr", "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다. 인간은 천부적으로 이성과 양심을 부여받았으며 서로 형제애의 정신으로 행동하여야 한다."},
	{"windows-1251", "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью"},
	{"koi8-r", "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью"},
	{"iso-8859-7", "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα. Είναι προικισμένοι με λογική και συνείδηση"},
}

func TestUndeclaredTextIsGuessed(t *testing.T) {
	for _, test := range undeclared {
		enc, err := htmlindex.Get(test.charset)
		if err != nil {
			t.Fatal(err)
		}
		for _, body := range [][]byte{
			encoded(t, enc, test.text),
			encoded(t, enc, "<html><head><title>x</title></head><body>"+strings.Repeat("<p>"+test.text+"</p>\n", 10)),
			encoded(t, enc, "<html>"+strings.Repeat("<script>var ascii;</script>\n", 1000)+test.text),
		} {
			if cs := charsetOfPage("text/html", body); cs.name != test.charset {
				t.Errorf("%s of %d bytes: guessed %s", test.charset, len(body), cs.name)
			}
		}
	}
}

func TestTheSameGuessEachTime(t *testing.T) {
	for _, body := range []string{"\xa4\xa4", "\xb5\xb5\xb5\xb5", "caf\xe9 \xa4\xa4\xa4\xe9", "\x81\x40\x81\x41"} {
		first := guess([]byte(body)).name
		for range 50 {
			if again := guess([]byte(body)).name; again != first {
				t.Fatalf("%q: %s, then %s", body, first, again)
			}
		}
	}
}

func TestEveryLabelOfTheStandardHasItsEncoding(t *testing.T) {
	longest := 0
	for _, line := range lines(t, "labels.txt") {
		name, label, _ := strings.Cut(line, " ")
		longest = max(longest, len(label))
		for _, label := range []string{label, strings.ToUpper(label), "\t\n\f\r " + label + " \r\f\n\t"} {
			if cs, ok := charsetOf([]byte(label)); !ok || cs.name != name || (cs.enc == nil) != (name == "utf-8") {
				t.Errorf("%q: %q, want %s", label, cs.name, name)
			}
		}
		for _, label := range []string{"\v" + label, label + "\x00", label + "\u00a0", "x" + label + "x", label + label} {
			if cs, ok := charsetOf([]byte(label)); ok {
				t.Errorf("%q: %s, want none", label, cs.name)
			}
		}
	}
	if longest != longestLabel {
		t.Errorf("the longest label has %d bytes", longest)
	}
}

func TestOtherLabelsHaveNoEncoding(t *testing.T) {
	for _, label := range []string{
		"", " ", "none", "utf", "utf-7", "utf-32", "utf_8", "utf16", "utf-16-le", "cesu-8", "scsu", "bocu-1", "ucs2", "latin-1", "iso-8859-12",
		"iso-8859-11-i", "iso-8859-17", "cp437", "cp932", "cp936", "cp949", "gb2312-80", "big5hkscs", "euc-tw", "hz", "viscii", "koi8-t", "mac-roman", "\u212aoi8-r",
	} {
		if cs, ok := charsetOf([]byte(label)); ok {
			t.Errorf("%q: %s, want none", label, cs.name)
		}
	}
}

func TestCountOfUTF8IsWithMaximalSubparts(t *testing.T) {
	for _, test := range []struct {
		text string
		want int64
	}{
		{"\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41", 9}, // Unicode §3.9, tables 3-8 to 3-11
		{"\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41", 9},
		{"\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42", 9},
		{"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", 5},
		{"\xE2\x82", 1}, {"\xF0\x9F\x98", 1}, {"\xF0\x9F\x98\xF0\x9F\x98\x80", 2}, {"é\xC3", 2},
		{"\uFFFD\uFEFF\u0000", 3},
	} {
		if got, _ := utf8Charset.count([]byte(test.text)); got != test.want {
			t.Errorf("% x: %d characters, want %d", test.text, got, test.want)
		}
	}
}

// TestCountOfUTF16 has utf16.Decode beside: lone surrogates are one character each
// there too.
func TestCountOfUTF16(t *testing.T) {
	for _, units := range [][]uint16{
		{}, {'a'}, {0xD83D, 0xDE00}, {0xD83D}, {0xDE00}, {0xDE00, 0xD83D}, {0xD83D, 'a'}, {0xD83D, 0xD83D, 0xDE00},
		{0xD83D, 0xDE00, 0xDE00}, {0xD800, 0xE000, 0xDFFF}, {0xFFFF, 0xFEFF, 0},
	} {
		want := int64(len(utf16.Decode(units)))
		little, big := []byte{}, []byte{}
		for _, u := range units {
			little = append(little, byte(u), byte(u>>8))
			big = append(big, byte(u>>8), byte(u))
		}
		if got, _ := utf16LE.count(little); got != want {
			t.Errorf("%x: %d characters, want %d", units, got, want)
		}
		if got, _ := utf16BE.count(big); got != want {
			t.Errorf("big endian %x: %d characters, want %d", units, got, want)
		}
	}
	for text, want := range map[string]int64{"a": 1, "a\x00b": 2, "\x3d\xd8\x00": 1, "\x00\xde\x00": 2} { // an odd byte
		if got, _ := utf16LE.count([]byte(text)); got != want {
			t.Errorf("%q: %d characters, want %d", text, got, want)
		}
	}
}

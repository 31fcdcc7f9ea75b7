package parse

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// byTheLetter is the HTML Standard's "prescan a byte stream to determine its
// encoding" with its own steps and in its own words, a byte at a time.
type byTheLetter struct {
	b        []byte
	position int
}

// outOfBytes aborts it.
type outOfBytes struct{}

func (p *byTheLetter) at(i int) byte {
	if i >= len(p.b) {
		panic(outOfBytes{})
	}
	return p.b[i]
}

func (p *byTheLetter) cur() byte { return p.at(p.position) }

func (p *byTheLetter) pointsTo(sequence string) bool {
	return bytes.HasPrefix(p.b[p.position:], []byte(sequence))
}

const spaces = "\t\n\f\r "

func isIn(set string, c byte) bool { return strings.IndexByte(set, c) >= 0 }

func prescanByTheLetter(b []byte) (cs charset, ok bool) {
	defer func() {
		if reason := recover(); reason != nil {
			if reason != (outOfBytes{}) {
				panic(reason)
			}
			cs, ok = xmlByTheLetter(b)
		}
	}()
	p := &byTheLetter{b: b}
	switch {
	case p.pointsTo("<\x00?\x00x\x00"):
		return utf16LE, true
	case p.pointsTo("\x00<\x00?\x00x"):
		return utf16BE, true
	}
	for ; ; p.position++ {
		p.cur()
		rest := strings.ToLower(string(p.b[p.position:min(len(p.b), p.position+6)]))
		name := strings.TrimPrefix(strings.TrimPrefix(rest, "<"), "/")
		switch {
		case p.pointsTo("<!--"):
			for p.position += 4; p.cur() != '>' || p.at(p.position-1) != '-' || p.at(p.position-2) != '-'; p.position++ {
			}
		case len(rest) == 6 && rest[:5] == "<meta" && isIn(spaces+"/", rest[5]):
			p.position += 5
			if cs, ok := p.meta(); ok {
				return cs, true
			}
		case rest[0] == '<' && name != "" && 'a' <= name[0] && name[0] <= 'z':
			for !isIn(spaces+">", p.cur()) {
				p.position++
			}
			for ok := true; ok; _, _, ok = p.getAttribute() {
			}
		case p.pointsTo("<!"), p.pointsTo("</"), p.pointsTo("<?"):
			for p.cur() != '>' {
				p.position++
			}
		}
	}
}

func (p *byTheLetter) meta() (cs charset, ok bool) {
	seen := map[string]bool{}
	gotPragma, needPragma, known := false, false, false // known: need pragma is not null
	isNull := true
	for {
		name, value, more := p.getAttribute()
		if !more {
			break
		}
		if seen[name] {
			continue
		}
		seen[name] = true
		switch name {
		case "http-equiv":
			gotPragma = gotPragma || value == "content-type"
		case "content":
			if found, is := extractByTheLetter(value); is && isNull {
				cs, ok, isNull = found, true, false
				needPragma, known = true, true
			}
		case "charset":
			cs, ok = charsetOf([]byte(value))
			isNull, needPragma, known = false, false, true
		}
	}
	if !known || needPragma && !gotPragma || !ok {
		return charset{}, false
	}
	switch cs.name {
	case "utf-16le", "utf-16be":
		return utf8Charset, true
	case "x-user-defined":
		return windows1252, true
	}
	return cs, true
}

func (p *byTheLetter) getAttribute() (name, value string, ok bool) {
	lower := func(c byte) string { return strings.ToLower(string(rune(c))) }
	for isIn(spaces+"/", p.cur()) {
		p.position++
	}
	if p.cur() == '>' {
		return "", "", false
	}
	for p.cur() != '=' || name == "" {
		switch c := p.cur(); {
		case isIn(spaces, c):
			for isIn(spaces, p.cur()) {
				p.position++
			}
			if p.cur() != '=' {
				return name, "", true
			}
			continue
		case c == '/', c == '>':
			return name, "", true
		default:
			name += lower(c)
		}
		p.position++
	}
	for p.position++; isIn(spaces, p.cur()); p.position++ {
	}
	switch b := p.cur(); b {
	case '"', '\'':
		for p.position++; p.cur() != b; p.position++ {
			value += lower(p.cur())
		}
		p.position++
		p.cur() // the end of the bytes is noticed when the next one is looked at
		return name, value, true
	case '>':
		return name, "", true
	}
	for ; !isIn(spaces+">", p.cur()); p.position++ {
		value += lower(p.cur())
	}
	return name, value, true
}

// extractByTheLetter is "extracting a character encoding from a meta element", of
// a string that is in lower case.
func extractByTheLetter(s string) (cs charset, ok bool) {
	for {
		_, after, found := strings.Cut(s, "charset")
		if !found {
			return charset{}, false
		}
		s = strings.TrimLeft(after, spaces)
		if strings.HasPrefix(s, "=") {
			break
		}
	}
	s = strings.TrimLeft(s[1:], spaces)
	switch {
	case s == "":
		return charset{}, false
	case s[0] == '"', s[0] == '\'':
		label, _, closed := strings.Cut(s[1:], s[:1])
		if !closed {
			return charset{}, false
		}
		return charsetOf([]byte(label))
	}
	return charsetOf([]byte(s[:strings.IndexAny(s+";", spaces+";")]))
}

// xmlByTheLetter is "get an XML encoding".
func xmlByTheLetter(b []byte) (cs charset, ok bool) {
	s := string(b)
	declaration, _, ended := strings.Cut(s, ">")
	if !strings.HasPrefix(s, "<?xml") || !ended || !strings.Contains(declaration, "encoding") {
		return charset{}, false
	}
	const low = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\t\n\v\f\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f "
	_, s, _ = strings.Cut(s, "encoding")
	if s = strings.TrimLeft(s, low); !strings.HasPrefix(s, "=") {
		return charset{}, false
	}
	s = strings.TrimLeft(s[1:], low)
	if s == "" || s[0] != '"' && s[0] != '\'' {
		return charset{}, false
	}
	label, _, closed := strings.Cut(s[1:], s[:1])
	if !closed || strings.ContainsAny(label, low) {
		return charset{}, false
	}
	if cs, ok = charsetOf([]byte(label)); cs.unicode16() {
		return utf8Charset, true
	}
	return cs, ok
}

func checkPrescan(t testing.TB, b []byte) {
	t.Helper()
	want, wantOK := prescanByTheLetter(b)
	if got, ok := prescan(b); got != want || ok != wantOK {
		t.Fatalf("%q: %s, %t; the standard's steps give %s, %t", b, got.name, ok, want.name, wantOK)
	}
}

// pieces are what pages declare their encoding with, and what gets in its way.
var pieces = strings.Split("<!-- -->|<!-->|<!--|-->|<meta |<META/|<meta\f|<meta>|<metal |</meta |<p |</p|<|>|</|/|<!|<?|<?xml |?>|<\x00?\x00x\x00|\x00<\x00?\x00x|"+
	"charset=|CHARSET = |charset|content=|content='text/html;charset=|content=\"a charset=|http-equiv=content-type|http-equiv='Content-Type'|http-equiv=x|"+
	"encoding=|encoding = |encoding|version='1.0'|big5|'big5'|\"gbk\"|utf-16|utf-16be|x-user-defined|bogus|iso-2022-kr|UTF-8|=|==|'|\"|;| |\t|\n|\f|\r|\v|\x00|\x1f|x|\xe9|\u017f|<script>|<title>", "|")

func TestPrescanIsTheStandardsToTheLetter(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 100_000 {
		var b []byte
		for range r.IntN(12) {
			b = append(b, pieces[r.IntN(len(pieces))]...)
		}
		checkPrescan(t, b)
	}
}

func FuzzPrescan(f *testing.F) {
	for _, s := range []string{
		"<meta charset=big5>", "<META/charset = 'GBK'/>", "<!--><meta charset=big5 charset=gbk>", "<!-- <meta charset=gbk> --><meta charset=\"euc-jp\" >",
		"<meta http-equiv=content-type content='text/html; charset=gbk'>", "<meta content='charset charset = \"gbk\"' http-equiv=Content-Type>",
		"<p a=b c='d>' e=\"f\" /g><meta charset=utf-16>", "</p <!x><?y><meta charset=x-user-defined>", "<?xml version='1.0' encoding = \"big5\"?>",
		"<?xml encoding='utf-16'?><p>", "<\x00?\x00x\x00", "\x00<\x00?\x00x", "<meta charset=bogus><meta charset=gbk>", "<meta =charset=gbk charset=big5 >",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		checkPrescan(t, b)
		late := append(bytes.Repeat([]byte{' '}, prescanned), b...)
		if cs, ok := lateMeta(late); ok && (cs.unicode16() || cs.name == "x-user-defined") {
			t.Fatalf("%q: a declaration of %s in ASCII was believed", b, cs.name)
		}
	})
}

func TestCharsetIsFoundInAPageCutAnywhere(t *testing.T) {
	late := strings.Repeat(" ", prescanned)
	for _, page := range []string{
		"<!DOCTYPE html><!-- a --><html><head><meta name=x content=\"y\"><meta http-equiv='Content-Type' content='text/html; charset=\"gbk\"'>\x81\x30",
		"<?xml version='1.0' encoding='big5'?><x>\xa4\xa4", "<\x00?\x00x\x00m\x00l\x00", "\xef\xbb\xbf\xe2\x82\xac", "\xff\xfe\x3d\xd8\x00\xde", "\x1b$B\x30\x21\x1b(B",
		late + "<!-- --><script>'<meta charset=gbk>'</script x><title></titl></title><meta content=x charset=big5>\xa4\xa4",
		late + "\x93\xfa\x96\x7b\x8c\xea<p>\x93\xfa",
	} {
		for end := range len(page) + 1 {
			for _, contentType := range []string{"text/html", "text/xml", "text/plain", ""} {
				body := []byte(page[:end])
				m := parseContentType(contentType)
				cs, mark := findCharset(body, kindOf(m.essence, body), m.charset)
				checkCountOf(t, cs, body[mark:])
			}
			checkPrescan(t, []byte(page[:end]))
		}
	}
}

// TestCharsetOfAHostilePageTakesNoLongTime is for steps whose time would grow with
// the square of the page: many minutes for these.
func TestCharsetOfAHostilePageTakesNoLongTime(t *testing.T) {
	const size = 1 << 20
	for _, piece := range []string{
		"<", "</", "<!", "<?", "<!-", "<!--", "-", "--", "<!-->", "<meta ", "<meta>", "<meta/", "<meta a", "<meta charset", "<meta charset=x ", "<meta charset='", "<link a=b ", "<link a='",
		"<a", "<script>", "<script></scrip", "<style><", "<title></", "<meta content=charset", "charset", "charset ", "charset=", "x=y ", "a ", "=", "'", "\"'", "/", "<?xml ", "encoding", "\x1b$", "\xe9", "\xe9<", "\x81",
	} {
		for _, prefix := range []string{"", "<meta ", "<meta content='", "<meta charset='", "<?xml ", "<!--", "<script>", "<link ", "<" + strings.Repeat(" ", prescanned)} {
			body := append([]byte(prefix), bytes.Repeat([]byte(piece), size/len(piece))...)
			start := time.Now()
			findCharset(body, markup, "")
			if elapsed := time.Since(start); elapsed > 10*time.Second {
				t.Errorf("%q and %q over and over: %s", prefix, piece, elapsed)
			}
		}
	}
}

func TestALabelOfMegabytesIsNotCopied(t *testing.T) {
	label := bytes.Repeat([]byte("x"), 4<<20)
	body := append(append([]byte("<meta content='charset="), label...), "' charset='gbk'>"...)
	if n := testing.AllocsPerRun(5, func() {
		if _, ok := charsetOf(label); ok {
			t.Fatal("it has an encoding")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if cs, _ := findCharset(body, markup, string(label[:1<<10])); cs.name != "gbk" {
		t.Errorf("%s, want gbk", cs.name)
	}
}

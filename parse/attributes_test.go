package parse

import (
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/net/html"
)

// Whatever stands before a tag, and however it is read (in a script or not, in a drawing
// or not), its attributes are counted, all of them: what the parser sees is never more.
func TestNoAttributeEscapesTheCount(t *testing.T) {
	pieces := []string{
		"<p ", "<b", "<", "a", "x=1", "=", "= ", "'", "\"", "/", ">", " ", "\n", "<!--", "-->", "<![CDATA[", "]]>",
		"<script>", "</script>", "<svg>", "</svg>", "<title>", "</title>", "<style ", "</style>", "<plaintext>", "</", "é", "\x00",
	}
	r := rand.New(rand.NewPCG(3, 4))
	most := 0
	for range 20_000 {
		var b strings.Builder
		for range 1 + r.IntN(40) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		text := b.String()
		for _, raw := range []bool{true, false} {
			n := mostAttributes(text, raw, r.IntN(2) == 0)
			if most = max(most, n); countedAttributes(text) < n {
				t.Fatalf("%q has a tag with %d attributes, %d are counted", text, n, countedAttributes(text))
			}
		}
	}
	if most < 5 {
		t.Errorf("no tag had more than %d attributes: the comparison is empty", most)
	}
}

// mostAttributes is how many a tag of the text has for the tokenizer.
func mostAttributes(text string, raw, cdata bool) (most int) {
	z := html.NewTokenizer(strings.NewReader(text))
	z.AllowCDATA(cdata)
	for {
		switch z.Next() {
		case html.ErrorToken:
			return most
		case html.StartTagToken, html.SelfClosingTagToken:
			if !raw {
				z.NextIsNotRawText()
			}
			most = max(most, len(z.Token().Attr))
		}
	}
}

// countedAttributes is the most that were counted for a tag.
func countedAttributes(text string) int {
	var a attributes
	most := int32(0)
	for i := range len(text) {
		a.add([]byte(text[i : i+1]))
		for place := range uint8(places) {
			if a.ways&(1<<place) != 0 {
				most = max(most, a.counts[place])
			}
		}
	}
	return int(most)
}

func TestAttributesAreCountedAlikeInPiecesOfAnySize(t *testing.T) {
	text := many(100, "<p a%d") + "<p" + many(30_000, " a%d='<b '") + ">"
	for name, r := range map[string]io.Reader{
		"whole": strings.NewReader(text), "halves": iotest.HalfReader(strings.NewReader(text)), "bytes": iotest.OneByteReader(strings.NewReader(text)),
	} {
		if _, err := io.Copy(io.Discard, &tagged{text: r}); err != errMemory {
			t.Errorf("%s: %v, want %v", name, err, errMemory)
		}
	}
}

func TestScriptsAndProseHaveNoAttributesToSpeakOf(t *testing.T) {
	text := strings.Repeat("<script>for (var i = 0; i<n; i++) { if (a[i]<b && c == 'x y z') d = \"</p>\" }</script>"+
		"<p title='a <b c'>if i <j then it is so, and so on, \"quoted\" = 'that'</p><!-- <a href=\"old -->\n", 20_000)
	if _, err := io.Copy(io.Discard, &tagged{text: strings.NewReader(text)}); err != nil {
		t.Error(err)
	}
}

func TestATitleBehindTooManyAttributesIsNotLookedFor(t *testing.T) {
	rec, err := ParsePage(htmlPage("<p"+many(30_000, " a%d")+"><title>far</title>"), Options{Title: true})
	if rec.Title != "" || err != nil {
		t.Errorf("title %q, %v", rec.Title, err)
	}
}

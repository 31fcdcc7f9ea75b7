package parse

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// lines are those of a file in testdata/encoding that are no comment.
func lines(t testing.TB, file string) []string {
	t.Helper()
	b, err := os.ReadFile("testdata/encoding/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for line := range strings.Lines(string(b)) {
		if !strings.HasPrefix(line, "#") {
			all = append(all, strings.TrimSuffix(line, "\n"))
		}
	}
	return all
}

// decoderOf is the decoder that reader uses.
func decoderOf(cs charset) transform.Transformer {
	if cs.enc == nil {
		return unicode.UTF8.NewDecoder()
	}
	return cs.enc.NewDecoder()
}

// TestDecodersFollowTheStandard compares with what another implementation of it
// has made of the same bytes (see testdata/encoding/README).
func TestDecodersFollowTheStandard(t *testing.T) {
	tested := map[string]bool{}
	for _, line := range lines(t, "golden.txt") {
		query, want, _ := strings.Cut(line, " = ")
		name, sets := parseQuery(t, query)
		tested[name] = true
		t.Run(query, func(t *testing.T) {
			t.Parallel()
			cs := mustCharset(name)
			texts, characters := sha256.New(), int64(0)
			dst := make([]byte, 64)
			for input := range inputs(sets) {
				n, read, err := decoderOf(cs).Transform(dst, input, true)
				if err != nil || read != len(input) {
					t.Fatalf("% x: %d bytes read, %v", input, read, err)
				}
				decoded := int64(utf8.RuneCount(dst[:n]))
				if counted, _ := cs.count(input); counted != decoded {
					t.Fatalf("% x: %d characters counted, %d decoded", input, counted, decoded)
				}
				characters += decoded
				texts.Write(append(dst[:n], 0xFF))
			}
			if got := fmt.Sprint(characters, " ", hex.EncodeToString(texts.Sum(nil))[:16]); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
	for _, line := range lines(t, "labels.txt") {
		if name, _, _ := strings.Cut(line, " "); !tested[name] {
			t.Errorf("no bytes for %s", name)
		}
	}
}

// parseQuery takes "gb18030 81,FE 30-39x2" apart.
func parseQuery(t *testing.T, query string) (name string, sets [][]byte) {
	t.Helper()
	name, words, _ := strings.Cut(query, " ")
	for word := range strings.FieldsSeq(words) {
		word, times, _ := strings.Cut(word, "x")
		var set []byte
		for span := range strings.SplitSeq(word, ",") {
			first, last, ok := strings.Cut(span, "-")
			if !ok {
				last = first
			}
			for b := unhex(t, first); b <= unhex(t, last); b++ {
				set = append(set, byte(b))
			}
		}
		sets = append(sets, set)
		for range unhex(t, "0"+times) - 1 {
			sets = append(sets, set)
		}
	}
	return name, sets
}

func unhex(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.ParseUint(s, 16, 8)
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

// inputs gives one string of bytes for each choice of a byte of each set, in
// order. A string may be used until the next one.
func inputs(sets [][]byte) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		at, input := make([]int, len(sets)), make([]byte, len(sets))
		for {
			for i, set := range sets {
				input[i] = set[at[i]]
			}
			if !yield(input) || !advance(at, sets) {
				return
			}
		}
	}
}

// advance counts at up, its last digit first.
func advance(at []int, sets [][]byte) bool {
	for i := len(at) - 1; i >= 0; i-- {
		if at[i]++; at[i] < len(sets[i]) {
			return true
		}
		at[i] = 0
	}
	return false
}

// edges are bytes at the ends of the ranges of one encoding or another.
var edges = []byte("\x00\x0e\x1b$(BIJ@!01 9a~\x7f\x80\x81\x84\x88\x8e\x8f\x9f\xa0\xa1\xa2\xbf\xc2\xd8\xdc\xdf\xe0\xed\xf0\xf4\xfc\xfe\xff")

func TestTextDoesNotDependOnWhereAReadEnds(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for name := range legacies {
		checkReads(t, mustCharset(name), r)
	}
	checkReads(t, utf8Charset, r)
}

func checkReads(t *testing.T, cs charset, r *rand.Rand) {
	t.Helper()
	for range 300 {
		body := make([]byte, r.IntN(30))
		for i := range body {
			body[i] = edges[r.IntN(len(edges))]
		}
		want, err := io.ReadAll(cs.reader(body, false))
		if err != nil || !utf8.Valid(want) {
			t.Fatalf("%s: % x: %q, %v", cs.name, body, want, err)
		}
		slow := transform.NewReader(iotest.OneByteReader(strings.NewReader(string(body))), decoderOf(cs))
		if got, err := io.ReadAll(iotest.OneByteReader(slow)); err != nil || string(got) != string(want) {
			t.Fatalf("%s: % x byte by byte: %+q, %v; want %+q", cs.name, body, got, err, want)
		}
	}
}

// TestTextLongerThanABuffer has the ends of buffers at every place of a character.
func TestTextLongerThanABuffer(t *testing.T) {
	for _, test := range []struct{ charset, body, text string }{
		{"gb18030", "\xd6\xd0\x82\x30\x81\x31\xff", "中㒤\uFFFD"},
		{"big5", "\xa4\xa4\x88\x62a", "中\u00CA\u0304a"},
		{"euc-jp", "\xc6\xfc\x8f\xb0\xa1\x8e\xca", "日丂ﾊ"},
		{"iso-2022-jp", "\x1b$BF|\x1b(I\x4a\x1b(Ba", "日ﾊa"},
		{"shift_jis", "\x93\xfa\xcaa", "日ﾊa"},
		{"euc-kr", "\xc7\xd1a", "한a"},
		{"utf-16le", "a\x00\x3d\xd8\x00\xde", "a😀"},
		{"windows-1252", "a\xe9\x80", "aé€"},
		{"utf-8", "aé€😀\xf0\x9f", "aé€😀\uFFFD"},
	} {
		cs := mustCharset(test.charset)
		for pad := range 8 {
			letter := "a"
			if cs.unicode16() {
				letter = "a\x00"
			}
			body := strings.Repeat(letter, pad) + strings.Repeat(test.body, 3000)
			want := strings.Repeat("a", pad) + strings.Repeat(test.text, 3000)
			if got, err := io.ReadAll(cs.reader([]byte(body), false)); err != nil || string(got) != want {
				t.Errorf("%s behind %d letters: %d bytes, %.20q, %v; want %d", test.charset, pad, len(got), got, err, len(want))
			}
		}
	}
}

func TestReplacementOfNothingIsNothing(t *testing.T) {
	cs := mustCharset("iso-2022-kr")
	for body, want := range map[string]string{"": "", "a": "\uFFFD", strings.Repeat("\x1b$)C", 5000): "\uFFFD"} {
		got, err := io.ReadAll(cs.reader([]byte(body), false))
		n, _ := cs.count([]byte(body))
		if err != nil || string(got) != want || n != int64(utf8.RuneCountInString(want)) {
			t.Errorf("%d bytes: %q, %d characters, %v", len(body), got, n, err)
		}
	}
}

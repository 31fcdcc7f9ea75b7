package crawl

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"trawl/fetch"
)

func TestAHostileLineIsOneBadURLThatPrints(t *testing.T) {
	hostile := []string{
		"-K", "-o x", "--config=/etc/passwd", "-", "--", "@/etc/passwd", "$(id)", "`id`", "|id", ";id", "file:///etc/passwd", "javascript:alert(1)",
		"gopher://a.example/_x", "data:text/html,x", "ftp://a.example/", "//a.example/", "\\\\a.example\\x",
		"\x00", "\x00https://a.example/", "https://a.example/\x00", "\x7fELF\x02\x01\x01\x00", "\x89PNG", "%PDF-1.7", "\xff\xfeh\x00t\x00t\x00p\x00", "\xed\xa0\x80", "\xc3",
		"\x1b[2J\x1b]0;owned\x07", "\u009b31m", "\x1b]8;;http://b.example/\x1b\\x", "https://a.example/\x1b[31m", "https://a.example/\r-K", "\r", "a\rb", "\b\b\b", "\x0b", "\x0c",
		"\u202ehttps://a.example/", "https://\u202ea.example/", "https://a.example\u2066/", "\u200b", "\u2028", "\u2029https://a.example/", "\U000e0001", "\ufeffhttps://a.example/",
		"url:<https://a.example/> size:[1]", `{"url":"https://a.example/\u001b[31m"}`, `{"url":"\u202e"}`, `{"url":"https://a.example/\n-K"}`, `{"url":"-K"}`,
		`{"url":"https://a.example/","headers":{"X":"\u001b"}}`, `{"u\u001brl":1}`, `{"timeout":"\u202e","url":"https://a.example/"}`, strings.Repeat("[", 60_000), strings.Repeat(`{"a":`, 10_000),
		strings.Repeat("x", 1<<20), strings.Repeat(" ", 1<<20) + "x", "https://a.example/" + strings.Repeat("x", 1<<20), "#" + strings.Repeat("\x1b", 1<<20), strings.Repeat("\u202e", 1<<19), strings.Repeat("\xff", 1<<20),
		"https://" + strings.Repeat("a.", 30_000), "https://" + strings.Repeat("\u00fc", 30_000) + "/", "https://xn--" + strings.Repeat("a", 60_000), "https://" + strings.Repeat("[", 60_000), "https://" + strings.Repeat("@", 60_000),
	}
	var text strings.Builder
	text.WriteString("# a list\n")
	blank := 0
	for _, line := range hostile {
		text.WriteString(line + "\nhttps://good.example/\n")
		if strings.Trim(line, " \t\r") == "" {
			blank++
		}
	}
	l := openList(t, ListOptions{}, strings.NewReader(text.String()))
	bad, good := 0, 0
	for {
		r, err := l.Next()
		if err == io.EOF {
			break
		}
		if err == nil && r.URL == "https://good.example/" {
			good++
			continue
		}
		bad++
		e, ok := errors.AsType[*fetch.Error](err)
		if !ok || e.Class != fetch.BadURL || e.URL != r.Asked || r.URL != "" {
			t.Errorf("line %d: %v of %+v", r.Line, err, r)
			continue
		}
		for what, s := range map[string]string{"url": r.Asked, "error": e.Detail} {
			if s == "" || !utf8.ValidString(s) || utf8.RuneCountInString(s) > 200 || strings.ContainsFunc(s, func(c rune) bool { return !unicode.IsPrint(c) }) {
				t.Errorf("line %d: %s %q", r.Line, what, s)
			}
		}
	}
	if good != len(hostile) || bad != len(hostile)-blank || l.Err() != nil {
		t.Errorf("%d good and %d bad lines, %v, want %d and %d", good, bad, l.Err(), len(hostile), len(hostile)-blank)
	}
}

// rleBlocks is a frame of zstd that says it needs 1<<window bytes of memory, and
// unpacks to that many blocks of one byte 128 Ki times.
func rleBlocks(window, blocks int, c byte) string {
	b := []byte{0x28, 0xb5, 0x2f, 0xfd, 0, byte(window-10) << 3}
	for i := range blocks {
		head := uint32(128<<10<<3 | 1<<1)
		if i == blocks-1 {
			head |= 1
		}
		b = append(b, byte(head), byte(head>>8), byte(head>>16), c)
	}
	return string(b)
}

func TestAPackedListThatSwellsCostsNoMemory(t *testing.T) {
	gz := func(text string, size int64) string {
		var b bytes.Buffer
		w, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
		if err == nil {
			_, err = io.CopyN(w, &repeated{text: text}, size)
		}
		if err := errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	line := "https://a.example/x\n"
	for name, test := range map[string]struct {
		packed string
		urls   int
		bad    int
		memory uint64 // bytes; lines themselves cost some
	}{
		"one line in gzip":      {gz("x", 8<<20), 0, 1, 1 << 20},
		"blank lines in gzip":   {gz("\n", 1<<20), 0, 0, 1 << 20},
		"comments in gzip":      {gz("#\n", 1<<20), 0, 0, 1 << 20},
		"empty gzips":           {strings.Repeat(gzipped(t, ""), 10_000), 0, 0, 16 << 20},
		"one line in zstd":      {rleBlocks(20, 512, 'x'), 0, 1, 8 << 20},
		"blank lines in zstd":   {rleBlocks(20, 8, '\n'), 0, 0, 8 << 20},
		"a hungry zstd":         {rleBlocks(27, 1, '\n') + zstandard(t, line), 1, 0, 160 << 20},
		"many hungry zstds":     {strings.Repeat(rleBlocks(27, 1, '\n'), 30) + zstandard(t, line), 1, 0, 160 << 20},
		"a zstd too hungry":     {rleBlocks(28, 1, '\n'), 0, 0, 8 << 20},
		"a zstd of empty parts": {strings.Repeat("\x50\x2a\x4d\x18\x00\x00\x00\x00", 10_000) + zstandard(t, line), 1, 0, 32 << 20},
	} {
		l := openList(t, ListOptions{}, strings.NewReader(test.packed), "-", "https://last.example/")
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		urls, bad := 0, 0
		var last fetch.Request
		for {
			r, err := l.Next()
			if err == io.EOF {
				break
			}
			if last = r; err != nil {
				bad++
			} else {
				urls++
			}
		}
		runtime.ReadMemStats(&after)
		if urls != test.urls+1 || bad != test.bad || last.URL != "https://last.example/" {
			t.Errorf("%s: %d URLs and %d bad lines, the last one %s; want %d, %d; %v", name, urls, bad, last.URL, test.urls+1, test.bad, l.Err())
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > test.memory {
			t.Errorf("%s: %d MiB allocated, want less than %d", name, used>>20, test.memory>>20)
		}
		if broken := name == "a zstd too hungry"; (l.Err() != nil) != broken {
			t.Errorf("%s: %v", name, l.Err())
		}
	}
}

func TestACorruptArchiveEndsItsListOnly(t *testing.T) {
	var text strings.Builder
	for i := range 50 {
		fmt.Fprintf(&text, "https://a.example/%d-%x\n", i, i*i*7919)
	}
	for kind, whole := range map[string]string{"gzip": gzipped(t, text.String()), "zstd": zstandard(t, text.String())} {
		for at := range len(whole) {
			for what, packed := range map[string]string{
				"cut":     whole[:at],
				"flipped": whole[:at] + string(whole[at]^0x41) + whole[at+1:],
			} {
				l := openList(t, ListOptions{}, strings.NewReader(packed), "-", "https://last.example/")
				n := 0
				var last fetch.Request
				for {
					r, err := l.Next()
					if err == io.EOF {
						break
					}
					n, last = n+1, r
				}
				// The very first bytes say whether it is an archive at all.
				if at >= 4 && l.Err() == nil && n != 51 || last.URL != "https://last.example/" {
					t.Errorf("%s %s at %d: %d lines, the last %s, %v", kind, what, at, n, last.URL, l.Err())
				}
				l.Close()
			}
		}
	}
}

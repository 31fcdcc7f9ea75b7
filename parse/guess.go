package parse

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"github.com/saintfish/chardet"
)

// guessed is how many bytes are looked at for a guess: it costs some 70 µs a
// KiB, and more of them hardly make it better.
const guessed = 8 << 10

// guess is for a text that declares nothing. One of ASCII only is given what
// browsers fall back on; it makes no difference.
func guess(body []byte) charset {
	first := asciiPrefix(body)
	if first == len(body) {
		if bytes.Contains(body, []byte("\x1b$B")) || bytes.Contains(body, []byte("\x1b$@")) {
			return iso2022
		}
		return windows1252
	}
	if _, valid := countUTF8(body[first:]); valid {
		return utf8Charset
	}
	sample := body[first:min(len(body), first+guessed)] // begins with a whole character
	if mostlyUTF8(sample) {
		return utf8Charset
	}
	return detect(sample)
}

// mostlyUTF8 is true of UTF-8 that was cut or mixed up somewhere: no other
// encoding looks like it by chance.
func mostlyUTF8(b []byte) bool {
	good, bad := 0, 0
	for len(b) > 0 && utf8.FullRune(b) { // the sample's end is no mistake
		size := 1
		if b[0] >= utf8.RuneSelf {
			if _, size = utf8.DecodeRune(b); size > 1 {
				good++
			} else {
				bad++
			}
		}
		b = b[size:]
	}
	return good > 10*bad
}

// preferred is the order of guesses that are equally likely, each with the name
// that the detector has for it. What it names that is not here is no encoding of
// the web. It takes the languages of ISO 8859-2 for western ones, which is the
// same number of characters.
var preferred = []struct {
	detected string
	charset
}{
	{"ISO-8859-1", windows1252}, {"windows-1252", windows1252},
	{"GB-18030", mustCharset("gb18030")}, {"Shift_JIS", mustCharset("shift_jis")}, {"EUC-JP", mustCharset("euc-jp")},
	{"Big5", mustCharset("big5")}, {"EUC-KR", mustCharset("euc-kr")},
	{"windows-1251", mustCharset("windows-1251")}, {"KOI8-R", mustCharset("koi8-r")}, {"ISO-8859-5", mustCharset("iso-8859-5")},
	{"ISO-8859-9", mustCharset("windows-1254")}, {"windows-1254", mustCharset("windows-1254")},
	{"ISO-8859-7", mustCharset("iso-8859-7")}, {"windows-1253", mustCharset("windows-1253")},
	{"windows-1256", mustCharset("windows-1256")}, {"ISO-8859-6", mustCharset("iso-8859-6")},
	{"ISO-8859-8", mustCharset("iso-8859-8")}, {"ISO-8859-8-I", mustCharset("iso-8859-8-i")},
	{"windows-1255", mustCharset("windows-1255")},
}

var detector = chardet.NewHtmlDetector()

func detect(sample []byte) charset {
	results, _ := detector.DetectAll(sample) // the error is that there are none
	best, confidence := windows1252, 0
	for _, p := range preferred { // and not in the order of results, which chance decides between equals
		i := slices.IndexFunc(results, func(r chardet.Result) bool { return r.Charset == p.detected })
		if i < 0 || results[i].Confidence <= confidence {
			continue
		}
		best, confidence = p.charset, results[i].Confidence
	}
	return best
}

package robots

import (
	"strings"
	"testing"
	"time"
)

// allowed returns those of some paths that the rules allow.
func allowed(r *Rules, paths ...string) string {
	var yes strings.Builder
	for _, path := range paths {
		if r.Allows("https://example.com/" + path) {
			yes.WriteString(path)
		}
	}
	return yes.String()
}

func TestLinesAndGroups(t *testing.T) {
	for name, c := range map[string]struct {
		text    string
		allowed string // of /a /b /c, those that trawl may
	}{
		"LF":                       {"User-agent: *\nDisallow: /a\nDisallow: /b\n", "c"},
		"CRLF":                     {"User-agent: *\r\nDisallow: /a\r\nDisallow: /b\r\n", "c"},
		"CR":                       {"User-agent: *\rDisallow: /a\rDisallow: /b", "c"},
		"all three":                {"User-agent: *\n\rDisallow: /a\r\n\n\rDisallow: /b\r\r", "c"},
		"a byte order mark":        {"\uFEFFUser-agent: *\nDisallow: /a", "bc"},
		"blanks":                   {"\t User-agent \t:\t * \t\n  Disallow\t:/a\t\n\v\fDisallow:\v/b", "c"},
		"comments":                 {"#\nUser-agent: * # all\nDisallow: /a#b\n#Disallow: /b", "bc"},
		"rules before a group":     {"Disallow: /a\nAllow: /b\n\nUser-agent: *\nDisallow: /c", "ab"},
		"only rules":               {"Disallow: /", "abc"},
		"misspelt":                 {"User-agent: *\nDisalow: /a\nDissallow: /b\nDisallow/c\nDis allow: /a", "abc"},
		"a misspelt agent":         {"User-agent: a\nUseragent: *\nDisallow: /a", "abc"},
		"no colon":                 {"User-agent *\nDisallow /a\nDisallow /b is closed", "bc"},
		"nothing disallowed":       {"User-agent: *\nDisallow:", "abc"},
		"nothing, then something":  {"User-agent: *\nDisallow:\nDisallow: /a", "bc"},
		"no value closes a group":  {"User-agent: *\nDisallow:\nUser-agent: a\nDisallow: /", "abc"},
		"blank lines close none":   {"User-agent: trawl\n\n\nDisallow: /a\n\nDisallow: /b", "c"},
		"a sitemap closes none":    {"User-agent: trawl\nSitemap: /x\nUser-agent: a\nDisallow: /a\nSitemap: /x\nDisallow: /b", "c"},
		"a delay closes none":      {"User-agent: trawl\nCrawl-delay: 1\nUser-agent: a\nDisallow: /a", "bc"},
		"several names":            {"User-agent: a\nUser-agent: trawl\nUser-agent: b\nDisallow: /a", "bc"},
		"named beats all":          {"User-agent: *\nDisallow: /\n\nUser-agent: trawl\nDisallow: /a", "bc"},
		"named beats all, first":   {"User-agent: trawl\nDisallow: /a\n\nUser-agent: *\nDisallow: /", "bc"},
		"named, without rules":     {"User-agent: *\nDisallow: /\n\nUser-agent: trawl\n", "abc"},
		"merged":                   {"User-agent: trawl\nDisallow: /a\n\nUser-agent: x\nDisallow: /c\n\nUser-agent: trawl\nDisallow: /b", "c"},
		"merged, of all":           {"User-agent: *\nDisallow: /a\n\nUser-agent: x\nDisallow: /c\n\nUser-agent: *\nDisallow: /b", "c"},
		"named with all":           {"User-agent: *\nUser-agent: trawl\nDisallow: /a\nUser-agent: *\nDisallow: /b", "bc"},
		"any case":                 {"USER-AGENT: TrawL\nDISALLOW: /a", "bc"},
		"a version":                {"User-agent: trawl/1.0\nDisallow: /a", "bc"},
		"a version and more":       {"User-agent: trawl/1.0 (+https://example.com)\nDisallow: /a", "bc"},
		"a star behind the name":   {"User-agent: trawl*\nDisallow: /a", "bc"},
		"more behind all":          {"User-agent: * (everybody)\nDisallow: /a", "bc"},
		"a longer name":            {"User-agent: trawler\nDisallow: /a\nUser-agent: trawl2\nDisallow: /b\nUser-agent: trawl-x\nDisallow: /c", "abc"},
		"a shorter name":           {"User-agent: traw\nDisallow: /a\nUser-agent: t\nDisallow: /b", "abc"},
		"a star before a name":     {"User-agent: *trawl\nDisallow: /a\nUser-agent: *x\nDisallow: /b", "abc"},
		"no name":                  {"User-agent:\nDisallow: /a\n\nUser-agent: /\nDisallow: /b", "abc"},
		"a long s is no s":         {"User-agent: *\nDiſallow: /a", "abc"},
		"HTML":                     {"<!DOCTYPE html>\n<p>User-agent: *\n<p>Disallow: /</p>", "abc"},
		"zero bytes":               {"User-agent: *\x00\nDisallow: /a", "bc"},
		"not UTF-8":                {"\xFF\xFE\nUser-agent: *\nDisallow: /a", "bc"},
		"a colon in the value":     {"User-agent: *\nDisallow: /a:b\nDisallow: /b", "ac"},
		"a line that is only keys": {"User-agent: *\nDisallow\nAllow\nCrawl-delay\nUser-agent\n:\n: /a\nDisallow: /b", "ac"},
	} {
		if got := allowed(Parse([]byte(c.text), "trawl"), "a", "b", "c"); got != c.allowed {
			t.Errorf("%s: %q allows %q, want %q", name, c.text, got, c.allowed)
		}
	}
}

func TestADelayIsForWhomItIsSaid(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"":                                                                  0,
		"Crawl-delay: 5":                                                    0,
		"User-agent: *\nCrawl-delay: 5":                                     5 * time.Second,
		"User-agent: *\nCRAWL-DELAY 2.5#":                                   2500 * time.Millisecond,
		"User-agent: *\nCrawl-delay: .25":                                   250 * time.Millisecond,
		"User-agent: *\nCrawl-delay: 3.":                                    3 * time.Second,
		"User-agent: *\nCrawl-delay: 007":                                   7 * time.Second,
		"User-agent: *\nCrawl-delay: 0":                                     0,
		"User-agent: *\nCrawl-delay: -1":                                    0,
		"User-agent: *\nCrawl-delay: +1":                                    0,
		"User-agent: *\nCrawl-delay: inf":                                   0,
		"User-agent: *\nCrawl-delay: NaN":                                   0,
		"User-agent: *\nCrawl-delay: 1e3":                                   0,
		"User-agent: *\nCrawl-delay: 0x9":                                   0,
		"User-agent: *\nCrawl-delay: 1_0":                                   0,
		"User-agent: *\nCrawl-delay: 5 s":                                   0,
		"User-agent: *\nCrawl-delay: 1,5":                                   0,
		"User-agent: *\nCrawl-delay: .":                                     0,
		"User-agent: *\nCrawl-delay: 1.2.3":                                 0,
		"User-agent: *\nCrawl-delay:":                                       0,
		"User-agent: *\nCrawl-delay: 86401":                                 MaxAge,
		"User-agent: *\nCrawl-delay: " + strings.Repeat("9", 5000):          MaxAge,
		"User-agent: *\nCrawl-delay: 0." + strings.Repeat("0", 5000) + "1":  0,
		"User-agent: *\nCrawl-delay: 2\nDisallow: /\nCrawl-delay: 1":        2 * time.Second,
		"User-agent: *\nCrawl-delay: 2\n\nUser-agent: *\nCrawl-delay: 3":    3 * time.Second,
		"User-agent: *\nCrawl-delay: 2\n\nUser-agent: trawl\nDisallow: /":   0,
		"User-agent: *\nDisallow:\nUser-agent: trawl\nCrawl-delay: 2":       2 * time.Second,
		"User-agent: a\nCrawl-delay: 2\n\nUser-agent: trawl\nDisallow: /a":  0,
		"User-agent: trawl\nCrawl-delay: 2\n\nUser-agent: a\nDisallow: /a":  2 * time.Second,
		"User-agent: trawl\nUser-agent: a\nCrawl-delay: 2\n\nUser-agent: b": 2 * time.Second,
		"User-agent: a\nDisallow: /\nCrawl-delay: 2\n\nUser-agent: trawl":   0,
	} {
		if got := Parse([]byte(text), "trawl").Delay(); got != want {
			t.Errorf("the delay of %.60q is %v, want %v", text, got, want)
		}
	}
}

func TestNobodyIsAnybody(t *testing.T) {
	const text = "User-agent:\nDisallow: /a\n\nUser-agent: *\nDisallow: /b"
	if r := Parse([]byte(text), ""); !r.Allows("/a") || r.Allows("/b") {
		t.Error("without an agent the rules are not those of *")
	}
}

func TestOnlySoMuchIsReadAndOnlyWholeLines(t *testing.T) {
	const head = "User-agent: *\nDisallow: /a\n"
	for _, c := range []struct {
		text string
		want bool // of /bc
	}{
		{head + strings.Repeat("#", MaxSize-len(head)-len("\nDisallow: /b")) + "\nDisallow: /b", false}, // all of it
		{head + strings.Repeat("#", MaxSize-len(head)-len("\nDisallow: /b")) + "\nDisallow: /b\nAllow: /bc", false},
		{head + strings.Repeat("#", MaxSize-len(head)-len("\nDisallow: /b")) + "\nDisallow: /bd", true}, // not "/b"
		{head + strings.Repeat("#", MaxSize) + "\nDisallow: /b", true},
		{strings.Repeat("x", MaxSize+1), true},
	} {
		r := Parse([]byte(c.text), "trawl")
		if got := r.Allows("/bc"); got != c.want {
			t.Errorf("a text of MaxSize%+d allows /bc: %v, want %v", len(c.text)-MaxSize, got, c.want)
		}
		if strings.HasPrefix(c.text, head) && r.Allows("/a") {
			t.Errorf("a text of MaxSize%+d allows what its beginning does not", len(c.text)-MaxSize)
		}
	}
}

func TestRulesKeepNothingOfTheText(t *testing.T) {
	text := []byte("User-agent: *\nDisallow: /a*b\nDisallow: /c")
	r := Parse(text, "trawl")
	clear(text)
	if r.Allows("/ab") || r.Allows("/c") {
		t.Error("rules have changed with the text that they were read from")
	}
}

// What a quadratic step would make of these takes minutes.
func TestNoTextTakesLong(t *testing.T) {
	for name, text := range hostileTexts() {
		begin := time.Now()
		r := Parse([]byte(text), "trawl")
		if took := time.Since(begin); took > 20*time.Second {
			t.Errorf("%s: reading took %v", name, took)
		}
		if most := 4 * len(text); r.Size() > most {
			t.Errorf("%s: the rules take %d bytes of memory", name, r.Size())
		}
		for kind, url := range hostileURLs() {
			begin := time.Now()
			r.Allows(url)
			if took := time.Since(begin); took > 20*time.Second {
				t.Errorf("%s: an answer for %s took %v", name, kind, took)
			}
		}
	}
}

func TestWhatTakesTooMuchIsNotAllowed(t *testing.T) {
	long := "/" + strings.Repeat("a", 64<<10)
	text := "User-agent: *\nAllow: /\n" + hostileTexts()["words"][len("User-agent: *\n"):]
	r := Parse([]byte(text), "trawl")
	if !r.Allows("/some/page.html") {
		t.Error("a URL of usual length is not allowed, though only a long one is too much")
	}
	if r = Parse([]byte(strings.ReplaceAll(text, "/*", "/*a*")), "trawl"); r.Allows(long) {
		t.Error("what was not matched to its end is allowed")
	}
	if r = Parse([]byte("User-agent: *\nDisallow: /*b\nDisallow: /*a*b"), "trawl"); !r.Allows(long) {
		t.Error("a long URL is not allowed, though two patterns are not too much")
	}
}

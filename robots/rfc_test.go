package robots

import (
	"strings"
	"testing"
)

// Every example of RFC 9309, by the section that it stands in.
func TestTheExamplesOfTheRFC(t *testing.T) {
	const (
		groups = `User-Agent: *
Disallow: *.gif$
Disallow: /example/
Allow: /publications/

User-Agent: foobot
Disallow:/
Allow:/example/page.html
Allow:/example/allowed.gif

User-Agent: barbot
User-Agent: bazbot
Disallow: /example/page.html

User-Agent: quxbot

EOF
`
		longest = `User-Agent: foobot
Allow: /example/page/
Disallow: /example/page/disallowed.gif
`
		merged = `user-agent: ExampleBot
disallow: /foo
disallow: /bar

user-agent: ExampleBot
disallow: /baz
`
		fallback = `user-agent: *
disallow: /foo
disallow: /bar

user-agent: ExampleBot
disallow: /baz
`
		special = `User-agent: *
Disallow: /
allow: / # comment in line
# comment at the end
`
	)
	only := func(pattern string) string { return "User-agent: *\nDisallow: /\nAllow: " + pattern }
	for _, c := range []struct {
		section, text, agent, url string
		want                      bool
	}{
		{"2.2.1 merged groups", merged, "ExampleBot", "/foo", false},
		{"2.2.1 merged groups", merged, "examplebot", "/bar", false},
		{"2.2.1 merged groups", merged, "ExampleBot", "/baz", false},
		{"2.2.1 merged groups", merged, "ExampleBot", "/qux", true},
		{"2.2.1 merged groups", merged, "OtherBot", "/foo", true},
		{"2.2.1 no group, no *", fallback, "ExampleBot", "/foo", true},
		{"2.2.1 own group", fallback, "ExampleBot", "/baz", false},
		{"2.2.1 *", fallback, "OtherBot", "/foo", false},
		{"2.2.1 *", fallback, "OtherBot", "/baz", true},

		{"2.2.2 table", only("/foo/bar?baz=quz"), "x", "/foo/bar?baz=quz", true},
		{"2.2.2 table", only("/foo/bar?baz=https://foo.bar"), "x", "/foo/bar?baz=https%3A%2F%2Ffoo.bar", true},
		{"2.2.2 table", only("/foo/bar?baz=https://foo.bar"), "x", "/foo/bar?baz=https://foo.bar", true},
		{"2.2.2 table", only("/foo/bar?baz=https%3A%2F%2Ffoo.bar"), "x", "/foo/bar?baz=https://foo.bar", true},
		{"2.2.2 table", only("/foo/bar?baz=https%3A%2F%2Ffoo.bar"), "x", "/foo/bar?baz=https%3A%2F%2Ffoo.bar", true},
		{"2.2.2 table", only("/foo/bar/\u30C4"), "x", "/foo/bar/%E3%83%84", true},
		{"2.2.2 table", only("/foo/bar/%E3%83%84"), "x", "/foo/bar/%E3%83%84", true},
		{"2.2.2 table", only("/foo/bar/%E3%83%84"), "x", "/foo/bar/\u30C4", true},
		{"2.2.2 table", only("/foo/bar/%62%61%7A"), "x", "/foo/bar/baz", true},
		{"2.2.2 table", only("/foo/bar/%62%61%7A"), "x", "/foo/bar/%62%61%7A", true},
		{"2.2.2 table", only("/foo/bar/baz"), "x", "/foo/bar/%62%61%7A", true},
		{"2.2.2 /robots.txt", "User-agent: *\nDisallow: /", "x", "https://www.example.com/robots.txt", true},
		{"2.2.2 no rule matches", "User-agent: *\nDisallow: /a", "x", "/b", true},
		{"2.2.2 no rules", "User-agent: x\n", "x", "/b", true},
		{"2.2.2 equivalent", "User-agent: x\nDisallow: /a\nAllow: /a", "x", "/a", true},

		{"2.2.3 #", special, "x", "/a", true},
		{"2.2.3 $", only("/this/path/exactly$"), "x", "/this/path/exactly", true},
		{"2.2.3 $", only("/this/path/exactly$"), "x", "/this/path/exactly/not", false},
		{"2.2.3 $", only("/this/path/exactly$"), "x", "/this/path/exactly?", false},
		{"2.2.3 *", only("/this/*/exactly"), "x", "/this/or/that/exactly/so", true},
		{"2.2.3 *", only("/this/*/exactly"), "x", "/this//exactly", true},
		{"2.2.3 *", only("/this/*/exactly"), "x", "/this/exactly", false},
		{"2.2.3 %2A", only("/path/file-with-a-%2A.html"), "x", "https://www.example.com/path/file-with-a-*.html", true},
		{"2.2.3 %2A", only("/path/file-with-a-%2A.html"), "x", "https://www.example.com/path/file-with-a-x.html", false},
		{"2.2.3 %24", only("/path/foo-%24"), "x", "https://www.example.com/path/foo-$", true},
		{"2.2.3 %24", only("/path/foo-%24"), "x", "https://www.example.com/path/foo-", false},

		{"5.1 *", groups, "other", "https://www.example.com/a/b.gif", false},
		{"5.1 *", groups, "other", "https://www.example.com/a/b.gif?c", true},
		{"5.1 *", groups, "other", "https://www.example.com/example/", false},
		{"5.1 *", groups, "other", "https://www.example.com/publications/", true},
		{"5.1 foobot", groups, "foobot", "https://www.example.com/publications/", false},
		{"5.1 foobot", groups, "foobot", "https://www.example.com/example/page.html", true},
		{"5.1 foobot", groups, "foobot", "https://www.example.com/example/allowed.gif", true},
		{"5.1 barbot", groups, "barbot", "https://www.example.com/example/page.html", false},
		{"5.1 bazbot", groups, "bazbot", "https://www.example.com/example/page.html", false},
		{"5.1 bazbot", groups, "bazbot", "https://www.example.com/example/", true},
		{"5.1 quxbot", groups, "quxbot", "https://www.example.com/example/a.gif", true},
		{"5.2", longest, "foobot", "https://www.example.com/example/page/disallowed.gif", false},
		{"5.2", longest, "foobot", "https://www.example.com/example/page/other.gif", true},
	} {
		if got := Parse([]byte(c.text), c.agent).Allows(c.url); got != c.want {
			t.Errorf("§%s: %q allows %s %s: %v, want %v", c.section, c.text, c.agent, c.url, got, c.want)
		}
	}
}

func TestTheRFCsCrawlerIsKnownByItsName(t *testing.T) {
	const header = "Mozilla/5.0 (compatible; ExampleBot/0.1; https://www.example.com/bot.html)"
	if got := Agent(header); got != "ExampleBot" {
		t.Errorf("Agent(%q) = %q", header, got)
	}
}

// What §2.2.2 leaves open, or is taken more widely.
func TestEscapesCompareAsWhatTheyStandFor(t *testing.T) {
	for _, c := range []struct {
		pattern, url string
		want         bool // they match
	}{
		{"/a%2Fb", "/a/b", false}, // an escaped slash of a path is none
		{"/a/b", "/a%2Fb", false},
		{"/a%2fb", "/a%2Fb", true},
		{"/a%2Fb", "/a%2fb", true},
		{"/a?b", "/a%3Fb", false},
		{"/a%3Fb", "/a?b", false},
		{"/a?b&c", "/a?b%26c", false}, // one parameter or two
		{"/a?b=c%2Fd", "/a?b=c/d", true},
		{"/*=c%2fd", "/a?b=c/d", true},
		{"/a?b=http%3A//c", "/a?b=http%3A//c", true}, // half and half, but the same
		{"/~a", "/%7Ea", true},
		{"/%7ea", "/~a", true},
		{"/a b", "/a%20b", true},
		{"/a{b}", "/a%7Bb%7d", true},
		{`/"<>\^|` + "`", "/%22%3C%3E%5C%5E%7C%60", true},
		{"/\xFF", "/%FF", true}, // not UTF-8: the octet
		{"/caf%e9", "/caf\xE9", true},
		{"/100%", "/100%", true},
		{"/100%zz", "/100%zz", true},
		{"/%4", "/%4", true},
		{"/a%00b", "/a%00b", true},
		{"/a%01b", "/axb", false}, // not taken for a star
		{"/a%00", "/a", false},    // nor for an end
		{"/a\x01b", "/axb", false},
		{"/a\x00", "/a", false},
		{"/a$b", "/a$b", true},
		{"/a$b", "/a%24bc", true},
		{"/a$$", "/a$", true},
		{"/a$$", "/a$b", false},
		{"/a*$", "/abc", true},
		{"/a%2A", "/a%2a", true},
		{"/a%2A", "/abc", false},
		{"*", "/", true},
		{"*b", "/ab", true},
		{"a", "/a", false},
		{"http://h/a", "http://h/a", false},
		{"/a?", "/a?", true},
		{"/a?", "/a", false},
		{"/a", "/A", false},
		{"/a", "http://h/a#b", true},
		{"/#", "http://h/a", true}, // "/" and a comment
		{"/a%23", "http://h/a%23b", true},
		{"/?a", "http://h?a", true},
		{"/$", "http://h", true},
		{"/a", "//a", false}, // a path, not a host
		{"/%2541", "/%41", false},
		{"/robots.txt", "/robots.txt", false}, // it is always allowed
		{"/robots", "/robots%2Etxt", false},
		{"/robots", "/robots.txt?", true},
	} {
		rules := Parse([]byte("User-agent: *\nDisallow: "+c.pattern), "x")
		if got := !rules.Allows(c.url); got != c.want {
			t.Errorf("%q matches %q: %v, want %v", c.pattern, c.url, got, c.want)
		}
	}
}

func TestTheMostSpecificRuleDecides(t *testing.T) {
	for _, c := range []struct {
		rules, url string
		want       bool
	}{
		{"disallow:/a allow:/ab", "/ab", true},
		{"allow:/ab disallow:/a", "/ab", true},
		{"disallow:/a* allow:/a", "/ab", false}, // the star counts
		{"disallow:/a$ allow:/a", "/a", false},  // so does the end
		{"disallow:/a$ allow:/a*", "/a", true},  // equal
		{"disallow:/*/b allow:/aa", "/aa/b", false},
		{"disallow:/*/b allow:/aaa", "/aaa/b", true},
		{"disallow:/aaa allow:/*/b", "/aaa/b", true},
		{"disallow:/%61%61 allow:/a*", "/aa", true}, // octets of what is compared: both three
		{"disallow:/é allow:/%C3*", "/é", false},    // seven against five
		{"disallow:/a/b/c/d allow:/a disallow:/a/b", "/a/b/c", false},
		{"disallow:/a/b/c/d allow:/a disallow:/a/b", "/a/bc", false},
		{"disallow:/a/b/c/d allow:/a/b/c disallow:/", "/a/b/cd/e", true},
		{"disallow:/a/b/c/d allow:/a/b/c disallow:/", "/a/b/", false},
		{"disallow:/ allow:/a/index.html", "/a/", true},
		{"disallow:/ allow:/a/index.html", "/a/b", false},
		{"disallow:/ allow:/a/index.html", "/a/?b", false},
		{"allow:/ disallow:/a/index.html", "/a/", true},
		{"disallow:/a/b allow:/a?b=c:d", "/a?b=c%3Ad", true},
		{"disallow:/a?b=c allow:/a?b=c:d", "/a?b=c%3Ad", true},
		{"disallow:/a?b=c%3A allow:/a?b=c:d", "/a?b=c%3Ad", false}, // reserved ones count as they are spelt
	} {
		text := "user-agent: *\n" + strings.ReplaceAll(c.rules, " ", "\n")
		if got := Parse([]byte(text), "x").Allows(c.url); got != c.want {
			t.Errorf("%s: %s: %v, want %v", c.rules, c.url, got, c.want)
		}
	}
}

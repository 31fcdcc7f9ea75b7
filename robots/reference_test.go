package robots

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// reference does what Parse and Allows do, slowly and by other means: a regular
// expression a line, another a pattern, and all of them tried.
func reference(text, agent, url string) bool {
	rules := referenceRules(text, agent)
	best, allow := 0, true
	for _, path := range referencePaths(url) {
		if path == "/robots.txt" {
			return true
		}
		for _, r := range rules {
			expr, octets := referencePattern(r.pattern)
			if regexp.MustCompile(expr).MatchString(path) && (octets > best || octets == best && r.allow) {
				best, allow = octets, r.allow
			}
		}
	}
	return allow
}

type referenceRule struct {
	pattern string
	allow   bool
}

var (
	colonLine = regexp.MustCompile(`(?s)^[ \t\v\f]*([^#:]*?)[ \t\v\f]*:[ \t\v\f]*([^#]*?)[ \t\v\f]*(#.*)?$`)
	wordsLine = regexp.MustCompile(`(?s)^[ \t\v\f]*([^#: \t\v\f]+)[ \t\v\f]+([^#: \t\v\f]+)[ \t\v\f]*(#.*)?$`)
	agentName = regexp.MustCompile("^[-!$%&'+.^_`|~0-9A-Za-z]+|^\\*(?:[^-!$%&'+.^_`|~0-9A-Za-z]|$)")
	inEither  = regexp.MustCompile(`^[A-Za-z0-9._~*$-]$`)
	asItComes = regexp.MustCompile(`^[]A-Za-z0-9._~*$%:/?#[@!&'()+,;=-]$`)
	afterHost = regexp.MustCompile(`(?s)^[^/].*?://[^/?]*(.*)$|^://[^/?]*(.*)$`)
	indexPage = regexp.MustCompile(`(?s)^(.*/)index\.htm[^/]*$`)
)

func referenceRules(text, agent string) []referenceRule {
	found := map[string]bool{}
	of := map[string][]referenceRule{}
	var names []string
	closed := false
	text = strings.TrimPrefix(text, "\uFEFF")
	for line := range strings.SplitSeq(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n") {
		m := colonLine.FindStringSubmatch(line)
		if m == nil {
			m = wordsLine.FindStringSubmatch(line)
		}
		if m == nil {
			continue
		}
		key := asciiLower(m[1])
		switch key {
		case "user-agent":
			if closed {
				names, closed = nil, false
			}
			name := asciiLower(agentName.FindString(m[2]))
			if strings.HasPrefix(name, "*") {
				name = "*"
			}
			names = append(names, name)
			found[name] = true
		case "allow", "disallow":
			closed = true
			for _, name := range names {
				of[name] = append(of[name], referenceRule{m[2], key == "allow"})
				if page := indexPage.FindStringSubmatch(m[2]); page != nil && key == "allow" {
					of[name] = append(of[name], referenceRule{page[1] + "$", true})
				}
			}
		}
	}
	if agent != "" && found[asciiLower(agent)] {
		return of[asciiLower(agent)]
	}
	return of["*"]
}

func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// referencePattern returns the regular expression of a pattern, and its length.
func referencePattern(pattern string) (expr string, octets int) {
	if pattern == "" {
		return "^$.", 0
	}
	pattern, anchored := strings.CutSuffix(pattern, "$")
	var pieces []string
	for piece := range strings.SplitSeq(pattern, "*") {
		piece = strings.Join(referenceNormal(piece), "")
		octets += len(piece)
		pieces = append(pieces, regexp.QuoteMeta(piece))
	}
	expr = "^" + strings.Join(pieces, ".*")
	octets += len(pieces) - 1
	if anchored {
		expr, octets = expr+"$", octets+1
	}
	return expr, octets
}

// referenceNormal returns the characters of s in the form in which they compare.
func referenceNormal(s string) (chars []string) {
	for s != "" {
		c := s[:1]
		if len(s) >= 3 && c == "%" {
			if n, err := strconv.ParseUint(s[1:3], 16, 8); err == nil {
				c = string([]byte{byte(n)})
				if !inEither.MatchString(c) {
					c = fmt.Sprintf("%%%02X", n)
				}
				chars, s = append(chars, c), s[3:]
				continue
			}
		}
		if !asItComes.MatchString(c) {
			c = fmt.Sprintf("%%%02X", c[0])
		}
		chars, s = append(chars, c), s[1:]
	}
	return chars
}

func referencePaths(url string) []string {
	path, _, _ := strings.Cut(url, "#")
	if m := afterHost.FindStringSubmatch(path); m != nil {
		path = m[1] + m[2]
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	chars := referenceNormal(path)
	var spelt, plain, escaped strings.Builder
	query := false
	for _, c := range chars {
		spelt.WriteString(c)
		p, e := c, c
		for d := range strings.SplitSeq(":/?[]@", "") {
			if code := fmt.Sprintf("%%%02X", d[0]); query && (c == d || c == code) {
				p, e = d, code
			}
		}
		plain.WriteString(p)
		escaped.WriteString(e)
		query = query || c == "?"
	}
	return []string{spelt.String(), plain.String(), escaped.String()}
}

func checkAgainstReference(t *testing.T, text, agent, url string) {
	t.Helper()
	if got, want := Parse([]byte(text), agent).Allows(url), reference(text, agent, url); got != want {
		t.Errorf("%q\nallows %q %q: %v, want %v", text, agent, url, got, want)
	}
}

// Few different characters, so that much matches by chance.
func TestRulesDecideAsTheReferenceDoes(t *testing.T) {
	r := rand.New(rand.NewPCG(9309, 2022))
	some := func(from []string, most int) string {
		var b strings.Builder
		for range r.IntN(most + 1) {
			b.WriteString(from[r.IntN(len(from))])
		}
		return b.String()
	}
	inPattern := []string{"a", "a", "b", "/", "/", "*", "*", "$", "?", "%61", "%2f", "%2F", "%2A", "%24", ":", "%3a", "é", "%C3%A9", "%", " ", "index.htm"}
	inURL := []string{"a", "a", "b", "/", "/", "*", "$", "?", "%61", "%2f", "%2F", "%2A", ":", "%3A", "é", "%c3%a9", "%", " ", "index.html"}
	inText := []string{"User-agent: a\n", "User-agent: b/1\r", "user-agent: *\r\n", "Crawl-delay: 1\n", "\n", "# x\n", "Sitemap: /a\n", "user-agent: c"}
	keys := []string{"Allow: ", "allow:", "Disallow: ", "DISALLOW ", "disallow : ", "disalow: "}
	for range 5_000 {
		var text strings.Builder
		for range r.IntN(8) {
			text.WriteString(some(inText, 2))
			text.WriteString(keys[r.IntN(len(keys))] + "/" + some(inPattern, 6) + "\n")
		}
		checkAgainstReference(t, text.String(), some([]string{"a", "b", "A"}, 1), "http://h/"+some(inURL, 9))
		if t.Failed() {
			return
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"", "User-agent: *\nDisallow: /", "user-agent: a\nuser-agent: b\nallow: /*.html$\ndisallow: /x*y\n",
		"\uFEFFUser-agent:*\rDisallow: /a?b=c:d\rCrawl-delay: 2.5", "disallow /\nuser-agent *\ndisallow /%7e%2a%\xff",
		"User-agent: a\nAllow: /index.html\nDisallow: /*\n",
	} {
		f.Add(text, "a", "https://example.com/a?b=c%3Ad/index.html")
	}
	f.Fuzz(func(t *testing.T, text, agent, url string) {
		rules := Parse([]byte(text), agent)
		if most := 4*len(text) + 1000; rules.Size() > most {
			t.Errorf("rules of a text of %d bytes take %d", len(text), rules.Size())
		}
		if d := rules.Delay(); d < 0 || d > MaxAge {
			t.Errorf("a delay of %v", d)
		}
		allows := rules.Allows(url)
		if rules.Allows(url) != allows {
			t.Error("two answers to one question")
		}
		if Parse([]byte(text+"\n# a comment\n"), agent).Allows(url) != allows {
			t.Error("a comment at the end has changed the answer")
		}
		if !rules.Allows("/robots.txt") || !AllowAll().Allows(url) {
			t.Error("what is always allowed is not")
		}
		if len(text) < 4<<10 && len(url) < 4<<10 && agent == Agent(agent) {
			checkAgainstReference(t, text, agent, url)
		}
	})
}

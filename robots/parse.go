package robots

import (
	"bytes"
	"time"
)

// MaxSize is how much of a robots.txt is read, in bytes: the least that RFC 9309
// §2.5 allows.
const MaxSize = 500 << 10

// Parse returns the rules of a robots.txt for agent, a product token: those of all
// groups that name it or, if none does, those of "*" (RFC 9309 §2.2.1). Without
// an agent they are those of "*".
//
// What no rule is means nothing, and no text is an error. Of a text longer than
// [MaxSize] the rest is not read, nor the line that goes beyond it. The rules
// keep nothing of text.
func Parse(text []byte, agent string) *Rules {
	p := parser{agent: []byte(agent)}
	for rest := readable(text); len(rest) > 0; {
		var line []byte
		line, rest = cutLine(rest)
		p.line(line)
	}
	if p.mine.found {
		return p.mine.rules()
	}
	return p.all.rules()
}

var byteOrderMark = []byte("\xEF\xBB\xBF")

// readable returns what is read of a text: its whole lines up to MaxSize.
func readable(text []byte) []byte {
	if len(text) > MaxSize {
		text = text[:bytes.LastIndexAny(text[:MaxSize+1], "\r\n")+1]
	}
	return bytes.TrimPrefix(text, byteOrderMark)
}

// cutLine cuts at a CR, too: between a CR and an LF is an empty line.
func cutLine(text []byte) (line, rest []byte) {
	for i, c := range text {
		if c == '\n' || c == '\r' {
			return text[:i], text[i+1:]
		}
	}
	return text, nil
}

// A parser reads the lines of a robots.txt for one agent.
type parser struct {
	agent  []byte
	mine   group // what is agent's
	all    group // what is anybody's
	closed bool  // the group has a rule: the next user-agent line begins another
}

// A group gathers the groups of one name.
type group struct {
	found bool // there is one
	open  bool // the group that is being read is one
	delay time.Duration
	set   ruleSet
}

func (p *parser) line(line []byte) {
	if len(line) == 0 {
		return
	}
	key, value := keyAndValue(line)
	switch {
	case is(key, "user-agent"):
		p.name(value)
	case is(key, "allow"):
		p.rule(value, true)
	case is(key, "disallow"):
		p.rule(value, false)
	case is(key, "crawl-delay"):
		p.delay(value)
	}
}

func (p *parser) name(value []byte) {
	if p.closed {
		p.closed, p.mine.open, p.all.open = false, false, false
	}
	name := token(value)
	switch {
	case len(name) > 0 && bytes.EqualFold(name, p.agent):
		p.mine.found, p.mine.open = true, true
	case len(name) == 0 && bytes.HasPrefix(value, []byte("*")) && len(token(value[1:])) == 0:
		p.all.found, p.all.open = true, true
	}
}

func (p *parser) rule(pattern []byte, allow bool) {
	p.closed = true
	if p.mine.open {
		p.mine.set.add(pattern, allow)
	}
	if p.all.open && !p.mine.found {
		p.all.set.add(pattern, allow)
	}
}

// delay is for those whom the group has named so far: unlike a rule it does not
// end their list (RFC 9309 §2.2.4), and who is named after it has not been asked.
// The longest counts.
func (p *parser) delay(value []byte) {
	for _, g := range []*group{&p.mine, &p.all} {
		if g.open {
			g.delay = max(g.delay, seconds(value))
		}
	}
}

func (g *group) rules() *Rules {
	r := g.set.rules()
	r.delay = g.delay
	return r
}

const blanks = " \t\v\f"

// keyAndValue returns the parts of a line without its comment. The colon may be
// missing if a key and a value of one word are all that there is.
func keyAndValue(line []byte) (key, value []byte) {
	line, _, _ = bytes.Cut(line, []byte("#"))
	line = bytes.Trim(line, blanks)
	key, value, ok := bytes.Cut(line, []byte(":"))
	if ok {
		return bytes.TrimRight(key, blanks), bytes.TrimLeft(value, blanks)
	}
	end := bytes.IndexAny(line, blanks)
	if end < 0 {
		return nil, nil
	}
	key, value = line[:end], bytes.TrimLeft(line[end:], blanks)
	if bytes.ContainsAny(value, blanks) {
		return nil, nil
	}
	return key, value
}

// is compares without case. The lengths keep it to ASCII: there is an "s" of two
// bytes.
func is(key []byte, name string) bool {
	return len(key) == len(name) && bytes.EqualFold(key, []byte(name))
}

package fetch

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

const masked = "***"

// Fields whose values are never shown, whoever has set them.
var secrets = []string{"Authorization", "Cookie", "Cookie2", "Proxy-Authorization", "Set-Cookie", "Set-Cookie2"}

// tellQuestion calls OnHead with the head of q. It names no version: which one
// is spoken shows when the connection is there.
func (c *Client) tellQuestion(r Request, q question) {
	if c.opts.OnHead == nil {
		return
	}
	given := c.opts.Header
	if r.Extra != nil {
		given = slices.Concat(given, r.Extra.Header)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", q.method, q.path)
	header := slices.Concat([]Field{{"Host", q.host}}, q.header)
	c.opts.OnHead(r, writeFields(&b, header, given))
}

// tellAnswer calls OnHead with the head of a.
func (c *Client) tellAnswer(r Request, a answer) {
	if c.opts.OnHead == nil {
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %d", a.proto, a.status)
	c.opts.OnHead(r, writeFields(&b, a.header, nil))
}

// writeFields adds the fields, with the values of secrets and of those that
// the user has given masked.
func writeFields(b *strings.Builder, header, given []Field) string {
	for _, f := range header {
		value := printable(f.Value)
		if hasField(given, f.Name) || slices.ContainsFunc(secrets, func(s string) bool { return strings.EqualFold(s, f.Name) }) {
			value = masked
		}
		fmt.Fprintf(b, "\n%s: %s", f.Name, value)
	}
	return b.String()
}

// printable is s with its control characters and what is no UTF-8 escaped, so
// that what a server sends cannot steer a terminal.
func printable(s string) string {
	if !strings.ContainsFunc(s, unprintable) {
		return s
	}
	var b strings.Builder
	for _, c := range s {
		if unprintable(c) {
			fmt.Fprintf(&b, `\u%04x`, c)
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}

func unprintable(c rune) bool { return !unicode.IsPrint(c) }

package fetch

import (
	"fmt"
	"slices"
	"strings"
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

// tellResponse calls OnHead with the head of resp.
func (c *Client) tellResponse(r Request, resp response) {
	if c.opts.OnHead == nil {
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %d", resp.proto, resp.status)
	c.opts.OnHead(r, writeFields(&b, resp.header, nil))
}

// writeFields adds the fields, with the values of secrets and of those that
// the user has given masked.
func writeFields(b *strings.Builder, header, given []Field) string {
	for _, f := range header {
		value := escaped(f.Value)
		if hasField(given, f.Name) || slices.ContainsFunc(secrets, func(s string) bool { return strings.EqualFold(s, f.Name) }) {
			value = masked
		}
		fmt.Fprintf(b, "\n%s: %s", escaped(f.Name), value)
	}
	return b.String()
}

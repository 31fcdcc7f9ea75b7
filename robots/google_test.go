package robots

import (
	"encoding/json"
	"os"
	"testing"
)

// A googleCase is one assertion of the tests of Google's parser, whose licence
// lies beside them.
type googleCase struct {
	Test      string `json:"test"`
	Text      string `json:"robotstxt"`
	UserAgent string `json:"user_agent"`
	URL       string `json:"url"`
	Allowed   bool   `json:"allowed"`
}

// Google's parser leaves URLs as they come, as its callers have them escaped
// already: where one comes raw, or escaped without need, RFC 9309 §2.2.2 compares
// what it stands for.
var decidedByRFC9309 = map[googleCase]string{
	{
		"ID_Encoding", "User-agent: FooBot\nDisallow: /\nAllow: /foo/bar/ツ\n",
		"FooBot", "http://foo.bar/foo/bar/ツ", false,
	}: "a letter beyond ASCII is escaped before it is compared, in the URL too",
	{
		"ID_Encoding", "User-agent: FooBot\nDisallow: /\nAllow: /foo/bar/%E3%83%84\n",
		"FooBot", "http://foo.bar/foo/bar/ツ", false,
	}: "a letter beyond ASCII is escaped before it is compared, in the URL too",
	{
		"ID_Encoding", "User-agent: FooBot\nDisallow: /\nAllow: /foo/bar/%62%61%7A\n",
		"FooBot", "http://foo.bar/foo/bar/baz", false,
	}: "an escaped unreserved letter is that letter: the table of the RFC has this very path",
}

func TestGooglesCasesAreDecidedAsGoogleDoesUnlessTheRFCSaysOtherwise(t *testing.T) {
	data, err := os.ReadFile("testdata/google-robotstxt/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []googleCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) != 142 {
		t.Errorf("%d cases, want 142", len(cases))
	}
	otherwise := map[googleCase]bool{}
	for _, c := range cases {
		want := c.Allowed
		if _, ok := decidedByRFC9309[c]; ok {
			otherwise[c], want = true, !want
		}
		if got := Parse([]byte(c.Text), c.UserAgent).Allows(c.URL); got != want {
			t.Errorf("%s: %q allows %s %q: %v, want %v (%s)", c.Test, c.Text, c.UserAgent, c.URL, got, want, decidedByRFC9309[c])
		}
	}
	if len(otherwise) != len(decidedByRFC9309) {
		t.Errorf("%d cases were decided by the RFC, want %d", len(otherwise), len(decidedByRFC9309))
	}
}

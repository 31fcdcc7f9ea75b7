package fetch

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOnlyHarmlessFieldsCrossToAnotherOrigin(t *testing.T) {
	harmless := []Field{{"user-agent", "x"}, {"Accept", "x"}, {"ACCEPT-LANGUAGE", "x"}, {"Sec-Fetch-Mode", "x"}, {"dnt", "x"}}
	header := slices.Concat(harmless, []Field{
		{"Authorization", "s"}, {"cookie", "s"}, {"Cookie2", "s"}, {"Proxy-Authorization", "s"}, {"WWW-Authenticate", "s"}, {"Host", "s"},
		{"X-Api-Key", "s"}, {"PRIVATE-TOKEN", "s"}, {"Referer", "s"}, {"Origin", "s"}, {"X-Forwarded-For", "s"}, {"If-None-Match", "s"}, {"Sec-", "s"},
	})
	before := slices.Clone(header)
	if diff := cmp.Diff(harmless, crossing(header)); diff != "" {
		t.Errorf("what crosses (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, header); diff != "" {
		t.Errorf("the header was changed:\n%s", diff)
	}
}

//go:build linux && trial

package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Every kind of page that is the worst for some part of the parser, eight at once, each as
// large as a page may be, with selectors. -v tells what each takes. It takes six minutes and
// is for the asking: go test -tags trial -run LongTrial .
func TestLongTrialHostilePagesOfAllKindsLeaveTheMemoryBounded(t *testing.T) {
	program := plainTrawl(t)
	everyExecutor(t, func(t *testing.T) {
		for name, page := range worst {
			t.Run(name, func(t *testing.T) {
				s := serveBodies(t, map[string]string{"page": page()})
				var urls []string
				for i := range 8 {
					urls = append(urls, fmt.Sprintf("%s/page/%d", s.URL, i))
				}
				dir := t.TempDir()
				peaks := s.peaks(t, dir, program, urls, manySelectors...)
				if slices.Max(peaks) > mostMemory {
					t.Errorf("the run's processes had %.0f MiB, want no more than %.0f each", peaks, mostMemory)
				}
				records := contents(t, dir, "pages.jsonl")
				t.Logf("%.0f MiB, %d of 8 failed", peaks, strings.Count(records, `"class":"callback"`))
				if honest := strings.HasPrefix(name, "honest"); honest && strings.Contains(records, `"class"`) {
					t.Errorf("an honest page failed: %.300s", records)
				}
			})
		}
	})
}

var worst = map[string]func() string{
	"honest list":  bombs["list"],
	"honest prose": func() string { return filled("", "<p>Une page honnête, mais longue.</p>\n") },
	"honest table": func() string {
		return numbered("<table>", "<tr class=\"row\">\n  <td class=\"n\">%[1]d</td>\n  <td class=\"v\">%[1]d</td>\n  <td class=\"x\"><a href=\"/x/%[1]d\">thing %[1]d</a></td>\n</tr>\n")
	},
	"narrow table": func() string {
		return numbered("<table>", "<tr><td>%[1]d</td><td>%[1]d</td><td>%[1]d.17</td><td>ok</td></tr>\n")
	},
	"one text":                     func() string { return filled("<p>", "text ") },
	"entities":                     func() string { return filled("<p>", "&amp;&notit") },
	"a script":                     func() string { return filled("<script>", "var a=1;") },
	"a title":                      bombs["title"],
	"paragraphs":                   bombs["paragraphs"],
	"letters":                      func() string { return filled("", "<b>x</b>") },
	"comments":                     bombs["comments"],
	"nested":                       bombs["nested"],
	"misnested":                    func() string { return filled("", "<b><i><p></b></i></p>") },
	"fonts":                        bombs["fonts"],
	"fonts with attributes":        bombs["attributes"],
	"fonts with many attributes":   func() string { return filled(fonts(40, 10_000), "<p>x") },
	"attributes of an element":     bombs["element"],
	"attributes of html":           func() string { return numbered("", "<html a%d>") },
	"attributes in a drawing":      func() string { return numbered("<svg><style><p ", "%x=1 ") },
	"foster parents":               func() string { return filled("<table>", "x<b>") },
	"foster texts":                 func() string { return filled("<table>", "x<tr>") },
	"templates":                    func() string { return filled("", "<template></template>") },
	"selects":                      func() string { return filled("", "<select><option>a</select>") },
	"a frameset":                   func() string { return filled("<frameset>", "<frame>") },
	"NULs":                         func() string { return filled("<p>", "\x00") },
	"a comment without end":        func() string { return filled("<!--", "<p>-") },
	"a CDATA section without end":  func() string { return filled("<svg><![CDATA[", "<p>]") },
	"angle brackets":               func() string { return filled("", "<") },
	"four megabytes of its fields": func() string { return filled("<body>", "<p><a>"+strings.Repeat("text ", 20_000))[:4<<20-1000] },
}

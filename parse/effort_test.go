package parse

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// What the library looks for by itself ends too: a page that would take it hours is
// refused, whatever the selector.
func TestSelectorsWithParenthesesEndSoon(t *testing.T) {
	deep := strings.Repeat("<div>", 400) + strings.Repeat("<a>x</a>", 20_000)
	wide := "<ul>" + strings.Repeat("<li>x</li>", 100_000) + "</ul>"
	for _, test := range []struct {
		selector, page string
		want           error
	}{
		{"x=body:has(td div div a)", deep, errSlow},
		{"x=body:not(:has(td div div a))", deep, errSlow},
		{"x=body:has(div:has(div:has(i)))", deep, errSlow},
		{"x=ul:has(li:nth-child(2n+7))", wide, errSlow},
		{"x=ul:has(b ~ li)", wide, errSlow},
		{"x=body:has(td)", deep, nil},
		{"x=div:not(td div a) > i", deep, nil},
		{"x=a:contains('y')", deep, nil},
		{"x=li:nth-child(100)", wide, nil},
		{"x=ul:has(i)", wide, nil},
		{"x=tr:has(td div a)", string(utf8Page(80_000).Body), nil},
		{"x=ul:has(li:nth-child(2))", "<ul>" + strings.Repeat("<li>x</li>", 10_000) + "</ul>", nil},
	} {
		start := time.Now()
		if _, err := ParsePage(htmlPage(test.page), Options{Select: []Selector{mustSelector(t, test.selector)}}); err != test.want {
			t.Errorf("%s: %v, want %v", test.selector, err, test.want)
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%s took %v", test.selector, took)
		}
	}
}

func TestEffortOfASelector(t *testing.T) {
	for css, want := range map[string]effort{
		"div div > a ~ b:first-child":    {},
		"li:nth-child(2n+1)":             {siblings: 1},
		"a:not(.x)":                      {},
		"a:not(b c)":                     {above: 1},
		"tr:has(td > b, i a ~ b)":        {below: 1, above: 1, before: 1},
		"a:has(b:not(c:has(d e)))":       {below: 2, above: 1},
		"a[x=':has(b c)']":               {},
		"p:contains('(a b)')":            {below: 1},
		"ul:has(li:first-child)":         {below: 1, siblings: 1},
		"a:HAS(b:matches(x y)) c:not(d)": {below: 2},
	} {
		if got := effortOf(css); got != want {
			t.Errorf("%s: %+v, want %+v", css, got, want)
		}
	}
}

func TestExtentOfATree(t *testing.T) {
	root, err := html.Parse(strings.NewReader("<p>a<b>c</b><i>d<b>e</b></i><p>f"))
	if err != nil {
		t.Fatal(err)
	}
	// document, html, head, body, p, a, b, c, i, d, b, e, p, f
	if got, want := extentOf(root), (extent{nodes: 14, depth: 6, widest: 3}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

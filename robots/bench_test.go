package robots

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// texts are robots.txt of MaxSize, each made so that something is slow: reading
// it, or asking it for one of the URLs beside it.
func hostileTexts() map[string]string {
	r := rand.New(rand.NewPCG(1, 2))
	word := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = 'a' + byte(r.IntN(20))
		}
		return string(b)
	}
	fill := func(line func(i int) string) string {
		var b strings.Builder
		b.WriteString("User-agent: *\n")
		for i := 0; ; i++ {
			l := line(i)
			if b.Len()+len(l)+1 > MaxSize {
				return b.String()
			}
			b.WriteString(l + "\n")
		}
	}
	return map[string]string{
		"paths":         fill(func(i int) string { return "Allow:/" + word(3) }),
		"nested":        fill(func(i int) string { return "Allow:/" + strings.Repeat("a", i) }),
		"words":         fill(func(i int) string { return "Allow:/*" + word(4) + "z" }),
		"pairs":         fill(func(i int) string { return "Allow:/*" + word(2) + "*" + word(3) + "z" }),
		"triples":       fill(func(i int) string { return "Allow:/*" + word(1) + "*" + word(1) + "*" + word(3) + "z" }),
		"ends":          fill(func(i int) string { return "Allow:/*" + word(3) + "*z$" }),
		"stars":         "User-agent: *\nAllow: /" + strings.Repeat("*a", MaxSize/2-20),
		"only stars":    "User-agent: *\nAllow: /" + strings.Repeat("*", MaxSize-50) + "b",
		"rows of stars": fill(func(i int) string { return "Allow:/" + strings.Repeat("*a", i%40) + "*b" }),
		"rows":          fill(func(i int) string { return "Allow:/*" + strings.Repeat("a", i) + "b" }),
		"agents":        strings.Repeat("User-agent:*\n", MaxSize/13),
		"a line":        strings.Repeat("a", MaxSize),
		"empty lines":   strings.Repeat("\n", MaxSize),
		"escapes":       fill(func(i int) string { return "Allow:/*%" + word(3) + "%41" }),
	}
}

func hostileURLs() map[string]string {
	r := rand.New(rand.NewPCG(3, 4))
	mixed := make([]byte, 64<<10)
	for i := range mixed {
		mixed[i] = 'a' + byte(r.IntN(20))
	}
	return map[string]string{
		"short": "https://example.com/some/page.html?with=a#query",
		"as":    "https://example.com/" + strings.Repeat("a", 64<<10),
		"mixed": "https://example.com/" + string(mixed),
		"8k":    "https://example.com/" + string(mixed[:8<<10]),
	}
}

func BenchmarkParse(b *testing.B) {
	for name, text := range hostileTexts() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				Parse([]byte(text), "trawl")
			}
			b.ReportMetric(float64(Parse([]byte(text), "trawl").Size()), "B-kept")
		})
	}
}

func BenchmarkAllows(b *testing.B) {
	for name, text := range hostileTexts() {
		rules := Parse([]byte(text), "trawl")
		for kind, url := range hostileURLs() {
			b.Run(fmt.Sprintf("%s/%s", name, kind), func(b *testing.B) {
				for b.Loop() {
					rules.Allows(url)
				}
			})
		}
	}
}

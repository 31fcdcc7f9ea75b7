package crawl

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/zeebo/xxh3"

	"trawl/sinks"
)

// Lists are shared out by machines with different versions of trawl: what is written here
// may never change.
func TestAListIsSharedOutAlikeForEver(t *testing.T) {
	if got := xxh3.HashString(""); got != 0x2d06800538d394c2 { // of the reference implementation
		t.Fatalf("XXH3 of nothing is %x", got)
	}
	for line, want := range map[string][3]int{ // of 3, 16 and 65535
		"http://example.com/":                    {1, 4, 55198},
		"https://www.example.com/a?b":            {2, 6, 33443},
		"http://example.com:8080/":               {3, 8, 51972},
		"http://192.0.2.1/":                      {3, 1, 8040},
		"http://[2001:db8::1]:81/":               {3, 5, 5610},
		"http://xn--bcher-kva.example/":          {2, 7, 18908},
		`{"url":"https://a.example/","meta":{}}`: {2, 9, 39959},
		"no URL":                                 {1, 1, 1},
		`{"url":""}`:                             {1, 1, 1},
	} {
		var got [3]int
		for i, of := range []int{3, 16, 65535} {
			got[i] = shareOf(t, line, of)
		}
		if got != want {
			t.Errorf("%q: %v, want %v", line, got, want)
		}
	}
}

// shareOf is the one share of so many that has the line.
func shareOf(t testing.TB, line string, of int) (number int) {
	t.Helper()
	for n := 1; n <= of; n++ {
		if (Share{n, of}).has([]byte(line), false) {
			if number != 0 {
				t.Fatalf("%q is in shares %d and %d of %d", line, number, n, of)
			}
			number = n
		}
	}
	if number == 0 {
		t.Fatalf("%q is in no share of %d", line, of)
	}
	return number
}

// Every group is one host in spellings of its own.
var spellings = [][]string{
	{
		"http://example.com", "https://example.com/", "HTTP://EXAMPLE.com/a", "https://Example.COM?x", "http://example.com#part",
		"http://example.com:80/", "https://example.com:443/", "http://example.com:443/", "https://example.com:80/", "http://example.com:0080/", "http://example.com:/",
		"http://me@example.com/", "http://me:word@example.com:80/", "http://a.example:8080@example.com/", "http://%65xample.com/", `http://example.com\a`,
		`{"url":"http://example.com/"}`, `{"url": "https://example.com:443/x","timeout":"3s"}`, `{"meta":{},"url":"http://EXAMPLE.com"}`,
		`{"url":"http://a.example/","url":"http://example.com/"}`, `{"\u0075rl":"http:\/\/example.com/"}`, `{"url":"http://a.example/","ur\u006c":"http://example.com/"}`,
		`{"url":"http://\u0065xample.com/"}`, `{"url":"http://example.com","class":"timeout","seq":7}`, "http://exa\u00admple.com/", "http://ｅｘａｍｐｌｅ.com/",
	},
	{"http://bücher.example/", "http://BÜCHER.example", "https://xn--bcher-kva.example/", "https://XN--BCHER-KVA.example:443/", "http://b%C3%BCcher.example/"},
	{"http://example.com:8080/", "https://example.com:8080", "http://EXAMPLE.com:08080/", "http://me@example.com:8080/x"},
	{"http://example.com./", "http://EXAMPLE.com.:80"},
	{"http://192.0.2.1/", "http://0xC0000201/", "http://192.0.513", "https://0300.0.2.1:443/"},
	{"http://[2001:db8::1]/", "https://[2001:DB8:0:0:0:0:0:1]:443/", "http://[2001:db8::0:1]:80/"},
	{"http://a_b.example/", "https://A_B.example/"},
}

var noURLs = []string{
	"example.com", "ftp://example.com/", "http://", "http:///example.com/", "http://example.com:0/", "http://example.com:65536/", "http://exa mple.com/",
	"http://example.com/\x01", "http://example.com/\xff", "{", `{"url":7}`, `{"url":"http://example.com/"`, `{"url":"http://example.com/"} x`,
	`{"url":"http://example.com/","timeout":"x"}`, `{"url":"http://example.com/…","class":"bad_url"}`, `{"url":"http://example.com/","url":7}`, "http://example.com/\t\v",
}

func TestAHostIsInOneShareHoweverItIsSpelled(t *testing.T) {
	for _, of := range []int{2, 3, 16, 500} {
		for _, group := range spellings {
			want := shareOf(t, group[0], of)
			for _, line := range group {
				if got := shareOf(t, line, of); got != want {
					t.Errorf("%q is in share %d of %d, %q in %d", line, got, of, group[0], want)
				}
			}
		}
		for _, line := range noURLs {
			if got := shareOf(t, line, of); got != 1 {
				t.Errorf("%q is in share %d of %d, want 1", line, got, of)
			}
		}
	}
}

// FuzzShare: a line is in exactly one share, which is its host's.
func FuzzShare(f *testing.F) {
	for _, line := range append(slices.Concat(spellings...), noURLs...) {
		f.Add([]byte(line), false)
	}
	f.Add([]byte(""), true)
	f.Fuzz(func(t *testing.T, line []byte, long bool) {
		if line = trimBlanks(line); !hasURL(line, long) {
			return
		}
		r, err := parseLine(line, long)
		if !long && err == nil {
			if host, ok := hostIn(line); ok && string(host) != r.Host {
				t.Errorf("the host of %q is %q, want %q", line, host, r.Host)
			}
		}
		for of := 2; of < 6; of++ {
			want := 1
			if err == nil {
				want = 1 + int(xxh3.HashString(r.Host)%uint64(of))
			}
			for number := 1; number <= of; number++ {
				if got := (Share{number, of}).has(line, long); got != (number == want) {
					t.Errorf("%q is in share %d of %d: %v, want it in %d", line, number, of, got, want)
				}
			}
		}
	})
}

// sharedList is a list with everything, of two hundred hosts.
func sharedList() string {
	var b strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&b, "http://h%d.example/%d\n", i*i%200, i)
		if i%10 == 0 {
			fmt.Fprintf(&b, "# %d\n\n", i)
		}
		if i%50 == 0 {
			fmt.Fprintf(&b, "%s\n", noURLs[i/50%len(noURLs)])
			fmt.Fprintf(&b, "%s\n", strings.Join(spellings[i/50%len(spellings)], "\n"))
		}
	}
	return b.String()
}

func TestSharesTogetherAreTheList(t *testing.T) {
	urls, page := file(t, "urls.txt", sharedList()), "http://h7.example/argument"
	for _, dedupe := range []bool{false, true} {
		whole := takeAll(t, openList(t, ListOptions{Dedupe: dedupe}, strings.NewReader(sharedList()), urls, "-", page))
		for _, of := range []int{1, 2, 7, 16} {
			shares := make([]taken, 0, len(whole))
			hosts := map[string]int{}
			for number := 1; number <= of; number++ {
				l := openList(t, ListOptions{Dedupe: dedupe, Shard: Share{number, of}}, strings.NewReader(sharedList()), urls, "-", page)
				for i, got := range takeAll(t, l) {
					if got.index != int64(i+1) {
						t.Fatalf("share %d of %d: position %d comes after %d", number, of, got.index, i)
					}
					if in := hosts[got.host]; got.host != "" && in != 0 && in != number {
						t.Fatalf("%s is in shares %d and %d of %d", got.host, in, number, of)
					}
					hosts[got.host] = number
					got.index = got.seq // as in a list that is taken whole
					shares = append(shares, got)
				}
			}
			slices.SortFunc(shares, func(a, b taken) int { return int(a.seq - b.seq) })
			if !slices.Equal(shares, whole) {
				t.Errorf("%d shares have %d lines, not the %d of the list", of, len(shares), len(whole))
			}
		}
	}
}

// taken is what Next has said of a line.
type taken struct {
	index, seq int64
	host, what string
	line       int64
	sum        uint64
}

func takeAll(t testing.TB, l *List) (all []taken) {
	t.Helper()
	for {
		r, err := l.Next()
		if err == io.EOF {
			return all
		}
		got := taken{r.Index, r.Seq, r.Host, r.File + " " + r.URL, r.Line, r.ListSum}
		if err != nil {
			got.what += err.Error()
		}
		all = append(all, got)
	}
}

func TestOnlyTheShareIsCounted(t *testing.T) {
	urls := file(t, "urls.txt", sharedList())
	for _, share := range []Share{{}, {1, 1}, {1, 3}, {2, 3}, {3, 3}, {2, MaxShares}} {
		for _, most := range []int64{0, 5} {
			opts := ListOptions{Shard: share, MaxPages: most}
			n, known := openList(t, opts, nil, urls, "http://h7.example/").Count(t.Context())
			if got := takeAll(t, openList(t, opts, nil, urls, "http://h7.example/")); !known || int(n) != len(got) {
				t.Errorf("%v, at most %d: %d are counted (known %v), and there are %d", share, most, n, known, len(got))
			}
		}
	}
}

// What an interrupted run of a share had in flight comes first, and then the rest of the share.
func TestAShareIsResumed(t *testing.T) {
	urls, opts := file(t, "urls.txt", sharedList()), ListOptions{Shard: Share{2, 5}}
	whole := takeAll(t, openList(t, opts, nil, urls))
	half := int64(len(whole) / 2)
	run := &sinks.Interrupted{ListSum: whole[half-1].sum}
	holes := []int64{3, 17, half - 1}
	for i := int64(1); i <= half; i++ {
		if !slices.Contains(holes, i) {
			run.Done.Add(i)
		}
	}
	var want []taken
	for _, hole := range holes {
		want = append(want, whole[hole-1])
	}
	want = append(want, whole[half:]...)
	l := openList(t, opts, nil, urls)
	if err := l.Resume(run); err != nil {
		t.Fatal(err)
	}
	if got := takeAll(t, l); !slices.Equal(got, want) {
		t.Errorf("%d positions come, want %d", len(got), len(want))
	}
	if err := openList(t, ListOptions{Shard: Share{3, 5}}, nil, urls).Resume(run); !errors.Is(err, ErrListChanged) {
		t.Errorf("another share goes on: %v", err)
	}
	other := file(t, "urls.txt", strings.Replace(sharedList(), "http://h0.example/0", "http://h0.example/00", 1))
	if err := openList(t, opts, nil, other).Resume(run); !errors.Is(err, ErrListChanged) {
		t.Errorf("another list is gone on with: %v", err)
	}
}

// A list of others' hosts only is not empty, and ends at once.
func TestAShareMayHaveNothing(t *testing.T) {
	const line = "http://example.com/\n"
	others := Share{1 + shareOf(t, line[:len(line)-1], 2)%2, 2}
	for from, stdin := range map[string]io.Reader{"reader": strings.NewReader(line), "file": openFile(t, line)} {
		l := openList(t, ListOptions{Shard: others, MaxPages: 1}, stdin)
		if l.Empty() {
			t.Errorf("%s: the list is empty", from)
		}
		if r, err := l.Next(); err != io.EOF || l.Empty() || l.Truncated() {
			t.Errorf("%s: %v, %v, empty %v, truncated %v", from, r, err, l.Empty(), l.Truncated())
		}
	}
	if l := openList(t, ListOptions{Shard: others}, strings.NewReader("# none\n")); !l.Empty() {
		t.Error("a list without a line is not empty")
	}
}

// What is behind MaxPages is more only if it is the share's.
func TestMaxPagesCountsTheShare(t *testing.T) {
	urls := file(t, "urls.txt", sharedList())
	share := Share{2, 7}
	whole := takeAll(t, openList(t, ListOptions{Shard: share}, nil, urls))
	for _, most := range []int{1, 10, len(whole) - 1, len(whole)} {
		l := openList(t, ListOptions{Shard: share, MaxPages: int64(most)}, nil, urls)
		if got := takeAll(t, l); !slices.Equal(got, whole[:most]) || l.Truncated() != (most < len(whole)) {
			t.Errorf("of at most %d come %d, truncated %v", most, len(got), l.Truncated())
		}
	}
}

// Lines of others do not make a list that waits for input look ready.
func TestAShareWaitsForItsLines(t *testing.T) {
	mine, others := "http://a.example/\n", ""
	share := Share{shareOf(t, "http://a.example/", 2), 2}
	for i := 0; others == ""; i++ {
		if line := fmt.Sprintf("http://h%d.example/", i); !share.has([]byte(line), false) {
			others = line + "\n"
		}
	}
	l, w := pipe(t, ListOptions{Shard: share})
	write(t, w, others)
	if l.Empty() || l.Ready() {
		t.Error("ready with a line of another share only")
	}
	write(t, w, mine)
	if r, err := l.Next(); err != nil || r.Index != 1 || r.Seq != 2 {
		t.Errorf("%v, %v", r, err)
	}
}

func TestParseShare(t *testing.T) {
	for s, want := range map[string]Share{"1/1": {1, 1}, "3/16": {3, 16}, "65535/65535": {65535, 65535}, "03/016": {3, 16}} {
		if got, err := ParseShare(s); got != want || err != nil {
			t.Errorf("%s is %v, %v", s, got, err)
		}
	}
	for s, want := range map[string]error{
		"": strconv.ErrSyntax, "3": strconv.ErrSyntax, "a/b": strconv.ErrSyntax, "1/": strconv.ErrSyntax, "/2": strconv.ErrSyntax, "1/2/3": strconv.ErrSyntax,
		"-1/2": strconv.ErrSyntax, " 1/2": strconv.ErrSyntax, "0/3": strconv.ErrRange, "4/3": strconv.ErrRange, "0/0": strconv.ErrRange,
		"1/65536": strconv.ErrRange, "99999999999999999999/3": strconv.ErrRange,
	} {
		if got, err := ParseShare(s); err != want {
			t.Errorf("%q is %v, %v", s, got, err)
		}
	}
}

// BenchmarkShare is what a line costs that is another share's: reading it, its host, and
// its part of the checksum.
func BenchmarkShare(b *testing.B) {
	for name, format := range map[string]string{
		"plain":    "https://www.h%d.example/articles/2026/some-page-%d.html\n",
		"json":     `{"url":"https://www.h%d.example/articles/some-page-%d.html","meta":{"n":1}}` + "\n",
		"port":     "http://h%d.example:8080/articles/2026/some-page-%d.html\n",
		"userinfo": "http://me@h%d.example/articles/2026/some-page-%d.html\n",
	} {
		for share, opts := range map[string]ListOptions{
			"all": {}, "none/first": {Shard: Share{1, MaxShares}}, "none/other": {Shard: Share{2, MaxShares}},
		} {
			b.Run(name+"/"+share, func(b *testing.B) {
				const lines = 20_000
				var text bytes.Buffer
				for i := range lines {
					fmt.Fprintf(&text, format, i%1000, i)
				}
				urls := file(b, "urls.txt", text.String())
				b.ReportAllocs()
				for b.Loop() {
					l := openList(b, opts, nil, urls)
					for err := error(nil); err != io.EOF; _, err = l.Next() {
					}
					l.Close()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/lines, "ns/line")
			})
		}
	}
}

package pool

import (
	"bytes"
	"encoding/json"
	"math"
	"math/big"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// round is what v is after it has crossed.
func round[T any](t *testing.T, v T) T {
	t.Helper()
	c := CBOR[T]()
	data, err := c.Append(nil, v)
	if err != nil {
		t.Fatalf("Append of %#v: %v", v, err)
	}
	got, err := c.Decode(data)
	if err != nil {
		t.Fatalf("Decode of %#v: %v (% x)", v, err, data)
	}
	return got
}

func wantRound[T any](t *testing.T, v T, opts ...cmp.Option) {
	t.Helper()
	if diff := cmp.Diff(v, round(t, v), opts...); diff != "" {
		t.Errorf("%T has changed (-sent +arrived):\n%s", v, diff)
	}
}

type everything struct {
	Bool    bool
	Int     int
	Int8    int8
	Uint64  uint64
	Float   float64
	Float32 float32
	String  string
	Bytes   []byte
	Strings []string
	Map     map[string][]int
	Array   [3]uint16
	Pointer *int
	Raw     json.RawMessage
	Took    time.Duration
	Inner   struct{ A, B string }
	Big     *big.Int
	Addr    netip.Addr
	Any     any
	Renamed string `json:"renamed"`
	Tagged  string `cbor:"1,keyasint"`
	Skipped string `json:"-"`
	own     int
}

func TestCodecKeepsEveryKindOfValue(t *testing.T) {
	seven := 7
	full := everything{
		Bool: true, Int: math.MinInt64, Int8: -128, Uint64: math.MaxUint64, Float: 0.1, Float32: 0.1,
		String: "naïve", Bytes: []byte{0, 255}, Strings: []string{"", "a"}, Map: map[string][]int{"": {-1}, "b": {}},
		Array: [3]uint16{1, 2, 65535}, Pointer: &seven, Raw: json.RawMessage(`{"a": 1}`), Took: -time.Nanosecond,
		Inner: struct{ A, B string }{"a", "b"}, Big: new(big.Int).Lsh(big.NewInt(-1), 200), Addr: netip.MustParseAddr("fe80::1%eth0"),
		Any: map[string]any{"list": []any{int64(-1), "a", true, nil, 1.5, []byte("b")}}, Renamed: "r", Tagged: "t",
	}
	bigs := cmp.Comparer(func(a, b *big.Int) bool { return a == b || a != nil && b != nil && a.Cmp(b) == 0 })
	addrs := cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
	unexported := cmp.AllowUnexported(everything{})
	wantRound(t, full, bigs, addrs, unexported)
	wantRound(t, everything{}, bigs, addrs, unexported)

	full.Skipped, full.own = "stays", 1
	if got := round(t, full); got.Skipped != "" || got.own != 0 {
		t.Errorf("fields that do not travel: %q, %d", got.Skipped, got.own)
	}
}

func TestCodecKeepsNilAndEmptyApart(t *testing.T) {
	wantRound(t, []byte(nil))
	wantRound(t, []byte{})
	wantRound(t, json.RawMessage(nil))
	wantRound(t, json.RawMessage{})
	wantRound(t, json.RawMessage("null"))
	wantRound(t, []string(nil))
	wantRound(t, []string{})
	wantRound(t, map[string]int(nil))
	wantRound(t, map[string]int{})
	wantRound(t, [][]byte{nil, {}, {1}})
	wantRound(t, (*string)(nil))
	wantRound(t, new(string))
	wantRound(t, any(nil))
}

func TestCodecKeepsStringsOfAnyBytes(t *testing.T) {
	for _, s := range []string{"", "\x00", "http://a/\xff\xfe", "\xed\xa0\x80", strings.Repeat("\xc3", 100_000)} {
		wantRound(t, s)
		wantRound(t, map[string]string{s: s})
		wantRound(t, struct{ S []string }{[]string{s}})
		wantRound(t, any(s))
	}
}

func TestCodecKeepsFloats(t *testing.T) {
	for _, f := range []float64{0, math.Copysign(0, -1), 1e300, math.SmallestNonzeroFloat64, math.Inf(1), math.Inf(-1), math.MaxInt64} {
		if got := round(t, f); math.Float64bits(got) != math.Float64bits(f) {
			t.Errorf("%v arrives as %v", f, got)
		}
	}
	if got := round(t, math.NaN()); !math.IsNaN(got) {
		t.Errorf("NaN arrives as %v", got)
	}
}

func TestCodecKeepsTimesToTheNanosecond(t *testing.T) {
	odd := time.FixedZone("LMT", 19*60+32)
	for _, at := range []time.Time{
		{},
		time.Unix(0, 0),
		time.Unix(0, 1),
		time.Unix(1_700_000_000, 999_999_999),
		time.Unix(-1, 123_456_789),
		time.Date(1925, 1, 1, 0, 0, 0, 7, odd),
		time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
		time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC),
		time.Now(),
	} {
		got := round(t, struct{ At time.Time }{at}).At
		if !got.Equal(at) || got.IsZero() != at.IsZero() {
			t.Errorf("%v arrives as %v", at, got)
		}
		if !at.IsZero() {
			if got, ok := round(t, any(at)).(time.Time); !ok || !got.Equal(at) {
				t.Errorf("%v in an any arrives as %v", at, got)
			}
		}
	}
	if far, err := CBOR[time.Time]().Append(nil, time.Date(12_000, 1, 1, 0, 0, 0, 0, time.UTC)); err == nil {
		if got, err := CBOR[time.Time]().Decode(far); err == nil {
			t.Errorf("a time that RFC 3339 cannot say arrives as %v", got)
		}
	}
}

func TestCodecUsesWhatATypeSaysOfItself(t *testing.T) {
	u, err := url.Parse("https://user:a%20b@host:1/p%2Fq?r#s")
	if err != nil {
		t.Fatal(err)
	}
	if got := round(t, *u); got.String() != u.String() {
		t.Errorf("%s arrives as %s", u, &got)
	}
	r := big.NewRat(1, 3)
	if got := round(t, r); got == nil || got.Cmp(r) != 0 {
		t.Errorf("%v arrives as %v", r, got)
	}
}

func TestCodecAppendsToWhatThereIs(t *testing.T) {
	c := CBOR[string]()
	data, err := c.Append([]byte("head"), "a")
	if err != nil || !bytes.HasPrefix(data, []byte("head")) {
		t.Fatalf("Append: %q, %v", data, err)
	}
	if got, err := c.Decode(data[4:]); got != "a" || err != nil {
		t.Errorf("Decode: %q, %v", got, err)
	}
}

func TestDecodeKeepsNothingOfItsInput(t *testing.T) {
	type page struct {
		Body []byte
		Raw  json.RawMessage
		Any  any
		URL  string
	}
	want := page{[]byte("body"), json.RawMessage("1"), []byte("any"), "url"}
	c := CBOR[page]()
	data, err := c.Append(nil, want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	clear(data)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

type ring struct {
	Name string
	Next *ring
	back *ring
}

func TestCodecRefusesWhatCannotTravel(t *testing.T) {
	wantRefused[chan int](t, nil, "chan int")
	wantRefused(t, func() {}, "func()")
	wantRefused(t, struct{ F []func(int) }{}, "func(int)")
	wantRefused(t, complex(1, 1), "complex128")
	wantRefused(t, struct{ a int }{1}, "no exported fields")
	wantRefused(t, map[string]struct{ a int }{}, "no exported fields")
	wantRefused(t, any(make(chan int)), "chan int")

	loop := &ring{Name: "a"}
	loop.Next = &ring{"b", loop, nil}
	wantRefused(t, loop, "contains itself")
	list := []any{nil}
	list[0] = list
	wantRefused[any](t, list, "contains itself")
	self := map[string]any{}
	self["self"] = self
	wantRefused(t, self, "contains itself")
}

func wantRefused[T any](t *testing.T, v T, why string) {
	t.Helper()
	dst := []byte("head")
	if data, err := CBOR[T]().Append(dst, v); err == nil || !strings.Contains(err.Error(), why) {
		t.Errorf("Append of a %T: %v, want %q", v, err, why)
	} else if string(data) != "head" {
		t.Errorf("Append of a %T failed and left %q", v, data)
	}
	if !strings.Contains(why, "contains itself") && reflect.TypeFor[T]() != reflect.TypeFor[any]() {
		if got, err := CBOR[T]().Decode([]byte{0xf6}); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("Decode of a %T: %v, %v, want %q", v, got, err, why)
		}
	}
}

func TestCodecTakesTypesThatCanContainThemselves(t *testing.T) {
	leaf := &ring{Name: "leaf"}
	leaf.back = leaf // does not travel
	got := round(t, &ring{"root", leaf, leaf})
	if got.Name != "root" || got.Next == nil || got.Next.Name != "leaf" || got.Next.Next != nil || got.back != nil {
		t.Errorf("a list of two arrives as %+v", got)
	}
}

func TestDecodeIsBoundedAgainstHostileInput(t *testing.T) {
	deep := append(bytes.Repeat([]byte{0x81}, 100_000), 0)
	for name, data := range map[string][]byte{
		"nothing":                      nil,
		"half a string":                {0x63, 'a'},
		"two values":                   {0x00, 0x00},
		"nesting without end":          deep,
		"tags without end":             append(bytes.Repeat([]byte{0xc7}, 100_000), 0),
		"a list of 4 thousand million": {0x9a, 0xff, 0xff, 0xff, 0xff, 0x00},
		"a map of 2^62":                {0xbb, 0x40, 0, 0, 0, 0, 0, 0, 0, 0x00},
		"a string of 2^63":             {0x7b, 0x80, 0, 0, 0, 0, 0, 0, 0, 0x00},
		"a list of no known length":    {0x9f, 0x00, 0xff},
		"a key twice":                  {0xa2, 0x61, 'a', 0x00, 0x61, 'a', 0x01},
		"a key that is no text":        {0xa1, 0x80, 0x00},
		"too many items":               append([]byte{0x9a, 0x00, 0x10, 0x00, 0x01}, make([]byte, 1<<20+1)...),
	} {
		var v any
		var err error
		c := CBOR[any]()
		used := allocated(func() { v, err = c.Decode(data) })
		if err == nil {
			t.Errorf("%s: decoded to %T", name, v)
		}
		if used > 64<<10 {
			t.Errorf("%s: cost %d bytes", name, used)
		}
	}
	type twice struct{ A int }
	if v, err := CBOR[twice]().Decode([]byte{0xa2, 0x61, 'A', 0x00, 0x61, 'A', 0x01}); err == nil {
		t.Errorf("a field that is there twice: %v", v)
	}
}

func TestCodecAllocatesLittle(t *testing.T) {
	type page struct {
		URL  string
		Size int
		Body []byte
	}
	c := CBOR[page]()
	v := page{"https://a/", 3, []byte("abc")}
	buf := make([]byte, 0, 1024)
	data, err := c.Append(nil, v)
	if err != nil {
		t.Fatal(err)
	}
	both := testing.AllocsPerRun(1000, func() {
		if _, err := c.Append(buf, v); err != nil {
			t.Error(err)
		}
		if _, err := c.Decode(data); err != nil {
			t.Error(err)
		}
	})
	if both > 4 { // URL and Body; with -race a pool forgets now and then
		t.Errorf("%v allocations to encode and decode a value with two of its own", both)
	}
}

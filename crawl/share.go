package crawl

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/zeebo/xxh3"

	"trawl/fetch"
)

// MaxShares is how many shares a list may have.
const MaxShares = 65535

// A Share is one of several parts of a list that together are all of it, each with whole
// hosts, in the sense of [fetch.HostOf]. Every version on every machine shares a list out
// alike: host belongs to share 1 + XXH3(host) mod Of. What is no URL belongs to share 1.
type Share struct {
	Number int // from 1
	Of     int // up to MaxShares; 0 and 1 are all of the list
}

// ParseShare reads "3/16". The error is [strconv.ErrSyntax], or [strconv.ErrRange] for
// numbers that are no share's.
func ParseShare(s string) (Share, error) {
	number, of, ok := strings.Cut(s, "/")
	i, errI := strconv.ParseUint(number, 10, 64)
	n, errN := strconv.ParseUint(of, 10, 64)
	switch {
	case !ok || errors.Is(errI, strconv.ErrSyntax) || errors.Is(errN, strconv.ErrSyntax):
		return Share{}, strconv.ErrSyntax
	case errI != nil || errN != nil || i < 1 || i > n || n > MaxShares:
		return Share{}, strconv.ErrRange
	}
	return Share{int(i), int(n)}, nil
}

// String is the share as ParseShare reads it; "1/1" of the zero value.
func (s Share) String() string { return fmt.Sprintf("%d/%d", max(s.Number, 1), max(s.Of, 1)) }

// IsAll says whether it is all of the list.
func (s Share) IsAll() bool { return s.Of <= 1 }

// hasHost says whether a host is in the share.
func (s Share) hasHost(host []byte) bool { return xxh3.Hash(host)%uint64(s.Of) == uint64(s.Number-1) }

// has says whether a URL line is in the share. Of most that are not it looks at their host
// only; share 1 must know of each whether it is a URL.
func (s Share) has(text []byte, long bool) bool {
	first := s.Number == 1
	switch {
	case s.IsAll():
		return true
	case long:
		return first
	}
	if host, ok := hostIn(text); ok && s.hasHost(host) == first {
		return first // whether it is a URL or not
	}
	r, err := parseLine(text, long)
	if err != nil {
		return first
	}
	return s.hasHost([]byte(r.Host))
}

// hostIn is [fetch.HostIn] for lines, JSON lines with a plain URL as their first field too.
func hostIn(text []byte) (host []byte, ok bool) {
	if text[0] != '{' {
		return fetch.HostIn(text)
	}
	rest, ok := bytes.CutPrefix(text, []byte(`{"url":`))
	if !ok {
		return nil, false
	}
	rest, ok = bytes.CutPrefix(bytes.TrimLeft(rest, " "), []byte(`"`))
	url, rest, whole := bytes.Cut(rest, []byte(`"`))
	if !ok || !whole || bytes.Contains(rest, []byte(`"url"`)) || bytes.IndexByte(text, '\\') >= 0 {
		return nil, false // there may be another that counts
	}
	return fetch.HostIn(url)
}

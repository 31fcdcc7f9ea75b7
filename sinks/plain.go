package sinks

import (
	"math/bits"
	"unicode/utf8"
)

// plain are the bytes that stand for themselves in a JSON string, whatever stands
// around them. < > & do: this is no HTML.
var plain = func() (table [256]bool) {
	for b := range utf8.RuneSelf {
		table[b] = b >= ' ' && b != '"' && b != '\\'
	}
	return table
}()

// plainLen is how much of s, from its begin, is ASCII without control characters, quotes
// and one other character: as a rule all of it.
func plainLen(s string, other byte) int {
	n := 0
	for ; n+8 <= len(s); n += 8 {
		x := word(s[n : n+8])
		if special := specials(x, other) | x&highs; special != 0 {
			return n + bits.TrailingZeros64(special)/8
		}
	}
	if tail := len(s) - 8; n < len(s) && tail > 0 {
		if x := word(s[tail:]); specials(x, other)|x&highs == 0 {
			return len(s)
		}
	}
	for n < len(s) && plain[s[n]] && s[n] != other {
		n++
	}
	return n
}

// word is eight bytes, the first of them the lowest.
func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

const ones, highs = 0x0101010101010101, 0x8080808080808080

// specials has the highest bit of the first of eight bytes that is a quote, the other
// character or a control character; beyond that one it is not exact.
func specials(x uint64, other byte) uint64 {
	quote, that := x^ones*'"', x^ones*uint64(other)
	return ((quote-ones)&^quote | (that-ones)&^that | (x-ones*' ')&^x) & highs
}

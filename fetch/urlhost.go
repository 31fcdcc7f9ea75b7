package fetch

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// maxHost is how many bytes of a host are looked at: each of the 253 characters
// that a name in DNS may have, if it were written in escapes of four bytes, would
// take 12. The time that punycode takes grows with the square.
const maxHost = 12 * 256

// hostnames is the URL Standard's domain to ASCII, not strict (§3.3).
var hostnames = idna.New(
	idna.MapForLookup(),
	idna.BidiRule(),
	idna.StrictDomainName(false), // "_" is common; the rest is looked at by parseHost
	idna.CheckHyphens(false),
	idna.VerifyDNSLength(false),
)

// parseHost turns a host as it was written into the one to ask for (the URL
// Standard's host parser, §3.5): a name in lower case and punycode, or an address
// in its one form. Unlike there, a name has only letters, digits, "-", "_" and
// ".", and a label in punycode no more than the 63 characters that DNS has room
// for (RFC 1035 §2.3.4); no resolver gives an address for "a*b" or "{host}".
func parseHost(host string) (string, bool) {
	if len(host) > maxHost {
		return "", false
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		return parseIPv6(inner, ok)
	}
	name := percentDecode(host)
	if !utf8.ValidString(name) {
		return "", false
	}
	name, ok := toASCII(name)
	if ok && endsInNumber(name) {
		return parseIPv4(name)
	}
	return name, ok
}

// toASCII is hostnames.ToASCII as the latest UTS #46 has it, which the tables of
// Go's IDNA do not follow before Go 1.27: capital sharp s is mapped to the small
// one, "xn--" alone is no label, nor does one stand for another that begins so.
func toASCII(name string) (string, bool) {
	name = strings.ReplaceAll(name, "ẞ", "ß")
	ascii, err := hostnames.ToASCII(name)
	if err != nil || !isHostname(ascii) || emptyLabels(ascii) > emptyLabels(name) || hasLongLabel(ascii) {
		return "", false
	}
	if strings.Contains(ascii, "xn--xn--") {
		decoded, err := hostnames.ToUnicode(ascii)
		return ascii, err == nil && !strings.Contains("."+decoded, ".xn--")
	}
	return ascii, true
}

// hasLongLabel reports whether a label in punycode is too long. Of those, Go makes
// some that it does not read.
func hasLongLabel(name string) bool {
	for label := range strings.SplitSeq(name, ".") {
		if len(label) > 63 && strings.HasPrefix(label, "xn--") {
			return true
		}
	}
	return false
}

// emptyLabels counts them, whatever dots the labels are separated by.
func emptyLabels(name string) (n int) {
	for label := range strings.SplitSeq(dots.Replace(name), ".") {
		if label == "" {
			n++
		}
	}
	return n
}

var dots = strings.NewReplacer("。", ".", "．", ".", "｡", ".")

func isHostname(name string) bool {
	for i := range len(name) {
		if urlBytes[name[i]]&inHost == 0 {
			return false
		}
	}
	return name != ""
}

// parseIPv6 takes an address as in RFC 4291 §2.2, without a zone.
func parseIPv6(s string, closed bool) (string, bool) {
	ip, err := netip.ParseAddr(s)
	if err != nil || !closed || !ip.Is6() || ip.Zone() != "" {
		return "", false
	}
	if ip.Is4In6() {
		a := ip.As16()
		return fmt.Sprintf("[::ffff:%x:%x]", int(a[12])<<8|int(a[13]), int(a[14])<<8|int(a[15])), true
	}
	return "[" + ip.String() + "]", true
}

// endsInNumber reports whether a name in lower case is an address of IPv4, or
// else none at all.
func endsInNumber(name string) bool {
	name = strings.TrimSuffix(name, ".")
	last := name[strings.LastIndexByte(name, '.')+1:]
	if last != "" && strings.Trim(last, "0123456789") == "" {
		return true // "09" too
	}
	_, ok := ipv4Number(last)
	return ok
}

// parseIPv4 takes one to four numbers, of which the last one fills what is left
// of the four bytes.
func parseIPv4(name string) (string, bool) {
	parts := strings.Split(strings.TrimSuffix(name, "."), ".")
	if len(parts) > 4 {
		return "", false
	}
	ip, room := uint64(0), 32
	for i, part := range parts {
		bits := 8
		if i == len(parts)-1 {
			bits = room
		}
		n, ok := ipv4Number(part)
		if !ok || n>>bits != 0 {
			return "", false
		}
		room -= bits
		ip |= n << room
	}
	return netip.AddrFrom4([4]byte{byte(ip >> 24), byte(ip >> 16), byte(ip >> 8), byte(ip)}).String(), true
}

// ipv4Number reads a number in decimal, octal ("017") or hexadecimal ("0xf", also
// "0x"). What is over 32 bits stays so.
func ipv4Number(s string) (n uint64, ok bool) {
	digits, radix := s, 10
	if hex, is := strings.CutPrefix(s, "0x"); is {
		digits, radix = hex, 16
	} else if len(s) > 1 && s[0] == '0' {
		digits, radix = s[1:], 8
	}
	for i := range len(digits) {
		d := strings.IndexByte("0123456789abcdef", digits[i])
		if d < 0 || d >= radix {
			return 0, false
		}
		n = min(n*uint64(radix)+uint64(d), 1<<32)
	}
	return n, s != ""
}

package sinks

import (
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"net/http"
	"strings"
	"time"

	"trawl/fetch"
)

// update is what is to be known of a page from now on, as a frame of the journal carries it:
// without secrets, and only for the database that has made it.
type update struct {
	key   int64
	url   string
	known []byte // of encodeKnown
}

// update makes one of a listed URL. Any goroutine may call it.
func (p *Pages) update(url string, known *fetch.Known) update {
	bare := fetch.WithoutSecrets(url)
	return update{keyOf(p.salt, url), bare, encodeKnown(known, bare)}
}

func (u update) MarshalBinary() ([]byte, error) {
	b := make([]byte, 0, 16+len(u.url)+len(u.known))
	b = binary.LittleEndian.AppendUint64(b, uint64(u.key))
	b = appendSized(b, u.url)
	return append(b, u.known...), nil
}

func (u *update) UnmarshalBinary(b []byte) error {
	r := valueReader{rest: b}
	u.key = int64(binary.LittleEndian.Uint64(r.take(8)))
	u.url = string(r.sized())
	u.known = []byte(string(r.rest))
	if r.short || len(u.known) == 0 {
		return errDamaged
	}
	return nil
}

// saltSize is how much a page database salts its keys with.
const saltSize = 16

// keyOf is a digest of the whole URL, by which its row is found. It has the user and the
// password in it, since two users have two pages; but nobody can have them back from it
// without guessing, and not for several databases at once.
func keyOf(salt []byte, url string) int64 {
	var buf [256]byte
	sum := sha256.Sum256(append(append(buf[:0], salt...), url...))
	return int64(binary.LittleEndian.Uint64(sum[:]))
}

// sealOf is a checksum by which a row is known to be as it was written: SQLite does not
// notice when a disk has changed a value.
func sealOf(key, generation int64, url string, known []byte) int64 {
	var buf [16]byte
	binary.LittleEndian.PutUint64(buf[:], uint64(key))
	binary.LittleEndian.PutUint64(buf[8:], uint64(generation))
	sum := crc32.Update(crc32.Checksum(buf[:], castagnoli), castagnoli, []byte(url))
	return int64(crc32.Update(sum, castagnoli, known))
}

func sealOfEnd(generation int64, ended string) int64 { return sealOf(0, generation, ended, nil) }

// What is known of a page: the version, flags, when, how many bytes, and then what the flags say.
const (
	knownVersion = 1

	hasGone     = 1 << 0
	hasPrint    = 1 << 1
	hasPayload  = 1 << 2
	hasETag     = 1 << 3
	hasModified = 1 << 4
	hasMoment   = 1 << 5 // LastModified as seconds since 1970, and written as RFC 9110 §5.6.7 prefers
	hasURL      = 1 << 6
	hasSameURL  = 1 << 7 // it is the listed one
)

// What a server says may be of any length; what is longer than this is not kept.
const (
	maxETag     = 1 << 10
	maxModified = 64
	maxKnownURL = 8 << 10
)

// bounded is what of known is kept. Validators are of no use without the URL that
// they belong to.
func bounded(known fetch.Known) fetch.Known {
	known.URL = fetch.WithoutSecrets(known.URL)
	if len(known.URL) > maxKnownURL {
		known.URL, known.ETag, known.LastModified = "", "", ""
	}
	if len(known.ETag) > maxETag || hasControls(known.ETag) {
		known.ETag = ""
	}
	if len(known.LastModified) > maxModified || hasControls(known.LastModified) {
		known.LastModified = ""
	}
	return known
}

func hasControls(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7F })
}

// encodeKnown is known as a row of a listed URL has it.
func encodeKnown(known *fetch.Known, listed string) []byte {
	k, flags := bounded(*known), byte(0)
	var b []byte
	b = append(make([]byte, 0, 160+len(k.ETag)), knownVersion, 0)
	b = binary.AppendVarint(b, k.Time.UnixMicro())
	b = binary.AppendVarint(b, k.Bytes)
	if k.Gone {
		flags |= hasGone
	}
	if k.Fingerprint != ([16]byte{}) {
		flags |= hasPrint
		b = append(b, k.Fingerprint[:]...)
	}
	if k.Payload != ([32]byte{}) {
		flags |= hasPayload
		b = append(b, k.Payload[:]...)
	}
	if k.ETag != "" {
		flags |= hasETag
		b = appendSized(b, k.ETag)
	}
	if at, err := time.Parse(http.TimeFormat, k.LastModified); err == nil && at.Format(http.TimeFormat) == k.LastModified {
		flags |= hasMoment
		b = binary.AppendVarint(b, at.Unix())
	} else if k.LastModified != "" {
		flags |= hasModified
		b = appendSized(b, k.LastModified)
	}
	if k.URL == listed {
		flags |= hasSameURL
	} else if k.URL != "" {
		flags |= hasURL
		b = appendSized(b, k.URL)
	}
	b[1] = flags
	return b
}

func decodeKnown(b []byte, listed string) (*fetch.Known, error) {
	r := valueReader{rest: b}
	head := r.take(2)
	if head[0] != knownVersion {
		return nil, errDamaged
	}
	flags := head[1]
	k := &fetch.Known{Time: time.UnixMicro(r.varint()).UTC(), Bytes: r.varint(), Gone: flags&hasGone != 0}
	if flags&hasPrint != 0 {
		copy(k.Fingerprint[:], r.take(16))
	}
	if flags&hasPayload != 0 {
		copy(k.Payload[:], r.take(32))
	}
	if flags&hasETag != 0 {
		k.ETag = string(r.sized())
	}
	if flags&hasMoment != 0 {
		k.LastModified = time.Unix(r.varint(), 0).UTC().Format(http.TimeFormat)
	}
	if flags&hasModified != 0 {
		k.LastModified = string(r.sized())
	}
	if flags&hasURL != 0 {
		k.URL = string(r.sized())
	}
	if flags&hasSameURL != 0 {
		k.URL = listed
	}
	if r.short || len(r.rest) > 0 {
		return nil, errDamaged
	}
	return k, nil
}

func appendSized(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// valueReader reads what may end early: zeros come then.
type valueReader struct {
	rest  []byte
	short bool
}

func (r *valueReader) take(n int) []byte {
	if n > len(r.rest) {
		r.short = true
		return make([]byte, min(n, 32))
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *valueReader) varint() int64 {
	v, n := binary.Varint(r.rest)
	r.take(max(n, 0))
	r.short = r.short || n <= 0
	return v
}

func (r *valueReader) sized() []byte {
	n, used := binary.Uvarint(r.rest)
	r.take(max(used, 0))
	if used <= 0 || n > uint64(len(r.rest)) {
		r.short = true
		return nil
	}
	return r.take(int(n))
}

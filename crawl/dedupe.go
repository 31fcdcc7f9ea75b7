package crawl

import (
	"hash/maphash"
	"math"
	"math/bits"
	"strings"
)

// seen remembers URLs by a 64-bit hash, in at most 16 bytes a URL. In one of four
// hundred thousand runs of ten million URLs two have the same hash; the second of
// them is then skipped.
type seen struct {
	seed   maphash.Seed
	shards []shard
}

const shards = 256

// add reports whether the URL is new. Serialised URLs are compared; an empty path
// counts as "/".
func (s *seen) add(url string) bool {
	if s.shards == nil {
		s.seed = maphash.MakeSeed()
		s.shards = make([]shard, shards)
	}
	var h maphash.Hash
	h.SetSeed(s.seed)
	h.WriteString(url)
	if _, rest, _ := strings.Cut(url, "://"); strings.IndexByte(rest, '/') < 0 {
		h.WriteByte('/')
	}
	key := max(h.Sum64(), 1)
	i := key % shards
	return s.shards[i].add(key, int(i))
}

// shard is an open-addressed table of keys, at most four fifths full; 0 is a free
// place. It grows by half, and the shards begin with different sizes, so that they
// do not all grow at once: only a few at a time need memory for old and new keys.
type shard struct {
	keys []uint64
	len  int
}

func (s *shard) add(key uint64, number int) bool {
	if s.len >= len(s.keys)*4/5 {
		s.grow(number)
	}
	i := s.find(key)
	if s.keys[i] == key {
		return false
	}
	s.keys[i] = key
	s.len++
	return true
}

// find returns the place of key: where it is or belongs.
func (s *shard) find(key uint64) int {
	hi, _ := bits.Mul64(key, uint64(len(s.keys)))
	i := int(hi)
	for s.keys[i] != key && s.keys[i] != 0 {
		if i++; i == len(s.keys) {
			i = 0
		}
	}
	return i
}

func (s *shard) grow(number int) {
	size := int(16 * math.Pow(1.5, float64(number)/shards))
	if len(s.keys) > 0 {
		size = len(s.keys) * 3 / 2
	}
	old := s.keys
	s.keys = make([]uint64, size)
	for _, key := range old {
		if key != 0 {
			s.keys[s.find(key)] = key
		}
	}
}

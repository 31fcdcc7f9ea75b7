package robots

import "strings"

// maxEffort is how much of a URL is looked through for what stands behind
// wildcards, in bytes, for each pattern anew: some hundredths of a second.
const maxEffort = 16 << 20

// matches reports whether path begins with what a pattern with wildcards
// describes. Each piece between them is taken where it is found first: what
// remains of path for the next is then the most that it can be. What it takes
// is taken off effort.
func matches(pattern, path string, effort *int) bool {
	piece, pattern, more := strings.Cut(pattern, wildcard)
	path, ok := strings.CutPrefix(path, piece)
	for ok && more {
		piece, pattern, more = strings.Cut(strings.TrimLeft(pattern, wildcard), wildcard)
		if strings.HasSuffix(piece, end) {
			return strings.HasSuffix(path, piece)
		}
		before := len(path)
		_, path, ok = strings.Cut(path, piece)
		*effort -= before - len(path)
	}
	return ok
}

package robots

import "time"

// MaxAge is how long what a robots.txt says holds (RFC 9309 §2.4).
const MaxAge = 24 * time.Hour

// A File is a robots.txt as it was answered.
type File struct {
	Origin  string    // whose it is: as [Origin] returns it
	Status  int       // of the last answer, after redirects
	Text    []byte    // the body of a 2xx, as far as it is read
	Fetched time.Time // when
}

// Rules returns what the answer means for agent, a product token, by RFC 9309
// §2.3.1: the rules of its text if there is one (2xx). Where there is none (4xx), or
// only one more redirect than are followed (3xx), all is allowed. Anything else is a
// server in trouble: nothing is allowed.
func (f *File) Rules(agent string) *Rules {
	switch f.Status / 100 {
	case 2:
		return Parse(f.Text, agent)
	case 3, 4:
		return AllowAll()
	}
	return DenyAll()
}

//go:build !linux

package hostile

// deafness is never to accept a connection. Only Linux can be made not to answer at all.
func deafness() []design {
	return []design{{name: "nobody accepts", want: timeout, deaf: true}}
}

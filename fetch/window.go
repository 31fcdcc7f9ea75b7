package fetch

import "math"

// window remembers which positions have ended, from the lowest that has not on.
// The zero value is of any size and remembers nothing.
type window struct {
	ended []bool // of a position at its Index modulo the window's size
	first int64  // the lowest position that has not ended; 0 is that none has been taken
	next  int64  // the lowest position that has not been taken
}

func newWindow(size int) window { return window{ended: make([]bool, size)} }

// grow makes the window as large as size. It never shrinks: what has been taken must fit.
func (w *window) grow(size int) {
	if w.ended == nil || size <= len(w.ended) {
		return
	}
	old := w.ended
	w.ended = make([]bool, size)
	for i := w.first; i < w.next; i++ {
		w.ended[i%int64(size)] = old[i%int64(len(old))]
	}
}

// room is how many more positions fit into the window.
func (w *window) room() int {
	if w.ended == nil {
		return math.MaxInt
	}
	return len(w.ended) - int(w.next-w.first)
}

// took notes that p was taken from the list. Positions come in their order. What is
// before a gap, which only a list that is resumed has, at its beginning, is forgotten.
func (w *window) took(p Position) {
	if p.Index != w.next {
		w.first = p.Index
		clear(w.ended)
	}
	w.next = p.Index + 1
}

// end notes that p has ended, and moves the window on if p was its first.
func (w *window) end(p Position) {
	if w.ended == nil || p.Index < w.first {
		return
	}
	size := int64(len(w.ended))
	w.ended[p.Index%size] = true
	for w.first < w.next && w.ended[w.first%size] {
		w.ended[w.first%size] = false
		w.first++
	}
}

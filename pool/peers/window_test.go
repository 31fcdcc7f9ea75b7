package peers

// window bounds what is in flight where the submitter takes the results itself. It takes the
// oldest when there is no room: that keeps the workers busier than to take all of a full
// window at once, and costs the same or less.
type window[F any] struct {
	take    func(F) // waits for the result, and calls back
	waiting [inFlight]F
	used    int
	oldest  int
}

// makeRoom is called before each submit, add after it.
func (w *window[F]) makeRoom() {
	if w.used == inFlight {
		w.takeOldest()
	}
}

func (w *window[F]) add(f F) {
	w.waiting[(w.oldest+w.used)%inFlight] = f
	w.used++
}

func (w *window[F]) takeOldest() {
	var none F
	f := w.waiting[w.oldest]
	w.waiting[w.oldest] = none
	w.oldest = (w.oldest + 1) % inFlight
	w.used--
	w.take(f)
}

func (w *window[F]) drain() {
	for w.used > 0 {
		w.takeOldest()
	}
}

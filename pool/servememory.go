package pool

import "runtime/debug"

// limitMemory has this process end, or collect garbage in time, before it uses more
// than memory bytes; 0 is no limit.
func limitMemory(memory int64) error {
	if memory <= 0 {
		return nil
	}
	heap := memory / 8 * 7               // the rest is for what the garbage collector does not count
	if debug.SetMemoryLimit(-1) > heap { // else GOMEMLIMIT asks for less
		debug.SetMemoryLimit(heap)
	}
	limitStack(memory / 4)
	return limitMapped(memory)
}

// limitStack lowers what one goroutine's stack may have.
func limitStack(bytes int64) {
	most := int64(debug.SetMaxStack(int(min(bytes, 1<<30))))
	if most < bytes {
		debug.SetMaxStack(int(most))
	}
}

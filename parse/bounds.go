package parse

import (
	"context"
	"errors"
	"runtime"
	"runtime/metrics"
	"time"

	"golang.org/x/sync/semaphore"
)

// What a page may cost whose tree is built and searched. The HTML parser bounds its
// nesting, at 512 elements, and nothing else: elements that are never closed are made
// anew in every paragraph, so that 4 bytes can become 500 nodes, and some of its steps
// take time that grows with the square of the page.
const (
	treeTime = 3 * time.Second        // of a processor
	perMiB   = 300 * time.Millisecond // and for each MiB of the page

	largePage = 1 << 20               // bytes: such a page, and
	slowStart = 20 * time.Millisecond // one that takes longer than this
	slowByte  = 100 * time.Nanosecond // and this for each byte, 10 times what is usual, has its turn alone

	treeMemory = 192 << 20 // bytes by which what is alive in the process may grow while it has it
)

var (
	errDeep   = errors.New("page is nested too deeply: over 512 elements")
	errSlow   = errors.New("page takes too long to be parsed")
	errMemory = errors.New("page takes too much memory to be parsed")
)

// turns bound how many trees are built at once: of ordinary pages as many as there are
// processors, since more would not be quicker, and beside them one that may cost much.
// It alone is looked at for its memory, as the heap is everybody's.
var (
	ordinary = semaphore.NewWeighted(int64(runtime.GOMAXPROCS(0)))
	costly   = semaphore.NewWeighted(1)
)

// bounds of one page. They begin when it has its turn, on the goroutine that works on it.
type bounds struct {
	turn    *semaphore.Weighted
	start   time.Time     // less what it has waited since
	used    time.Duration // of the processor by this thread at the start
	limit   time.Duration // of the processor
	ceiling uint64        // bytes alive in the process; if it is costly
	full    bool          // that was met
	memory  [2]metrics.Sample
}

// enter waits for the turn of a page of size bytes: until pages before it are done, each of
// which has bounds too.
func enter(size int) *bounds {
	b := &bounds{turn: ordinary, limit: treeTime + time.Duration(size>>20)*perMiB}
	if size >= largePage {
		b.turn = costly
	}
	_ = b.turn.Acquire(context.Background(), 1) // it only fails with its context
	runtime.LockOSThread()                      // whose time is this page's alone
	b.start, b.used = time.Now(), threadTime()
	if b.turn == costly {
		b.setCeiling()
	}
	return b
}

// leave lets the next page have its turn; after one that has taken all memory not before
// that is free again.
func (b *bounds) leave() {
	runtime.UnlockOSThread()
	if b.full {
		runtime.GC()
	}
	b.turn.Release(1)
}

// check is called after every few steps of building a tree; read is how many bytes of the
// page they took.
func (b *bounds) check(read int) error {
	if b.turn == costly {
		if b.full = b.noRoom(); b.full {
			return errMemory
		}
		return b.late()
	}
	usual := slowStart + time.Duration(read)*slowByte
	if time.Since(b.start) > usual && b.spent() > usual {
		b.becomeCostly()
	}
	return nil
}

// late is for the steps that need no memory to speak of.
func (b *bounds) late() error {
	if time.Since(b.start) > b.limit && b.spent() > b.limit {
		return errSlow
	}
	return nil
}

// spent is what the page has had of a processor: on a machine that is busy far less
// than the time that has passed, which is all that other systems tell of.
func (b *bounds) spent() time.Duration {
	if threadTime() == 0 {
		return time.Since(b.start)
	}
	return threadTime() - b.used
}

// becomeCostly changes one turn for the other.
func (b *bounds) becomeCostly() {
	since := time.Now()
	_ = costly.Acquire(context.Background(), 1)
	b.turn.Release(1)
	b.turn = costly
	b.start = b.start.Add(time.Since(since))
	b.setCeiling()
}

// setCeiling says what may be alive in the process: an eighth less than the limit that
// the process has set itself (GOMEMLIMIT, debug.SetMemoryLimit), which counts more than
// that and leaves the garbage collector room to work.
func (b *bounds) setCeiling() {
	limit := [1]metrics.Sample{{Name: "/gc/gomemlimit:bytes"}}
	metrics.Read(limit[:])
	b.memory[inUse].Name = "/memory/classes/heap/objects:bytes"
	b.memory[alive].Name = "/gc/heap/live:bytes"
	metrics.Read(b.memory[:])
	b.ceiling = min(b.bytes(alive)+treeMemory, limit[0].Value.Uint64()/8*7)
}

// What setCeiling and noRoom read.
const (
	inUse = iota // what is alive, and garbage
	alive        // when garbage was last collected, which is the oftener the nearer the limit is
)

func (b *bounds) bytes(which int) uint64 { return b.memory[which].Value.Uint64() }

// noRoom reports whether too much is alive. On a busy machine the garbage collector may
// come too late: the page waits for it.
func (b *bounds) noRoom() bool {
	metrics.Read(b.memory[:])
	if b.bytes(inUse) > b.ceiling/15*16 {
		runtime.GC()
		metrics.Read(b.memory[:])
	}
	return b.bytes(alive) > b.ceiling
}

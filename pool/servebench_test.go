package pool

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

// BenchmarkServe is what a call that does nothing costs over a pair of pipes, with
// both ends in one process.
func BenchmarkServe(b *testing.B) {
	for _, inFlight := range []int{1, 64} {
		for _, limit := range []time.Duration{0, time.Minute} {
			b.Run(fmt.Sprintf("inflight=%d/limit=%v", inFlight, limit), func(b *testing.B) {
				p := serveTo(b, b.Context(), lines(b, Options{Workers: inFlight}, echo))
				p.hello("")
				codec := CBOR[string]()
				fw := newFrameWriter(p.to, nil)
				free := make(chan struct{}, inFlight)
				var read sync.WaitGroup
				b.ReportAllocs()
				b.ResetTimer()
				read.Go(func() {
					for range b.N {
						if f, err := p.frames.next(); err != nil || f.kind != frameResult {
							b.Error(f, err)
							return
						} else if _, err := codec.Decode(f.payload); err != nil {
							b.Error(err)
						}
						<-free
					}
				})
				for id := range uint64(b.N) {
					free <- struct{}{}
					err := fw.send(frameCall, id, func(dst []byte) ([]byte, error) {
						return codec.Append(appendLimit(dst, limit), "argument")
					})
					if err != nil {
						b.Fatal(err)
					}
				}
				read.Wait()
				b.StopTimer()
				p.to.Close()
				fw.close()
				<-p.served
			})
		}
	}
}

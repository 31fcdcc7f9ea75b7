package fetch_test

import (
	"net"
	"testing"
	"time"

	"trawl/fetch"
)

// BenchmarkGetPage asks for a page of 1 kB over one kept connection. The server
// is a loop without allocations, so that what is counted is the client's.
func BenchmarkGetPage(b *testing.B) {
	answer := append([]byte("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1024\r\n\r\n"), make([]byte, 1024)...)
	addr := listen(b, func(c net.Conn) {
		for request := make([]byte, 4096); ; { // which comes in one piece
			if _, err := c.Read(request); err != nil {
				return
			}
			c.Write(answer)
		}
	})
	c := newClient(b, fetch.ClientOptions{})
	r := fetch.Request{URL: "http://" + addr + "/", Timeout: time.Minute}
	b.ReportAllocs()
	for b.Loop() {
		page, err := c.GetPage(b.Context(), r)
		if err != nil || len(page.Body) != 1024 {
			b.Fatal(err, page.Err)
		}
		page.Release()
	}
}

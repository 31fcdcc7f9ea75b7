package pool_test

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"net"
	"strings"

	"trawl/pool"
)

// echoServer sends back in upper case what its clients send, line by line. It
// serves as many at once as clients has workers; the others wait until one leaves.
type echoServer struct {
	listener net.Listener
	clients  *pool.Executor[net.Conn, int]
	visits   chan *pool.Future[int] // each client that has come; the value is how many lines it sent
}

func newEchoServer(ctx context.Context, workers int) (*echoServer, error) {
	clients, err := pool.New(pool.Threads(serve), pool.Options{Workers: workers, Window: 10 * workers})
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &echoServer{listener, clients, make(chan *pool.Future[int])}
	go s.accept(ctx)
	return s, nil
}

// accept submits each connection. While too many wait it accepts no more.
func (s *echoServer) accept(ctx context.Context) {
	defer close(s.visits)
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return // closed
		}
		visit, err := s.clients.Submit(ctx, conn, func(*pool.Future[int]) { conn.Close() })
		if err != nil {
			conn.Close()
			return
		}
		s.visits <- visit
	}
}

// serve is one call: a client, until it leaves.
func serve(ctx context.Context, conn net.Conn) (lines int, err error) {
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	in := bufio.NewScanner(conn)
	for in.Scan() {
		if _, err := fmt.Fprintln(conn, strings.ToUpper(in.Text())); err != nil {
			return lines, err
		}
		lines++
	}
	return lines, in.Err()
}

// close serves those who have come, and returns when they have left.
func (s *echoServer) close(ctx context.Context) error {
	s.listener.Close()
	for range s.visits { // accept has returned
	}
	return s.clients.Shutdown(ctx, pool.Drain)
}

// echoClient is the other side.
type echoClient struct {
	net.Conn
	in *bufio.Reader
}

func dialEcho(s *echoServer) (*echoClient, error) {
	conn, err := net.Dial("tcp", s.listener.Addr().String())
	if err != nil {
		return nil, err
	}
	return &echoClient{conn, bufio.NewReader(conn)}, nil
}

// send does not wait for the answer.
func (c *echoClient) send(line string) error {
	_, err := fmt.Fprintln(c, line)
	return err
}

// receive waits for the answer to one line.
func (c *echoClient) receive() (string, error) {
	line, err := c.in.ReadString('\n')
	return strings.TrimSpace(line), err
}

// A server for two clients at a time: each connection is a call, a third one is
// served when one of the two has left.
func Example() {
	ctx := context.Background()
	server, err := newEchoServer(ctx, 2)
	if err != nil {
		log.Fatal(err)
	}

	var clients []*echoClient
	var visits []*pool.Future[int]
	for _, name := range []string{"ann", "bob", "cid"} {
		client, err := dialEcho(server)
		if err != nil {
			log.Fatal(err)
		}
		if err := client.send("hello, this is " + name); err != nil {
			log.Fatal(err)
		}
		clients = append(clients, client)
		visits = append(visits, <-server.visits)
	}
	answer := func(i int) {
		text, err := clients[i].receive()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(text)
	}

	answer(0)
	answer(1)
	fmt.Println("cid is", visits[2].State())
	clients[0].Close()
	fmt.Println("ann has left")
	answer(2)

	clients[1].Close()
	clients[2].Close()
	if err := server.close(ctx); err != nil {
		log.Fatal(err)
	}
	// Output:
	// HELLO, THIS IS ANN
	// HELLO, THIS IS BOB
	// cid is pending
	// ann has left
	// HELLO, THIS IS CID
}

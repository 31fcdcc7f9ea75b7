package pooltest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"strconv"
	"strings"
	"sync"
)

// StatusError is the error of a call that fails.
type StatusError struct{ Code int }

func (e *StatusError) Error() string { return fmt.Sprintf("status %d", e.Code) }

// Call is the call that an engine runs in these tests. Its argument is what to do:
//
//	upper TEXT         the value is TEXT in upper case
//	fail CODE          a *StatusError
//	timeout            a deadline of the call's own
//	panic TEXT         panics
//	exit               runtime.Goexit
//	hold ADDRESS NAME  says NAME to ADDRESS (TCP), and waits until it is let go or its context ends; the value is NAME
//	set NAME VALUE     keeps VALUE in this process
//	get NAME           the value is what was kept, "" if nothing was
//
// Several are made one after the other, with "; " between them, until one fails; the
// value is that of the last.
func Call(ctx context.Context, in string) (value string, err error) {
	for one := range strings.SplitSeq(in, "; ") {
		if value, err = call(ctx, one); err != nil {
			return "", err
		}
	}
	return value, nil
}

// kept is what "set" has kept, by name.
var kept sync.Map

func call(ctx context.Context, in string) (string, error) {
	verb, rest, _ := strings.Cut(in, " ")
	switch verb {
	case "upper":
		return strings.ToUpper(rest), nil
	case "fail":
		code, err := strconv.Atoi(rest)
		if err != nil {
			return "", err
		}
		return "", &StatusError{Code: code}
	case "timeout":
		return "", context.DeadlineExceeded
	case "panic":
		panic(rest)
	case "exit":
		runtime.Goexit()
	case "hold":
		address, name, _ := strings.Cut(rest, " ")
		return hold(ctx, address, name)
	case "set":
		name, value, _ := strings.Cut(rest, " ")
		kept.Store(name, value)
		return "", nil
	case "get":
		value, _ := kept.Load(rest)
		text, _ := value.(string)
		return text, nil
	}
	return "", fmt.Errorf("no such call: %q", in)
}

func hold(ctx context.Context, address, name string) (string, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if _, err := io.WriteString(conn, name+"\n"); err != nil {
		return "", err
	}
	if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return "", err
	}
	return name, nil
}

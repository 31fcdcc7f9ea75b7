package pool

import (
	"errors"
	"strings"
)

// ErrWorkerLost is the error of a call whose worker processes died: see
// [*WorkerLostError].
var ErrWorkerLost = errors.New("worker process died")

// endedByForce is the State of workers that Shutdown with Terminate or Kill has ended.
const endedByForce = "ended by force"

// WorkerLostError is a worker process that died. As the error of a call it says
// that the call has had three workers die, twice while it ran alone, or that workers were ended by force. It
// is plain data.
type WorkerLostError struct {
	Worker string // its name
	State  string // how it ended: "signal: killed", "exit status 2", "used more than 512 MiB"
	Output string // the first 4 KiB that it printed
	Runs   int    // how many times the call was begun; 0: this is not about a call
}

func (e *WorkerLostError) Error() string {
	text := e.Worker + " died: " + e.State
	if line, _, _ := strings.Cut(strings.TrimSpace(e.Output), "\n"); line != "" {
		text += ": " + line
	}
	return text
}

// Is makes it an ErrWorkerLost.
func (e *WorkerLostError) Is(target error) bool { return target == ErrWorkerLost }

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

// WorkerLostError is a worker process that died. As the error of a call it says that
// three workers have died under it, two of them while it was alone there, or that the workers
// were ended by force. It is plain data.
type WorkerLostError struct {
	Worker string // its name
	State  string // how it ended: "signal: killed", "exit status 2", "used more than 512 MiB"
	Output string // the first 4 KiB that it printed
	Runs   int    // how many workers have died under the call; 0 if it was not that
}

func (e *WorkerLostError) Error() string {
	text := e.Worker + " died: " + e.State
	if words := e.LastWords(); words != "" {
		text += ": " + words
	}
	return text
}

// LastWords is the first line of Output, in which programs tend to say why they end.
func (e *WorkerLostError) LastWords() string {
	line, _, _ := strings.Cut(strings.TrimSpace(e.Output), "\n")
	return strings.TrimSpace(line)
}

// Is makes it an ErrWorkerLost.
func (e *WorkerLostError) Is(target error) bool { return target == ErrWorkerLost }

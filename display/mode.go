package display

// Mode is how progress is shown: the value of --progress.
type Mode string

// The modes.
const (
	Auto  Mode = "auto"  // Bar on a terminal, else None
	Bar   Mode = "bar"   // one line, redrawn in place
	Lines Mode = "lines" // a plain line every 10 s
	JSON  Mode = "json"  // an object every 10 s
	None  Mode = "none"
)

// On is the mode for a stream: a bar only where one can be redrawn, which is a
// terminal that is not dumb. Who asks for a bar elsewhere gets lines.
func (m Mode) On(terminal bool, term string) Mode {
	redraws := terminal && term != "dumb"
	switch {
	case (m == Auto || m == "") && redraws:
		return Bar
	case m == Auto || m == "":
		return None
	case m == Bar && !redraws:
		return Lines
	}
	return m
}

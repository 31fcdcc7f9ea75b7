package display

// Style says how text is marked. The zero Style writes no escape sequence.
type Style struct{ Color bool }

// ColorWhen is when colour is used: the value of --color.
type ColorWhen string

// When colour is used.
const (
	ColorAuto   ColorWhen = "auto" // as the environment says, else if the stream is a terminal
	ColorAlways ColorWhen = "always"
	ColorNever  ColorWhen = "never"
)

// NewStyle decides about colour for one stream; getenv is [os.Getenv]. When is
// above all; in auto FORCE_COLOR and CLICOLOR_FORCE (neither empty nor 0) are
// above NO_COLOR (not empty), TERM=dumb and a stream that is no terminal.
func NewStyle(when ColorWhen, getenv func(string) string, terminal bool) Style {
	switch when {
	case ColorAlways:
		return Style{Color: true}
	case ColorNever:
		return Style{}
	}
	if forced(getenv("FORCE_COLOR")) || forced(getenv("CLICOLOR_FORCE")) {
		return Style{Color: true}
	}
	return Style{Color: terminal && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"}
}

func forced(value string) bool { return value != "" && value != "0" && value != "false" }

func (s Style) bold(text string) string   { return s.mark("1", text) }
func (s Style) dim(text string) string    { return s.mark("2", text) }
func (s Style) red(text string) string    { return s.mark("31", text) }
func (s Style) green(text string) string  { return s.mark("32", text) }
func (s Style) yellow(text string) string { return s.mark("33", text) }

// mark is SGR, ECMA-48 §8.3.117.
func (s Style) mark(code, text string) string {
	if !s.Color || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

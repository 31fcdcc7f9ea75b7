package main

import (
	"cmp"
	"slices"
	"strings"
)

// A line is a command line taken apart: options before or after the arguments,
// "-c7", "-qv", "--" are all in one plain form. It says what was typed; whether the
// values are right is checked later.
type line struct {
	command        string // "crawl" if none was named
	given          []given
	operands       []string
	afterOverwrite string // the argument right behind -O

	refused error // the error of a setting that refused its value
}

// A given is one option of the command line.
type given struct{ name, value, spelled string }

var commands = []string{"crawl", workerCommand, "config", "help", "version"}

// has reports whether the command has the option of that name.
func (l *line) has(name string) bool {
	switch l.command {
	case "help":
		return false
	case "version":
		return name == "json" || name == oneLine
	}
	return slices.ContainsFunc(new(config).optionsOf(l.command), func(o option) bool { return o.name == name })
}

// scan takes args, without the program's name, apart in one pass. -h, --help and -V
// end it at once: they become the command that does the same. The error is a
// *message.
func scan(args []string) (*line, error) {
	c := new(config)
	s := scanner{options: slices.Concat(c.table(), c.ownOfWorker()), args: args}
	for len(s.args) > 0 {
		if err := s.next(); err != nil {
			return nil, err
		}
	}
	if s.line.command == "" {
		s.line.command = "crawl"
	}
	return &s.line, s.line.check()
}

type scanner struct {
	options []option
	args    []string // not yet read
	line    line
}

// next takes the first argument, and its value if that is the next one.
func (s *scanner) next() error {
	arg := s.args[0]
	s.args = s.args[1:]
	switch {
	case arg == "--":
		s.line.operands = append(s.line.operands, s.args...)
		s.line.command = cmp.Or(s.line.command, "crawl")
		s.args = nil
	case strings.HasPrefix(arg, "--"):
		return s.long(arg)
	case len(arg) > 1 && arg[0] == '-':
		return s.letters(arg)
	case s.line.command == "" && len(s.line.operands) == 0 && slices.Contains(commands, arg):
		s.line.command = arg
	default:
		s.line.operands = append(s.line.operands, arg)
	}
	return nil
}

// long reads "--name", "--name=value" and "--no-name".
func (s *scanner) long(arg string) error {
	spelled, value, attached := strings.Cut(arg, "=")
	o, negated, ok := s.named(spelled[len("--"):])
	switch {
	case !ok:
		return s.unknown(spelled)
	case negated && attached:
		return usage(spelled+" takes no value (option "+shown(arg)+")", "Write "+spelled+" alone.")
	case negated:
		return s.option(o, spelled, "false", true)
	}
	return s.option(o, spelled, value, attached)
}

// letters reads "-c7", "-c 7", "-qv" and "-qc7".
func (s *scanner) letters(arg string) error {
	if spelled, _, _ := strings.Cut(arg, "="); s.isOption("-" + spelled) {
		return s.unknown(spelled) // "-output" is no -o with the value "utput"
	}
	for rest := arg[1:]; rest != ""; {
		letter := rest[:runeLen(rest)]
		rest = rest[len(letter):]
		o, ok := s.lettered(letter)
		switch {
		case !ok:
			return s.unknownLetter(letter, rest)
		case o.takesValue() && rest != "":
			return s.option(o, "-"+letter, strings.TrimPrefix(rest, "="), true)
		}
		if err := s.option(o, "-"+letter, "", false); err != nil {
			return err
		}
		if o.name == "overwrite" && rest == "" {
			s.noteAfterOverwrite()
		}
	}
	return nil
}

// option takes an option whose value, if it has one, is attached or follows.
func (s *scanner) option(o option, spelled, value string, attached bool) error {
	switch {
	case o.set == nil && attached:
		return usage(spelled+" takes no value", "See 'trawl --help'.")
	case o.set == nil:
		s.instead(o)
		return nil
	case !o.takesValue() && !attached:
		value = "true"
	case o.takesValue() && !attached:
		if len(s.args) == 0 || s.isOption(s.args[0]) {
			return usage("--"+o.name+" needs a value (option "+spelled+")",
				"Write "+o.spelling()+" "+o.arg+"; a value that begins with - as --"+o.name+"=-...")
		}
		value, s.args = s.args[0], s.args[1:]
	}
	s.line.given = append(s.line.given, given{o.name, value, spelled})
	return nil
}

// instead replaces the line by the command that -h, --help or -V stand for.
func (s *scanner) instead(o option) {
	topic := s.line.command
	switch {
	case o.name == "version":
		s.line = line{command: "version", given: []given{{name: oneLine, value: "true"}}}
	case topic != "" && topic != "crawl":
		s.line = line{command: "help", operands: []string{topic}}
	case o.name == "help":
		s.line = line{command: "help", operands: []string{"crawl"}}
	default:
		s.line = line{command: "help"}
	}
	s.args = nil
}

// noteAfterOverwrite remembers an argument that may have been meant as -O's value.
func (s *scanner) noteAfterOverwrite() {
	if len(s.args) > 0 && !strings.HasPrefix(s.args[0], "-") {
		s.line.afterOverwrite = s.args[0]
	}
}

// isOption reports whether arg is one of our options, and so surely not a value.
func (s *scanner) isOption(arg string) bool {
	if name, ok := strings.CutPrefix(arg, "--"); ok {
		name, _, _ = strings.Cut(name, "=")
		_, _, known := s.named(name)
		return known || arg == "--"
	}
	if letter, ok := strings.CutPrefix(arg, "-"); ok && letter != "" {
		_, known := s.lettered(letter)
		return known
	}
	return false
}

// named finds an option by its long name, or by the one that negates it.
func (s *scanner) named(name string) (o option, negated, ok bool) {
	if name == "" {
		return o, false, false
	}
	if o, ok = s.find(func(o option) bool { return o.name == name }); ok {
		return o, false, true
	}
	o, ok = s.find(func(o option) bool { return o.canBeNegated() && "no-"+o.name == name })
	return o, true, ok
}

func (s *scanner) lettered(letter string) (option, bool) {
	return s.find(func(o option) bool { return o.short == letter })
}

func (s *scanner) find(is func(option) bool) (option, bool) {
	if i := slices.IndexFunc(s.options, is); i >= 0 {
		return s.options[i], true
	}
	return option{}, false
}

// check refuses options that the command does not have.
func (l *line) check() error {
	for _, g := range l.given {
		if l.has(g.name) {
			continue
		}
		m := usage("unknown option "+g.spelled+" of "+l.command, "See 'trawl help "+l.command+"'.")
		if l.command == "crawl" || l.command == "config" {
			m = usage("unknown option "+g.spelled, "It is one of trawl worker: see 'trawl help worker'.")
		}
		return m
	}
	return nil
}

// argv is the line as urfave/cli reads it: the command, its options under
// their long names, "--", and the arguments.
func (l *line) argv() []string {
	argv := []string{"trawl", l.command}
	for _, g := range l.given {
		argv = append(argv, "--"+g.name+"="+g.value)
	}
	return append(append(argv, "--"), l.operands...)
}

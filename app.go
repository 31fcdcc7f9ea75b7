package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"
)

// parseArgs reads a command line, without the program's name, and the TRAWL_
// variables. done means that there is nothing more to do: the help or version that
// was asked for is on stdout, or what is wrong is on stderr, and the program exits
// with code. parseArgs makes no file and never exits itself.
func parseArgs(args []string, stdout, stderr io.Writer) (cfg config, code int, done bool) {
	cfg, err := readArgs(args, stdout)
	var m *message
	switch {
	case errors.As(err, &m):
	case errors.Is(err, syscall.EPIPE): // the reader of a help has seen enough
		return config{}, exitOK, true
	case err != nil:
		m = cannotPrint(err)
	default:
		return cfg, exitOK, cfg.command == ""
	}
	return config{}, m.tell(stderr), true
}

// readArgs returns what is asked for, without a command if that is done. The error is a
// *message, or that of a write to stdout.
func readArgs(args []string, stdout io.Writer) (cfg config, err error) {
	l, err := scan(args)
	if err != nil {
		return config{}, err
	}
	cfg = config{from: map[string]origin{}, afterOverwrite: l.afterOverwrite}
	for _, o := range cfg.table() {
		if o.preset == "" {
			continue
		}
		if err := o.set(o.preset); err != nil {
			return config{}, fmt.Errorf("default of --%s: %w", o.name, err)
		}
	}
	err = l.app(&cfg, stdout).Run(l.argv())
	return cfg, err
}

// app describes the command line to urfave/cli, which prints nothing itself: help,
// version and errors are ours.
func (l *line) app(cfg *config, stdout io.Writer) *cli.App {
	return &cli.App{
		Name:           "trawl",
		HideHelp:       true,
		HideVersion:    true,
		Writer:         io.Discard,
		ErrWriter:      io.Discard,
		ExitErrHandler: func(*cli.Context, error) {}, // cli's would exit
		OnUsageError:   l.usageError,
		Commands: []*cli.Command{
			{
				Name: "crawl", HideHelp: true, OnUsageError: l.usageError, Flags: l.flags(cfg, cfg.table()),
				Action: func(c *cli.Context) error {
					cfg.command = l.command
					cfg.Args = c.Args().Slice()
					return cfg.complete()
				},
			},
			{
				Name: "config", HideHelp: true, OnUsageError: l.usageError, Flags: l.flags(cfg, cfg.table()),
				Action: func(c *cli.Context) error {
					if c.Args().Present() {
						return usage("config takes no lists and no URLs: "+shown(c.Args().First()), "See 'trawl help config'.")
					}
					if err := cfg.complete(); err != nil {
						return err
					}
					return cfg.write(stdout)
				},
			},
			{
				Name: workerCommand, HideHelp: true, OnUsageError: l.usageError, Flags: l.flags(cfg, cfg.workerTable()),
				Action: func(c *cli.Context) error {
					cfg.command = l.command
					cfg.Args = c.Args().Slice()
					if err := cfg.readFiles(); err != nil {
						return err
					}
					return cfg.settleWorker()
				},
			},
			{
				Name: "help", HideHelp: true, OnUsageError: l.usageError,
				Action: func(c *cli.Context) error { return writeHelp(stdout, c.Args().Slice()) },
			},
			{
				Name: "version", HideHelp: true, OnUsageError: l.usageError,
				Flags: []cli.Flag{&cli.BoolFlag{Name: "json"}, &cli.BoolFlag{Name: oneLine}},
				Action: func(c *cli.Context) error {
					return writeVersion(stdout, versionForm{line: c.Bool(oneLine), json: c.Bool("json")})
				},
			},
		},
	}
}

// complete adds what configuration files say to a command line and its
// environment, and works out what all of it means.
func (c *config) complete() error {
	if err := c.readFiles(); err != nil {
		return err
	}
	return c.settle()
}

// usageError turns cli's error for a value back into the option's own.
func (l *line) usageError(_ *cli.Context, err error, _ bool) error {
	if l.refused != nil {
		return l.refused
	}
	return usage(err.Error(), "See 'trawl --help'.")
}

// A setting is one option of one run: the flag value that cli sets, from the
// environment or from the line.
type setting struct {
	option  option
	config  *config
	line    *line
	spelled []string // the option as the line spells it, once for each value to come
}

// Set gives the option a value. cli keeps only the text of an error, so the error
// itself is kept in the line.
func (s *setting) Set(value string) error {
	from := origin{fromVariable, s.option.variable()}
	if len(s.spelled) > 0 {
		from, s.spelled = origin{fromLine, "option " + s.spelled[0]}, s.spelled[1:]
	}
	s.config.from[s.option.name] = from
	for value := range s.values(value, from) {
		if err := s.option.take(value, from); err != nil {
			s.line.refused = err
			return err
		}
	}
	return nil
}

// take sets the option. The error is a *message.
func (o option) take(value string, from origin) error {
	err := o.set(value)
	var bad *badValue
	if errors.As(err, &bad) {
		return o.refusal(bad, from)
	}
	return err
}

// values are the values in value: a variable may have several lines, each of them a
// value, if the option may be given several times.
func (s *setting) values(value string, from origin) func(func(string) bool) {
	return func(yield func(string) bool) {
		if !s.option.many || from.rank != fromVariable {
			yield(value)
			return
		}
		for part := range strings.SplitSeq(value, "\n") {
			if part = strings.TrimSpace(part); part != "" && !yield(part) {
				return
			}
		}
	}
}

// String is the default, for cli.
func (s *setting) String() string {
	if s == nil {
		return ""
	}
	return s.option.preset
}

// IsBoolFlag tells package flag which options stand alone.
func (s *setting) IsBoolFlag() bool { return !s.option.takesValue() }

package main

import (
	"slices"
	"strings"
)

// configure sets the options that a file names, unless one that counts more has set
// them. All of the file is checked. The error is a *message.
func (c *config) configure(f configFile, data []byte) error {
	entries, bad := parseTOML(data)
	if bad != nil {
		return f.wrong(bad.line, "no TOML: "+shown(bad.what), bad.hint()+" "+testsTheFile)
	}
	tried := &config{}
	for _, e := range entries {
		to := c
		if c.from[e.key].rank >= f.rank {
			to = tried
		}
		if err := f.apply(e, to); err != nil {
			return err
		}
	}
	return nil
}

const testsTheFile = "'trawl config' tests the file."

// onlyOnTheLine are options that are no keys.
var onlyOnTheLine = []string{"config", "no-config", "dry-run", "help", "version"}

// inputWords are what people call the lists that they look for a key for.
var inputWords = []string{"url", "urls", "list", "lists", "input", "inputs"}

// apply sets the option that an entry names in c.
func (f configFile) apply(e entry, c *config) error {
	o, err := f.option(e, c.table())
	if err != nil {
		return err
	}
	values, err := f.values(o, e)
	if err != nil {
		return err
	}
	for i, value := range values {
		line := e.line
		if i < len(e.lines) && o.many {
			line = e.lines[i]
		}
		value = f.located(o, value)
		if risk := o.risk(value); f.rank == fromHere && risk != "" {
			return f.wrong(e.line, risk+", which is not for a file that was only found", "pass it with --config "+shown(f.name)+" to trust it")
		}
		if err := o.take(value, f.at(line)); err != nil {
			return err
		}
	}
	if c.from != nil {
		c.from[o.name] = f.at(e.line)
	}
	return nil
}

// option is the one that an entry's key names.
func (f configFile) option(e entry, table []option) (option, error) {
	var names []string
	for _, o := range table {
		switch {
		case o.set == nil || slices.Contains(onlyOnTheLine, o.name):
			continue
		case o.name == e.key && !e.table:
			return o, nil
		}
		names = append(names, o.name)
	}
	what, hint := "unknown key "+quoted(e.key), "See 'trawl --help' for the names."
	near := nearest(e.key, names)
	positive, negated := strings.CutPrefix(e.key, "no-")
	switch {
	case e.table:
		what, hint = "unknown table "+quoted(e.key), "There are no tables: every key is the long name of an option."
	case slices.Contains(onlyOnTheLine, e.key):
		what, hint = quoted(e.key)+" is no key of a configuration file", "Give it on the command line."
	case slices.Contains(inputWords, strings.ToLower(e.key)):
		hint = "Lists and URLs are arguments: trawl urls.txt."
	case negated && slices.Contains(names, positive):
		hint = "Write " + positive + " = false."
	case near != "":
		hint = "Did you mean " + near + "?"
	}
	return option{}, f.wrong(e.line, what, hint+" "+testsTheFile)
}

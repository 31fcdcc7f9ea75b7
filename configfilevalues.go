package main

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What a value is in TOML, in the words of a message.
const (
	isBool    = "true or false"
	isWhole   = "a whole number"
	isDecimal = "a number"
	isText    = "a string"
	isArray   = "an array"
)

// kindsOf are the kinds of values of an option, by the placeholder that its help has
// for them. All others are strings.
var kindsOf = map[string][]string{
	"":            {isBool},
	"N":           {isWhole},
	"D":           {isText, isWhole, isDecimal},
	"SIZE":        {isText, isWhole},
	"N[/s|/m|/h]": {isText, isWhole, isDecimal},
	"VERSION":     {isText, isWhole, isDecimal},
	"CODES":       {isText, isWhole, isArray},
	"LIST":        {isText, isArray},
	"A,B,...":     {isText, isArray},
}

// kinds are the kinds of values that the option takes.
func (o option) kinds() []string {
	switch kinds, ok := kindsOf[o.arg]; {
	case o.name == "quiet" || o.name == "verbose":
		return []string{isBool, isWhole}
	case o.many:
		return []string{isText, isArray}
	case ok:
		return kinds
	}
	return []string{isText}
}

// values are the values that an entry gives the option, as a command line would have
// them. The error is a *message.
func (f configFile) values(o option, e entry) ([]string, error) {
	kinds := o.kinds()
	array, isList := e.value.([]any)
	if !isList || !slices.Contains(kinds, isArray) {
		text, err := f.scalar(o, e.value, kinds, e.line)
		return []string{text}, err
	}
	elements := slices.DeleteFunc(slices.Clone(kinds), func(kind string) bool { return kind == isArray })
	if !o.many {
		elements = []string{isText, isWhole} // of a list with commas: statuses among them
	}
	var texts []string
	for i, v := range array {
		text, err := f.scalar(o, v, elements, e.lines[i])
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	if !o.many {
		return []string{strings.Join(texts, ",")}, nil
	}
	return texts, nil
}

// scalar is a value that must be of one of the kinds.
func (f configFile) scalar(o option, v any, kinds []string, line int) (string, error) {
	kind, text := "", ""
	switch v := v.(type) {
	case bool:
		kind, text = isBool, strconv.FormatBool(v)
	case int64:
		kind, text = isWhole, strconv.FormatInt(v, 10)
	case float64:
		kind, text = isDecimal, strconv.FormatFloat(v, 'f', -1, 64)
	case string:
		kind, text = isText, v
	case []any:
		kind = isArray
	case map[string]any:
		kind = "a table"
	default:
		kind = "a date or a time"
	}
	if !slices.Contains(kinds, kind) {
		return "", f.wrong(line, "wrong type of "+o.name+": it is "+kind+", and must be "+orList(kinds), "Write "+o.inTOML()+". "+testsTheFile)
	}
	return text, nil
}

// inTOML is an example of the option in a configuration file.
func (o option) inTOML() string {
	value := o.preset
	if value == "" {
		value = strings.Trim(o.arg, "'")
	}
	switch kinds := o.kinds(); {
	case kinds[0] == isBool:
		value = "true"
	case o.many:
		value = "[" + strconv.Quote(value) + "]"
	case kinds[0] != isWhole:
		value = strconv.Quote(value)
	}
	return o.name + " = " + value
}

// located is a value whose file name, if it has one, is relative to the current
// folder, and not to that of the configuration file.
func (f configFile) located(o option, value string) string {
	name, at := value, ""
	if o.name == "header" {
		file, ok := strings.CutPrefix(value, "@")
		if !ok {
			return value
		}
		name, at = file, "@"
	}
	dir := filepath.Dir(f.name)
	switch {
	case !o.named && at == "", name == "", dir == ".", filepath.IsAbs(name):
		return value
	case o.name == "output" && name == "-", o.name == "errors" && name == "none":
		return value
	}
	return at + filepath.Join(dir, name)
}

// risk says what a file that nobody has named must not do with this value: a folder
// that one only works in does not decide whom trawl trusts, nor does it write beyond
// itself. "" is nothing.
func (o option) risk(value string) string {
	switch {
	case o.risky:
		return quoted(o.name)
	case o.name == "deny-private" && value != "true":
		return quoted(o.name + " = " + value)
	case o.named && value != "-" && value != "none" && !isInside(expand(value, "", time.Now())):
		return quoted(o.name) + " outside of this folder"
	}
	return ""
}

// isInside says that a file of that name lies, or would lie, in the current folder or
// below, wherever links lead.
func isInside(name string) bool {
	here, err := filepath.EvalSymlinks(".")
	if err == nil {
		here, err = filepath.Abs(here)
	}
	name, errName := filepath.Abs(name)
	if err != nil || errName != nil {
		return false
	}
	rest := ""
	for {
		real, err := filepath.EvalSymlinks(name)
		if err == nil {
			rel, err := filepath.Rel(here, filepath.Join(real, rest))
			return err == nil && filepath.IsLocal(rel)
		}
		if _, err := os.Lstat(name); err == nil || name == filepath.Dir(name) {
			return false // a link that leads nowhere yet, or a folder that cannot be looked at
		}
		name, rest = filepath.Dir(name), filepath.Join(filepath.Base(name), rest)
	}
}

package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// A configFile is a file of options.
type configFile struct {
	name string // as messages show it
	rank rank
}

// found says that nobody named the file: it need not exist.
func (f configFile) found() bool { return f.rank < fromNamed }

// readFiles sets the options that neither the command line nor a variable has set,
// from the configuration files. The error is a *message.
func (c *config) readFiles() error {
	files, err := c.configFiles()
	if err != nil {
		return err
	}
	for _, f := range files {
		data, there, err := f.read()
		if err != nil {
			return c.cannotConfigure(f, err)
		}
		if !there {
			continue
		}
		c.read = append(c.read, f.name)
		if err := c.configure(f, data); err != nil {
			return err
		}
	}
	return nil
}

// configFiles are the files to read, those that count more before the others.
func (c *config) configFiles() ([]configFile, error) {
	named := c.ConfigFile != ""
	switch {
	case c.NoConfig && named && c.from["no-config"].rank == c.from["config"].rank:
		return nil, c.conflict("no-config", "and --config contradict each other", "Leave one of them out.")
	case c.NoConfig && !c.outranked("no-config", "config"):
		return nil, nil
	case named:
		return []configFile{{c.ConfigFile, fromNamed}}, nil
	}
	return searchedFiles(), nil
}

const hereFile = "trawl.toml"

// searchedFiles are the files that are read if they exist: one in the current folder,
// one of the user, those of the system (XDG Base Directory Specification: a relative
// path in a variable is ignored).
func searchedFiles() []configFile {
	files := []configFile{{hereFile, fromHere}}
	user := os.Getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(user) {
		if user, _ = os.UserHomeDir(); user != "" {
			user = filepath.Join(user, ".config")
		}
	}
	if filepath.IsAbs(user) {
		files = append(files, configFile{configIn(user), fromUser})
	}
	for _, dir := range systemDirs() {
		files = append(files, configFile{configIn(dir), fromSystem})
	}
	return files
}

func systemDirs() (dirs []string) {
	for _, dir := range filepath.SplitList(os.Getenv("XDG_CONFIG_DIRS")) {
		if filepath.IsAbs(dir) {
			dirs = append(dirs, dir)
		}
	}
	if dirs == nil {
		return []string{"/etc"}
	}
	return dirs
}

func configIn(dir string) string { return filepath.Join(dir, "trawl", "config.toml") }

// read returns what is in the file. One that was only looked for need not be there,
// and is not if it lies where this user may not look.
func (f configFile) read() (data []byte, there bool, err error) {
	info, err := os.Stat(f.name)
	switch {
	case err != nil && f.found() && f.absent(err):
		return nil, false, nil
	case err != nil:
		return nil, false, err
	case info.IsDir():
		return nil, false, syscall.EISDIR
	case f.found() && !info.Mode().IsRegular(): // opening it might wait for ever
		return nil, false, errors.New("it is no regular file")
	}
	data, err = readSmall(f.name)
	return data, true, err
}

// absent says that an error of Stat means that there is nothing of that name; a link
// that leads nowhere is something.
func (f configFile) absent(err error) bool {
	if _, is := os.Lstat(f.name); is == nil {
		return false
	}
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENOTDIR)
}

// cannotConfigure is the message for a configuration file that cannot be read.
func (c *config) cannotConfigure(f configFile, err error) *message {
	m := &message{
		what:  "cannot read " + shown(f.name) + ": " + shown(cause(err).Error()),
		hints: []string{"It was found, not named: mend or remove it, or do without with --no-config."},
		code:  exitConfig,
	}
	if !f.found() {
		m.what += " (" + c.where("config") + ")"
		m.hints = []string{"Check the file's name and its permissions."}
	}
	return m
}

// at is the place of a line of the file.
func (f configFile) at(line int) origin {
	return origin{f.rank, shown(f.name) + ":" + strconv.Itoa(line)}
}

// wrong is the message for a line of the file.
func (f configFile) wrong(line int, what, hint string) *message {
	return &message{what: what + " (" + f.at(line).text + ")", hints: []string{hint}, code: exitConfig}
}

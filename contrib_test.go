package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// shellCommands takes shell lines apart into simple commands: words without their
// quotes. Variables and substitutions stay as they are written.
func shellCommands(text string) (commands [][]string) {
	var words []string
	var word strings.Builder
	begun := false // a word, which may be empty
	endWord := func() {
		if begun {
			words = append(words, word.String())
		}
		word.Reset()
		begun = false
	}
	endCommand := func() {
		endWord()
		if len(words) > 0 {
			commands = append(commands, words)
		}
		words = nil
	}
	for quote, i := byte(0), 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote == 0 && c == '#' && !begun:
			for i+1 < len(text) && text[i+1] != '\n' {
				i++
			}
		case c == quote:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote, begun = c, true
		case quote != '\'' && c == '\\' && i+1 < len(text):
			i++
			if text[i] != '\n' {
				word.WriteByte(text[i])
				begun = true
			}
		case quote == 0 && strings.IndexByte("|&;\n()<>", c) >= 0:
			endCommand() // what follows > is no command of ours
		case quote == 0 && (c == ' ' || c == '\t'):
			endWord()
		default:
			word.WriteByte(c)
			begun = true
		}
	}
	endCommand()
	return commands
}

// crontabLine is a line of a crontab: five times, and a command.
var crontabLine = regexp.MustCompile(`(?m)^ *(?:[\d*/,-]+ +){5}(.*)$`)

// asCron is what cron hands to the shell, and to its standard input, of a command
// (crontab(5)): the first % that has no \ before it ends it, and \% is %.
func asCron(command string) (line, stdin string) {
	const escaped = "\x00"
	command = strings.ReplaceAll(command, `\%`, escaped)
	line, stdin, _ = strings.Cut(command, "%")
	return strings.ReplaceAll(line, escaped, "%"), strings.ReplaceAll(strings.ReplaceAll(stdin, "%", "\n"), escaped, "%")
}

// unitCommand is the value of ExecStart in a unit file, its specifiers replaced.
func unitCommand(t *testing.T, unit string, specifiers ...string) string {
	t.Helper()
	match := regexp.MustCompile(`(?m)^ExecStart=(.*)$`).FindAllStringSubmatch(unit, -1)
	if len(match) != 1 {
		t.Fatalf("%d lines of ExecStart", len(match))
	}
	command := strings.NewReplacer(append(specifiers, "%%", "\x00")...).Replace(match[0][1])
	if strings.Contains(command, "%") {
		t.Errorf("a %% that systemd takes for a specifier: %s", command)
	}
	return strings.ReplaceAll(command, "\x00", "%")
}

var systemdUnit = []string{"contrib", "systemd", "trawl@.service"}

// crontabs are all crontab lines that users are given, by where they stand: the
// commands.
func crontabs(t *testing.T) map[string][]string {
	t.Helper()
	lines := map[string][]string{}
	for name, text := range map[string]string{
		"trawl help cron": cronHelp, "README.md": contents(t, "README.md"), "contrib/cron/crontab": contents(t, "contrib", "cron", "crontab"),
	} {
		for _, match := range crontabLine.FindAllStringSubmatch(text, -1) {
			lines[name] = append(lines[name], match[1])
		}
		if len(lines[name]) == 0 {
			t.Errorf("%s has no crontab line", name)
		}
	}
	return lines
}

// shellBlocks are the parts of a page in Markdown that a shell reads, and what looks
// like a command of ours in its prose.
func shellBlocks(page string) (blocks []string) {
	for _, match := range regexp.MustCompile("(?ms)^```(?:sh|crontab)\n(.*?)^```").FindAllStringSubmatch(page, -1) {
		blocks = append(blocks, crontabLine.ReplaceAllString(match[1], "$1"))
	}
	for _, match := range regexp.MustCompile("`(trawl [^`]+)`").FindAllStringSubmatch(page, -1) {
		blocks = append(blocks, match[1])
	}
	return blocks
}

// ourCommands are the commands of ours in what users are given to copy.
func ourCommands(t *testing.T) map[string][]string {
	t.Helper()
	texts := []string{unitCommand(t, contents(t, systemdUnit...), "%E", "/etc", "%i", "nightly")}
	for _, lines := range crontabs(t) {
		for _, command := range lines {
			line, _ := asCron(command)
			texts = append(texts, line)
		}
	}
	pages := []string{"README.md", "docs/cluster.md"}
	err := filepath.WalkDir("contrib", func(path string, d fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".md") {
			pages = append(pages, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		texts = append(texts, shellBlocks(contents(t, page))...)
	}
	commands := map[string][]string{}
	for _, text := range texts {
		for _, words := range shellCommands(text) {
			if filepath.Base(words[0]) == "trawl" {
				commands[strings.Join(words, " ")] = words[1:]
			}
		}
	}
	return commands
}

// reads are the options whose value names a file that must be there.
var reads = []string{"config", "cacert"}

func TestCommandsToCopyHaveOptionsThatExist(t *testing.T) {
	commands := ourCommands(t)
	if len(commands) < 10 {
		t.Fatalf("only %d commands", len(commands))
	}
	for command, args := range commands {
		line, err := scan(args)
		if err != nil {
			t.Errorf("%s: %v", command, err)
			continue
		}
		table := new(config).table()
		for _, g := range line.given {
			i := slices.IndexFunc(table, func(o option) bool { return o.name == g.name })
			if i < 0 || slices.Contains(reads, g.name) || strings.HasPrefix(g.value, "@") {
				continue
			}
			value := strings.ReplaceAll(g.value, "…", strings.Repeat("0", 64)) // a secret, or a digest, that is left out
			if err := table[i].set(value); err != nil {
				t.Errorf("%s: --%s %s: %v", command, g.name, g.value, err)
			}
		}
	}
}

func TestCrontabLinesNeedNoPercentSign(t *testing.T) {
	for name, lines := range crontabs(t) {
		for _, command := range lines {
			if line, stdin := asCron(command); line != command || stdin != "" {
				t.Errorf("%s: cron makes %q of %q", name, line, command)
			}
		}
	}
}

// How cron reads a line, so that the tests below do the same.
func TestCronEndsALineAtAPercentSign(t *testing.T) {
	for command, want := range map[string][2]string{
		`a b`:                           {`a b`, ""},
		`a 'failed > 1\%' && b`:         {`a 'failed > 1%' && b`, ""},
		`mail%Hello%you \% me`:          {`mail`, "Hello\nyou % me"},
		`trawl --fail-if 'failed > 1%'`: {`trawl --fail-if 'failed > 1`, "'"},
	} {
		if line, stdin := asCron(command); line != want[0] || stdin != want[1] {
			t.Errorf("%s: %q and %q, want %q", command, line, stdin, want)
		}
	}
}

func TestShellLinesAreTakenApart(t *testing.T) {
	for text, want := range map[string]string{
		`cd "$HOME/crawl" && trawl 'a b' --x="c d" # no`: `cd|$HOME/crawl;trawl|a b|--x=c d`,
		"a \\\n  b | c > d; '' e\n#x\nf'g'\"h\"i#j":      `a|b;c;d;|e;fghi#j`,
		`trawl '"' "'" \'`: `trawl|"|'|'`,
	} {
		var got []string
		for _, words := range shellCommands(text) {
			got = append(got, strings.Join(words, "|"))
		}
		if strings.Join(got, ";") != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// The unit stops a run only after trawl has had the time that it gives itself.
func TestTheUnitWaitsForTheEndOfARun(t *testing.T) {
	unit := contents(t, systemdUnit...)
	_, value, _ := strings.Cut(unit, "\nTimeoutStopSec=")
	value, _, _ = strings.Cut(value, "\n")
	if stop, err := time.ParseDuration(value); err != nil || stop < 2*(grace+farewell) {
		t.Errorf("TimeoutStopSec is %v (%v), and a run may need %v", stop, err, grace+farewell)
	}
}

// A dynamic user has no home: the unit says where robots.txt files are kept.
func TestTheUnitHasAPlaceForRobotsFiles(t *testing.T) {
	unit := contents(t, systemdUnit...)
	for _, line := range []string{"\nDynamicUser=yes\n", "\nCacheDirectory=trawl/%i\n", "\nEnvironment=XDG_CACHE_HOME=%C/trawl/%i\n"} {
		if !strings.Contains(unit, line) {
			t.Errorf("the unit has no line %q", strings.TrimSpace(line))
		}
	}
}

// Only what is meant to be rotated is: an errors file has names of its own.
func TestErrorsFilesAreNotRotated(t *testing.T) {
	first, _, _ := strings.Cut(contents(t, "contrib", "logrotate", "trawl"), "{")
	lines := linesOf(first)
	for pattern := range strings.FieldsSeq(lines[len(lines)-1]) {
		for _, name := range []string{"db.errors.jsonl", "db.errors.prev.jsonl", "pages.errors.jsonl", "db.txt.state"} {
			if ok, err := filepath.Match(pattern, "/var/lib/trawl/nightly/"+name); ok || err != nil {
				t.Errorf("%s rotates %s (%v)", pattern, name, err)
			}
		}
		if ok, _ := filepath.Match(pattern, "/var/lib/trawl/nightly/"+filepath.Base(pattern)); !ok {
			t.Errorf("%s is no pattern of a results file", pattern)
		}
	}
	if _, err := os.Stat(filepath.Join("contrib", "README.md")); err != nil {
		t.Error(err)
	}
}

package main

import (
	"os"
	"strings"
	"time"

	"trawl/display"
	"trawl/fetch"
	"trawl/sinks"
)

// about are the facts of this run that its results may keep.
func (s *screen) about(started time.Time) sinks.About {
	return sinks.About{Version: fetch.Release, Command: commandLine(os.Args[1:]), Started: started}
}

// commandLine is a command line without its secrets: headers, and what a URL has of a
// user.
func commandLine(args []string) string {
	words := []string{"trawl"}
	l, err := scan(args)
	if err != nil {
		return "trawl"
	}
	for _, g := range l.given {
		value := g.value
		switch g.name {
		case "header":
			value = "***"
		case "nats":
			value = cleanNATS(value)
		}
		option := "--" + g.name
		if value != "true" {
			option += "=" + display.CleanURL(value)
		}
		words = append(words, shellWord(option))
	}
	for _, operand := range l.operands {
		words = append(words, shellWord(display.CleanURL(operand)))
	}
	return strings.Join(words, " ")
}

// Package display tells a person, or a program in a person's place, how a run
// is going and how it went: the progress line, the summary at the end, the block
// of failures that cron mails. It writes to the writers that it is given and
// knows no signals and no exit.
package display

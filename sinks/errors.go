package sinks

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"trawl/parse"
)

// ErrorsPath returns the name of the errors file that belongs to a results file:
// db.errors.jsonl to db.txt. It is "", none, for standard output ("-", and by any
// name below /dev), and for what exists and is no regular file: a FIFO, a device.
func ErrorsPath(output string) string {
	if !isOrWillBeFile(output) {
		return ""
	}
	stem, _ := splitExt(output)
	return stem + ".errors.jsonl"
}

// isOrWillBeFile is false for standard output and for what exists and is no regular
// file. A folder, which is an error, counts as a file.
func isOrWillBeFile(output string) bool {
	if output == "" || output == "-" || strings.HasPrefix(filepath.Clean(output), "/dev/") {
		return false
	}
	info, err := os.Stat(output)
	return err != nil || info.Mode().IsRegular() || info.IsDir()
}

// PrevPath returns the name that an errors file gets when the next run begins:
// db.errors.prev.jsonl for db.errors.jsonl.
func PrevPath(path string) string {
	stem, ext := splitExt(path)
	return stem + ".prev" + ext
}

// splitExt splits off the last extension, with one before it that says what is packed.
// The name of a hidden file is none.
func splitExt(path string) (stem, ext string) {
	ext = filepath.Ext(path)
	if ext == ".gz" {
		ext = filepath.Ext(strings.TrimSuffix(path, ext)) + ext
	}
	if ext == filepath.Base(path) {
		return path, ""
	}
	return strings.TrimSuffix(path, ext), ext
}

// failures is the errors file: one JSON object a failure, which is also a line of
// a list. The file is made at the first failure; without a name there is none.
type failures struct {
	lines
	private bool // it is readable by its owner only
	old     bool // an earlier run's stands in its place
}

// newFailures checks that the file can be made, and finds one of an earlier
// run, which is still to be displaced; or, if at is not nil, goes on with one that an interrupted run has left.
func newFailures(d disk, path, run string, at *mark) (*failures, error) {
	f := &failures{lines: lines{target: target{disk: d, path: path}, layout: layout{encode: newErrorLine(run)}}}
	if path == "" {
		return f, nil
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil, wrap("open", path, syscall.EISDIR)
	case err == nil && !info.Mode().IsRegular():
		return f, nil
	case err == nil && at != nil:
		return f, f.open(at)
	}
	if _, err = os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return f, wrap("open", path, probe(filepath.Dir(path)))
	}
	f.old = true
	return f, nil
}

// displace renames the file of an earlier run, when the journal is this run's: the old one
// may be a list that must not be lost.
func (f *failures) displace() error {
	if !f.old {
		return nil
	}
	f.old = false
	if err := f.disk.rename(f.path, PrevPath(f.path)); err != nil {
		return wrap("rename", f.path, err)
	}
	return f.disk.syncDir(f.path)
}

// probe returns why no file can be made in a folder. It does not make the one
// that will be made: another run may have just done so.
func probe(dir string) error {
	f, err := os.CreateTemp(dir, ".trawl-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func (f *failures) open(at *mark) error {
	l, err := openLines(f.disk, f.path, at, f.layout)
	if err != nil {
		return err
	}
	f.lines, f.private = *l, false
	return nil
}

func (f *failures) write(recs []parse.Record) error {
	if f.path == "" {
		return nil
	}
	failed, headers := false, false
	for i := range recs {
		failed = failed || recs[i].Class != ""
		headers = headers || recs[i].Class != "" && mayHoldHeaders(&recs[i])
	}
	if !failed {
		return nil
	}
	if f.file == nil {
		if err := f.open(nil); err != nil {
			return err
		}
	}
	// Headers may be secrets, so the file is closed to others before they come.
	if headers && f.regular && !f.private {
		if err := f.file.Chmod(0o600); err != nil {
			return wrap("chmod", f.path, err)
		}
		f.private = true
	}
	return f.lines.write(recs)
}

// reopen lets the next failure make a file anew, unless this one still has its name.
func (f *failures) reopen() error {
	if f.file == nil || !f.regular {
		return nil
	}
	now, missing := os.Stat(f.path)
	if missing == nil && idOf(now) == f.id && now.Size() == f.size {
		return nil
	}
	err := f.close()
	f.lines, f.private = lines{target: target{disk: f.disk, path: f.path}, layout: f.layout}, false
	if err == nil && missing == nil && now.Mode().IsRegular() {
		err = f.open(nil) // so that a mark says which file it is
	}
	return err
}

const errorLineStart = `{"seq":`

// newErrorLine returns the encoder of the errors file. The time of a failure
// that was never asked for is when it was recorded.
func newErrorLine(run string) encoder {
	end := appendEnd(nil, run)
	return func(dst []byte, rec *parse.Record) []byte {
		if rec.Class == "" {
			return dst
		}
		dst = append(dst, errorLineStart...)
		dst = strconv.AppendInt(dst, rec.Seq, 10)
		dst = append(dst, `,"url":`...)
		dst = appendString(dst, rec.URL)
		dst = appendInt(dst, "status", int64(rec.Status))
		dst = appendFailure(dst, rec)
		dst = appendInt(dst, "attempts", int64(rec.Attempts))
		start := rec.Start
		if start.IsZero() {
			start = time.Now()
		}
		dst = appendTime(dst, "time", start)
		dst = appendSource(dst, rec)
		dst = appendRequest(dst, rec)
		return append(dst, end...)
	}
}

// appendSource appends where the URL stands: "urls.txt:902", "argument:3".
func appendSource(dst []byte, rec *parse.Record) []byte {
	dst = appendString(appendName(dst, "source"), rec.File)
	dst[len(dst)-1] = ':'
	return append(strconv.AppendInt(dst, rec.Line, 10), '"')
}

// appendRequest appends what the list said beside the URL, as a list says it.
func appendRequest(dst []byte, rec *parse.Record) []byte {
	for i, h := range rec.Header {
		if i == 0 {
			dst = append(appendName(dst, "headers"), '{')
		} else {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, h.Name), ':')
		dst = appendString(dst, h.Value)
	}
	if len(rec.Header) > 0 {
		dst = append(dst, '}')
	}
	if rec.Timeout > 0 {
		dst = appendField(dst, "timeout", inOneUnit(rec.Timeout))
	}
	return appendRaw(dst, "meta", rec.Meta)
}

// inOneUnit returns the duration as a list may have it: "90s", "500ms".
func inOneUnit(d time.Duration) string {
	switch {
	case d%time.Second == 0:
		return strconv.FormatInt(int64(d/time.Second), 10) + "s"
	case d%time.Millisecond == 0:
		return strconv.FormatInt(d.Milliseconds(), 10) + "ms"
	}
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "s"
}

// mayHoldHeaders says whether the record's line has headers, which may be
// secrets: its own, those in a line that is a broken JSON object, or those that a user in
// a URL comes to.
func mayHoldHeaders(rec *parse.Record) bool {
	authority, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(rec.URL, "http://"), "https://"), "/")
	return len(rec.Header) > 0 || strings.HasPrefix(rec.URL, "{") || strings.Contains(authority, "@")
}

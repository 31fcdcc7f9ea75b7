// Package warctest reads web archives for tests. It knows the standard, ISO 28500:2017,
// and nothing of what writes them.
package warctest

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Record is one of an archive.
type Record struct {
	Type   string
	Fields map[string]string
	Block  string
}

var idForm = regexp.MustCompile(`^<urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}>$`)

// Read reads a file to its end, and holds it to the standard: one gzip member a
// record, the fields that each must have, and every digest.
func Read(path string) (records []Record, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	members := bufio.NewReader(bytes.NewReader(data))
	for {
		if _, err := members.Peek(1); err == io.EOF {
			return records, nil
		}
		z, err := gzip.NewReader(members)
		if err != nil {
			return records, fmt.Errorf("record %d: %w", len(records), err)
		}
		z.Multistream(false)
		text, err := io.ReadAll(z)
		if err != nil {
			return records, fmt.Errorf("record %d: %w", len(records), err)
		}
		rec, err := parse(string(text))
		if err != nil {
			return records, fmt.Errorf("record %d: %w\n%.1000q", len(records), err, text)
		}
		records = append(records, rec)
	}
}

func parse(text string) (rec Record, err error) {
	text, ok := strings.CutPrefix(text, "WARC/1.1\r\n")
	head, rest, found := strings.Cut(text, "\r\n\r\n")
	if !ok || !found {
		return rec, errors.New("no head of WARC/1.1")
	}
	rec.Fields = map[string]string{}
	for line := range strings.SplitSeq(head, "\r\n") {
		name, value, ok := strings.Cut(line, ": ")
		if _, twice := rec.Fields[name]; twice || !ok {
			return rec, fmt.Errorf("field %q", line)
		}
		rec.Fields[name] = value
	}
	for _, name := range []string{"WARC-Record-ID", "Content-Length", "WARC-Date", "WARC-Type"} {
		if rec.Fields[name] == "" {
			return rec, fmt.Errorf("no %s", name)
		}
	}
	if !idForm.MatchString(rec.Fields["WARC-Record-ID"]) {
		return rec, fmt.Errorf("id %q", rec.Fields["WARC-Record-ID"])
	}
	rec.Type = rec.Fields["WARC-Type"]
	n, err := strconv.Atoi(rec.Fields["Content-Length"])
	if err != nil || n+4 != len(rest) || rest[n:] != "\r\n\r\n" {
		return rec, fmt.Errorf("the block has %d bytes, %v", len(rest), err)
	}
	rec.Block = rest[:n]
	return rec, cmp.Or(rec.revisit(), rec.digests())
}

// digests computes those again that the record has.
func (r *Record) digests() error {
	if want := r.Fields["WARC-Block-Digest"]; want != digest(r.Block) {
		return fmt.Errorf("the block's digest is not %q", want)
	}
	head, payload, ok := strings.Cut(r.Block, "\r\n\r\n")
	if !ok {
		head, payload, _ = strings.Cut(r.Block, "\n\n")
	}
	want, has := r.Fields["WARC-Payload-Digest"]
	if has && r.Type != "revisit" && strings.Contains(strings.ToLower(head), "transfer-encoding") {
		return errors.New("a digest of a payload that is chunked")
	}
	if has && r.Type != "revisit" && want != digest(payload) { // whose payload is another record's
		return fmt.Errorf("the payload's digest is not %q", want)
	}
	return nil
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// ReadAll is the records of all archives of a folder, in the order of their names. Each
// begins with a warcinfo that has its name, which is left out. What a revisit refers to
// is there.
func ReadAll(dir string) (records []Record, files []string, err error) {
	files, err = filepath.Glob(filepath.Join(dir, "*.warc.gz"))
	if err != nil {
		return nil, nil, err
	}
	slices.Sort(files)
	for _, path := range files {
		recs, err := Read(path)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", path, err)
		}
		if len(recs) == 0 || recs[0].Type != "warcinfo" || recs[0].Fields["WARC-Filename"] != filepath.Base(path) {
			return nil, nil, fmt.Errorf("%s begins with %+v", path, recs[:min(1, len(recs))])
		}
		records = append(records, recs[1:]...)
	}
	return records, files, resolve(records)
}

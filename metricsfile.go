package main

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// errNotRegular is for what a rename would replace for other programs, too.
var errNotRegular = errors.New("not a regular file")

// A textfile is a file of metrics for node_exporter's textfile collector.
type textfile struct{ path, job string }

// newTextfile is the file of that name, or the one that a link of that name leads to.
func newTextfile(name, job string) textfile {
	if path, err := filepath.EvalSymlinks(name); err == nil {
		name = path
	}
	return textfile{path: name, job: job}
}

// maxTextfile is how much of an old file is read: ours have 3 kB.
const maxTextfile = 1 << 20

// lastSuccess is what the file of the run before says of the last success of this
// job. A file that is missing or says nothing of it says never.
func (f textfile) lastSuccess() int64 {
	old, err := os.Open(f.path)
	if err != nil {
		return 0
	}
	defer old.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, _ := parser.TextToMetricFamilies(io.LimitReader(old, maxTextfile)) // what stands before an error is kept
	for _, m := range families[lastSuccessName].GetMetric() {
		for _, label := range m.GetLabel() {
			if label.GetName() == "job" && label.GetValue() == f.job {
				return seconds(m.GetGauge().GetValue())
			}
		}
	}
	return 0
}

// seconds is a Unix time as a file has it; what is none is 0.
func seconds(v float64) int64 {
	if v >= 0 && v < 1<<53 {
		return int64(v)
	}
	return 0
}

// write replaces the file by one with the metrics.
func (f textfile) write(m runMetrics) error {
	text, err := f.text(m)
	if err != nil {
		return err
	}
	return f.replace(text)
}

// text is the metrics in Prometheus' text format.
func (f textfile) text(m runMetrics) ([]byte, error) {
	registry := prometheus.NewRegistry()
	if err := prometheus.WrapRegistererWith(prometheus.Labels{"job": f.job}, registry).Register(m); err != nil {
		return nil, err
	}
	families, err := registry.Gather()
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(&text, family); err != nil {
			return nil, err
		}
	}
	return text.Bytes(), nil
}

// replace writes a file beside, for any user to read, and renames it when it is on
// disk. Its name does not end in .prom: nobody reads it before.
func (f textfile) replace(text []byte) error {
	beside, err := f.beside()
	if err != nil {
		return err
	}
	_, err = beside.Write(text)
	err = cmp.Or(err, beside.Chmod(0o644), beside.Sync())
	err = cmp.Or(err, beside.Close())
	if err == nil {
		err = os.Rename(beside.Name(), f.path)
	}
	if err != nil {
		_ = os.Remove(beside.Name())
	}
	return err
}

func (f textfile) beside() (*os.File, error) {
	return os.CreateTemp(filepath.Dir(f.path), ".trawl-metrics-*")
}

// check returns why the file cannot be replaced.
func (f textfile) check() error {
	switch info, err := os.Stat(f.path); {
	case err == nil && info.IsDir():
		return syscall.EISDIR
	case err == nil && !info.Mode().IsRegular():
		return errNotRegular
	}
	beside, err := f.beside()
	if err != nil {
		return err
	}
	return errors.Join(beside.Close(), os.Remove(beside.Name()))
}

package sinks

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// A disk that has lost a few bytes makes a page new, or is an error: nothing is known that
// was not. One goroutine is all there is: the race detector need not see each.
func TestADamagedPageDatabaseKnowsNothingWrong(t *testing.T) {
	step, block := 61, 1<<10
	if raceDetector {
		step, block = 4*61+1, 4<<10
	}
	damagePages(t, step, block)
}

// damagePages changes a byte of so many, and a piece of each block.
func damagePages(t *testing.T, step, block int) {
	whole, urls, want := damageable(t)
	path := filepath.Join(t.TempDir(), "db.pages")
	errs, misses, hits := 0, 0, 0
	try := func(what string, b []byte) {
		t.Helper()
		for _, log := range sqliteLogs {
			_ = os.Remove(path + log)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := OpenPages(path)
		if err == nil {
			for i, url := range urls {
				k, err := p.Known(url)
				switch {
				case err != nil:
					isError(t, what, err)
					errs++
				case k == nil:
					misses++
				case want[i] < 0 || k.Bytes != int64(want[i]) || k.Fingerprint != knownPage(url, want[i]).Fingerprint:
					t.Errorf("%s: %+v is known of %s, want version %d", what, k, url, want[i])
				default:
					hits++
				}
			}
			for _, err := range []error{p.begin("new", false), remember(p, 9, urls...), p.end(), p.Close()} {
				isError(t, what, err)
			}
		}
		isError(t, what, err)
	}
	for at := 0; at < len(whole); at += step {
		b := append([]byte(nil), whole...)
		switch at % 4 {
		case 0:
			b[at] ^= 1 << (at % 7)
		case 1:
			b[at] = 0
		case 2:
			b[at] = 0xFF
		case 3:
			b[at]++
		}
		try(fmt.Sprintf("byte %d", at), b)
	}
	for at := 0; at < len(whole); at += block {
		b := append([]byte(nil), whole...)
		clear(b[at : at+512])
		try(fmt.Sprintf("a block at %d", at), b)
		try(fmt.Sprintf("cut at %d", at+100), whole[:at+100])
	}
	if errs == 0 || misses == 0 || hits == 0 {
		t.Errorf("%d errors, %d misses, %d hits: want some of each", errs, misses, hits)
	}
}

func isError(t *testing.T, what string, err error) {
	t.Helper()
	var e *Error
	if err != nil && !errors.As(err, &e) {
		t.Errorf("%s: %v, want an Error", what, err)
	}
}

// damageable is a database with pages that only a run knows which has not ended, and others.
func damageable(t *testing.T) (file []byte, urls []string, want []int) {
	t.Helper()
	p := mustOpenPages(t, filepath.Join(t.TempDir(), "db.pages"))
	for i := range 150 {
		urls = append(urls, fmt.Sprintf("http://h/a/page/%d", i))
		want = append(want, []int{1, 1, -1}[i/50])
	}
	mustBegin(t, p, "1", false)
	mustRemember(t, p, 1, urls[:100]...)
	mustEnd(t, p)
	mustBegin(t, p, "2", false)
	mustRemember(t, p, 2, urls[50:]...)
	for i, url := range urls {
		checkVersion(t, p, url, want[i])
	}
	closePages(t, p)
	file, err := os.ReadFile(p.path)
	if err != nil {
		t.Fatal(err)
	}
	return file, urls, want
}

package sinks

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"

	"trawl/fetch"
)

func mustOpenPages(t *testing.T, path string) *Pages {
	t.Helper()
	p, err := OpenPages(path)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mustBegin(t *testing.T, p *Pages, run string, resumed bool) {
	t.Helper()
	if err := p.begin(run, resumed); err != nil {
		t.Fatal(err)
	}
}

func mustEnd(t *testing.T, p *Pages) {
	t.Helper()
	if err := p.end(); err != nil {
		t.Fatal(err)
	}
}

// mustRemember remembers pages that have version bytes.
func mustRemember(t *testing.T, p *Pages, version int, urls ...string) {
	t.Helper()
	if err := remember(p, version, urls...); err != nil {
		t.Fatal(err)
	}
}

func remember(p *Pages, version int, urls ...string) error {
	updates := make([]update, len(urls))
	for i, url := range urls {
		updates[i] = p.update(url, knownPage(url, version))
	}
	return p.remember(updates)
}

func knownPage(url string, version int) *fetch.Known {
	k := &fetch.Known{
		URL: url, ETag: fmt.Sprintf(`"v%d"`, version), LastModified: "Sun, 22 Nov 2026 09:24:39 GMT",
		Bytes: int64(version), Time: time.UnixMicro(int64(version)).UTC(),
	}
	k.Fingerprint[0], k.Payload[31] = byte(version)+1, 7
	return k
}

// versionOf is the version that is known of a page; -1 if nothing is.
func versionOf(t *testing.T, p *Pages, url string) int {
	t.Helper()
	k, err := p.Known(url)
	if err != nil {
		t.Fatal(err)
	}
	if k == nil {
		return -1
	}
	if diff := cmp.Diff(knownPage(fetch.WithoutSecrets(url), int(k.Bytes)), k); diff != "" {
		t.Fatalf("what is known of %s is of no version (-want +got):\n%s", url, diff)
	}
	return int(k.Bytes)
}

func checkVersion(t *testing.T, p *Pages, url string, want int) {
	t.Helper()
	if got := versionOf(t, p, url); got != want {
		t.Errorf("version %d of %s is known, want %d (-1 is none)", got, url, want)
	}
}

func closePages(t *testing.T, p *Pages) {
	t.Helper()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	for _, log := range sqliteLogs {
		if _, err := os.Stat(p.path + log); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s stands beside the file when all is well (%v)", log, err)
		}
	}
}

const aPage = "https://example.com/a?b=c"

func TestWhatIsKnownIsWhatTheLastRunThatEndedHasLeft(t *testing.T) {
	p := mustOpenPages(t, filepath.Join(t.TempDir(), "db.pages"))
	mustBegin(t, p, "1", false)
	mustRemember(t, p, 1, aPage)
	checkVersion(t, p, aPage, -1)
	mustEnd(t, p)
	checkVersion(t, p, aPage, 1)

	mustBegin(t, p, "2", false)
	mustRemember(t, p, 2, aPage)
	mustRemember(t, p, 3, aPage, "http://b/")
	checkVersion(t, p, aPage, 1) // a URL that stands twice in a list is not compared with itself
	closePages(t, p)

	p = mustOpenPages(t, p.path)
	mustBegin(t, p, "3", false) // 2 was killed, and is not gone on with
	checkVersion(t, p, aPage, 1)
	checkVersion(t, p, "http://b/", -1)
	mustRemember(t, p, 4, aPage, "http://b/")
	checkVersion(t, p, aPage, 1)
	mustEnd(t, p)
	checkVersion(t, p, aPage, 4)
	checkVersion(t, p, "http://b/", 4)
	closePages(t, p)
}

func TestARunThatIsResumedAfterItsEndHasNotEnded(t *testing.T) {
	p := mustOpenPages(t, filepath.Join(t.TempDir(), "db.pages"))
	for version, run := range []string{"1", "2"} {
		mustBegin(t, p, run, false)
		mustRemember(t, p, version, aPage)
		mustEnd(t, p)
	}
	checkVersion(t, p, aPage, 1)
	mustBegin(t, p, "2", true)
	checkVersion(t, p, aPage, 0)
	mustRemember(t, p, 5, aPage)
	checkVersion(t, p, aPage, 0)
	mustEnd(t, p)
	checkVersion(t, p, aPage, 5)
	if err := p.begin("none", true); !errors.Is(err, ErrOther) {
		t.Errorf("a run that is not known is resumed: %v, want ErrOther", err)
	}
	closePages(t, p)
}

// The model is a map for each run, of what it has learned. What is known is in the last that ended.
func TestGenerationsAsAModelHasThem(t *testing.T) {
	seeds := uint64(8)
	if raceDetector { // which finds nothing in one goroutine
		seeds = 2
	}
	followModel(t, seeds)
}

func followModel(t *testing.T, seeds uint64) {
	type run struct {
		name  string
		pages map[string]int
		ended bool
	}
	for seed := range seeds {
		rng := rand.New(rand.NewPCG(seed, 6))
		p := mustOpenPages(t, filepath.Join(t.TempDir(), "db.pages"))
		var runs []*run
		version := 0
		begin := func() {
			r := &run{name: fmt.Sprint(len(runs)), pages: map[string]int{}}
			runs = append(runs, r)
			mustBegin(t, p, r.name, false)
		}
		begin()
		for range 150 {
			now := runs[len(runs)-1]
			switch rng.IntN(12) {
			case 0:
				begin()
			case 1:
				mustEnd(t, p)
				now.ended = true
			case 2: // killed, and resumed
				p.abandon()
				p = mustOpenPages(t, p.path)
				mustBegin(t, p, now.name, true)
				now.ended = false
			case 3: // killed when all was done but the end of the journal, or before
				p.abandon()
				p = mustOpenPages(t, p.path)
				begin()
			default:
				if now.ended {
					continue // nobody writes then
				}
				version += rng.IntN(2)
				urls := make([]string, rng.IntN(4))
				for i := range urls {
					urls[i] = fmt.Sprintf("http://h/%d", rng.IntN(6))
					now.pages[urls[i]] = version
				}
				mustRemember(t, p, version, urls...)
			}
			for i := range 6 {
				url, want := fmt.Sprintf("http://h/%d", i), -1
				for _, r := range runs {
					if v, ok := r.pages[url]; ok && r.ended {
						want = v
					}
				}
				checkVersion(t, p, url, want)
			}
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
		closePages(t, p)
	}
}

// abandon leaves the database as a crash does: what was not committed is gone.
func (p *Pages) abandon() { _ = p.disconnect() }

func TestWhatDoesNotChangeIsNotWritten(t *testing.T) {
	p := mustOpenPages(t, filepath.Join(t.TempDir(), "db.pages"))
	writes := func() int64 {
		n, err := p.db.number("SELECT total_changes()")
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	check := func(want int64) {
		t.Helper()
		before := writes()
		mustRemember(t, p, 1, aPage)
		if got := writes() - before; got != want {
			t.Errorf("%d rows were written, want %d", got, want)
		}
	}
	mustBegin(t, p, "1", false)
	check(1)
	check(0) // rolled forward
	mustEnd(t, p)
	mustBegin(t, p, "2", false)
	check(0)
	mustRemember(t, p, 2, aPage)
	mustBegin(t, p, "3", false)
	mustRemember(t, p, 2, aPage) // what 2 says does not count, so 3 must say it
	mustEnd(t, p)
	checkVersion(t, p, aPage, 2)
	closePages(t, p)
}

func TestAPageHasAllItsValues(t *testing.T) {
	digest := [32]byte{31: 1}
	at := time.UnixMicro(1_795_000_000_123_456).UTC()
	for _, k := range []fetch.Known{
		{URL: aPage, Time: at},
		{URL: aPage, Time: at, Gone: true},
		{URL: "https://elsewhere/", ETag: `W/"x"`, LastModified: "Sun, 22 Nov 2026 09:24:39 GMT", Fingerprint: [16]byte(digest[:16]), Payload: digest, Bytes: 1 << 40, Time: at},
		{URL: aPage, ETag: "ü\xff", LastModified: "Sunday, 22-Nov-26 09:24:39 GMT", Time: at},
		{URL: aPage, LastModified: "yesterday", Payload: digest},
		{URL: aPage, ETag: strings.Repeat("x", maxETag), LastModified: strings.Repeat("x", maxModified)},
		{URL: strings.Repeat("u", maxKnownURL), ETag: `"x"`},
		{URL: aPage, LastModified: "Thu, 01 Jan 1970 00:00:00 GMT", Bytes: -1, Time: time.Time{}},
		{},
	} {
		got, err := decodeKnown(encodeKnown(&k, aPage), aPage)
		if err != nil {
			t.Errorf("%+v: %v", k, err)
			continue
		}
		if diff := cmp.Diff(&k, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestWhatAServerSaysOfAPageIsBounded(t *testing.T) {
	for _, k := range []fetch.Known{
		{URL: aPage, ETag: strings.Repeat("x", maxETag+1)},
		{URL: aPage, ETag: "a\nb"},
		{URL: aPage, ETag: "a\x7f"},
		{URL: aPage, LastModified: strings.Repeat("x", maxModified+1)},
		{URL: aPage, LastModified: "a\x00"},
	} {
		got, err := decodeKnown(encodeKnown(&k, aPage), aPage)
		if diff := cmp.Diff(&fetch.Known{URL: aPage}, got, cmp.Comparer(time.Time.Equal)); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
	long := &fetch.Known{URL: strings.Repeat("u", maxKnownURL+1), ETag: `"x"`, LastModified: "x", Fingerprint: [16]byte{1}}
	got, err := decodeKnown(encodeKnown(long, aPage), aPage)
	if err != nil || got.URL != "" || got.ETag != "" || got.LastModified != "" || got.Fingerprint != long.Fingerprint {
		t.Errorf("validators of a URL that is not kept: %+v, %v", got, err)
	}
}

func FuzzKnown(f *testing.F) {
	f.Add(encodeKnown(knownPage(aPage, 1), aPage))
	f.Add(encodeKnown(knownPage("http://b/", 1), aPage))
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := decodeKnown(b, aPage)
		if err != nil {
			return
		}
		again, err := decodeKnown(encodeKnown(k, aPage), aPage)
		want := bounded(*k)
		if diff := cmp.Diff(&want, again); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		var u update
		_ = u.UnmarshalBinary(b)
	})
}

func TestAFrameCarriesUpdatesToTheDatabase(t *testing.T) {
	p := mustOpenPages(t, filepath.Join(t.TempDir(), "db.pages"))
	const url = "https://user:secret@example.com/"
	sent := []update{p.update(url, knownPage("https://***@example.com/", 3)), p.update(aPage, knownPage(aPage, 4))}
	b, err := cbor.Marshal(sent)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), "secret") || strings.Contains(string(b), "user") {
		t.Errorf("a secret is in the frame: %q", b)
	}
	var got []update
	if err := cbor.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	mustBegin(t, p, "1", false)
	if err := p.remember(got); err != nil {
		t.Fatal(err)
	}
	mustEnd(t, p)
	checkVersion(t, p, url, 3)
	checkVersion(t, p, aPage, 4)
	closePages(t, p)
	for n := range b {
		if err := new(update).UnmarshalBinary(b[:min(n, 9)]); err == nil {
			t.Errorf("half an update is one")
		}
	}
}

func TestTwoUsersHaveTwoPagesAndNoSecretIsInTheFile(t *testing.T) {
	p := mustOpenPages(t, filepath.Join(t.TempDir(), "db.pages"))
	urls := []string{
		"http://h/x", "http://alice:geheim1@h/x", "http://bob:geheim1@h/x", "http://alice:geheim2@h/x", "http://token77@h/x",
	}
	mustBegin(t, p, "1", false)
	for i, url := range urls {
		u := knownPage(url, i)
		if err := p.remember([]update{p.update(url, u)}); err != nil {
			t.Fatal(err)
		}
	}
	mustEnd(t, p)
	for i, url := range urls {
		checkVersion(t, p, url, i)
	}
	checkVersion(t, p, "http://carol:geheim1@h/x", -1)
	closePages(t, p)
	b, err := os.ReadFile(p.path)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"alice", "bob", "geheim", "token77"} {
		if strings.Contains(string(b), secret) {
			t.Errorf("%s is in the file", secret)
		}
	}
	if info, err := os.Stat(p.path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v, %v; want that nobody else reads it", info.Mode(), err)
	}
	other := mustOpenPages(t, filepath.Join(t.TempDir(), "db.pages"))
	if keyOf(other.salt, aPage) == keyOf(p.salt, aPage) {
		t.Error("two databases have the same keys: one table of digests is good for both")
	}
	closePages(t, other)
}

func TestAnyURLIsAPage(t *testing.T) {
	p := mustOpenPages(t, filepath.Join(t.TempDir(), "db.pages"))
	urls := []string{"", "x", "http://h/\xff", "http://h/a\x00b", "http://h/a\x00c", "http://h/ü", strings.Repeat("http://h/", 10_000), `{"url":"http://a/"}`, `{"url":"http://b/"}`}
	mustBegin(t, p, "1", false)
	for i, url := range urls {
		mustRemember(t, p, i, url)
	}
	mustEnd(t, p)
	for i, url := range urls {
		k, err := p.Known(url)
		if err != nil || k == nil || k.Bytes != int64(i) {
			t.Errorf("%.30q: %+v, %v; want version %d", url, k, err, i)
		}
	}
	closePages(t, p)
}

func TestALookUpDoesNotWaitForAWrite(t *testing.T) {
	p := mustOpenPages(t, filepath.Join(t.TempDir(), "db.pages"))
	mustBegin(t, p, "1", false)
	mustRemember(t, p, 1, aPage)
	mustEnd(t, p)
	mustBegin(t, p, "2", false)
	if err := p.reader.exec("PRAGMA busy_timeout=0"); err != nil {
		t.Fatal(err)
	}
	err := p.transact(func() error {
		u := p.update(aPage, knownPage(aPage, 2))
		if err := p.put(&u); err != nil {
			return err
		}
		checkVersion(t, p, aPage, 1)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	closePages(t, p)
}

func TestTheLogStaysSmallWhileSomebodyReads(t *testing.T) {
	p := mustOpenPages(t, filepath.Join(t.TempDir(), "db.pages"))
	mustBegin(t, p, "1", false)
	stop, done := make(chan struct{}), make(chan error)
	go func() {
		for {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			if _, err := p.Known(aPage); err != nil {
				done <- err
				return
			}
		}
	}()
	urls, largest := make([]string, 500), int64(0)
	for i := range 60 {
		for j := range urls {
			urls[j] = fmt.Sprintf("http://h/%d/%d/%s", i, j, strings.Repeat("x", 900))
		}
		mustRemember(t, p, i, urls...)
		info, err := os.Stat(p.path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		largest = max(largest, info.Size())
	}
	close(stop)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if largest < 1<<20 || largest > 40<<20 {
		t.Errorf("the log has grown to %d bytes", largest)
	}
	mustEnd(t, p)
	closePages(t, p)
}

func TestAFileThatIsNoPageDatabaseIsRefusedAndLeftAlone(t *testing.T) {
	text := filepath.Join(t.TempDir(), "db.pages")
	if err := os.WriteFile(text, []byte("http://a/\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{
		text:                            errNoDatabase,
		foreign(t, "CREATE TABLE t(x)"): errForeign,
		foreign(t, schema):              errForeign,
		foreign(t, pageTables.schema+"PRAGMA user_version=2"):                           errLater,
		foreign(t, pageTables.schema+"PRAGMA user_version=0"):                           errForeign,
		foreign(t, pageTables.schema+"DROP TABLE pages"):                                nil,
		foreign(t, pageTables.schema+"DROP TABLE salt"):                                 nil,
		foreign(t, pageTables.schema+"DELETE FROM salt"):                                errDamaged,
		foreign(t, pageTables.schema+"UPDATE salt SET salt=x'00'"):                      errDamaged,
		foreign(t, "PRAGMA application_id=0x54525750; PRAGMA user_version=2000000000;"): errLater,
	} {
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = OpenPages(path)
		var e *Error
		if !errors.As(err, &e) || e.Op != "open" || e.Path != path || !errors.Is(err, ErrPages) || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: %v, want an Error with %v and what helps", path, err, want)
		}
		if want == nil || want == errDamaged {
			continue // it is ours
		}
		if after, err := os.ReadFile(path); string(after) != string(before) || err != nil {
			t.Errorf("%s was touched (%v)", path, err)
		}
	}
	dir := t.TempDir()
	for path, want := range map[string]error{dir: syscall.EISDIR, os.DevNull: errNotRegular, filepath.Join(dir, "none", "x"): fs.ErrNotExist} {
		var e *Error
		if _, err := OpenPages(path); !errors.As(err, &e) || e.Path != path || !errors.Is(err, want) || errors.Is(err, ErrPages) {
			t.Errorf("%s: %v, want an Error with %v", path, err, want)
		}
	}
}

func TestAPageDatabaseThatIsReplacedOrTruncatedIsAnError(t *testing.T) {
	for name, c := range map[string]struct {
		change func(path string) error
		want   error
	}{
		"replaced":  {func(path string) error { return os.Rename(foreign(t, pageTables.schema), path) }, errReplaced},
		"truncated": {func(path string) error { return os.Truncate(path, 0) }, errTruncated},
		"removed":   {os.Remove, fs.ErrNotExist},
	} {
		t.Run(name, func(t *testing.T) {
			p := mustOpenPages(t, filepath.Join(t.TempDir(), "db.pages"))
			mustBegin(t, p, "1", false)
			mustRemember(t, p, 1, aPage)
			if err := p.db.exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
				t.Fatal(err)
			}
			mustRemember(t, p, 2, aPage)
			if err := c.change(p.path); err != nil {
				t.Fatal(err)
			}
			for what, err := range map[string]error{"remember": remember(p, 3, aPage), "end": p.end(), "Close": p.Close()} {
				var e *Error
				if !errors.As(err, &e) || e.Path != p.path || !errors.Is(err, c.want) {
					t.Errorf("%s: %v, want an Error with %v", what, err, c.want)
				}
			}
		})
	}
}

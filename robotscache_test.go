package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"trawl/fetch"
	"trawl/robots"
)

// The rules of robots.txt are looked up under the name that is sent.
func TestRobotsRulesAreLookedUpUnderTheProductThatIsSent(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, "trawl"},
		{[]string{"-A", "nightly/2.0 (+https://example.org/)"}, "nightly"},
		{[]string{"-A", "Mozilla/5.0 (compatible; finder/1.0)"}, "finder"},
		{[]string{"-H", "user-agent: other/1"}, "other"},
		{[]string{"-A", "nightly/2.0", "-H", "User-Agent: other/1"}, "other"},
		{[]string{"-H", "User-Agent:"}, ""},
		{[]string{"-H", "User-Agent:", "-H", "User-Agent: other/1"}, "other"},
		{[]string{"-H", "User-Agent: other/1", "-H", "User-Agent:"}, "other"},
	} {
		cfg := parsed(t, append(test.args, "urls.txt")...)
		if got := robots.Agent(fetch.ClientOptions{UserAgent: cfg.UserAgent, Header: cfg.Header}.Agent()); got != test.want {
			t.Errorf("trawl %q: %q, want %q", test.args, got, test.want)
		}
	}
}

func TestTheCacheLiesWhereTheUserKeepsCaches(t *testing.T) {
	home, cache := t.TempDir(), t.TempDir()
	for _, test := range []struct{ home, xdg, want string }{
		{home, cache, filepath.Join(cache, "trawl")},
		{home, "", filepath.Join(home, ".cache", "trawl")},
		{home, "relative", filepath.Join(home, ".cache", "trawl")},
		{"", cache, filepath.Join(cache, "trawl")},
		{"", "", ""},
		{"relative", "", ""},
	} {
		t.Setenv("HOME", test.home)
		t.Setenv("XDG_CACHE_HOME", test.xdg)
		if got := cacheDir(); got != test.want {
			t.Errorf("HOME=%s XDG_CACHE_HOME=%s: %q, want %q", test.home, test.xdg, got, test.want)
		}
	}
}

// A run leaves nothing at home but what it has learnt of robots.txt files, and that only
// if it asks for them, and asks those who answer everybody.
func TestOnlyWhatIsLearntOfRobotsIsLeftAtHome(t *testing.T) {
	withoutProxies(t)
	everyExecutor(t, func(t *testing.T) {
		s := newSite(t)
		for _, test := range []struct {
			args []string
			kept bool
		}{
			{nil, false},
			{[]string{"--robots", "never"}, false},
			{[]string{"--robots", "always", "-n"}, false},
			{[]string{"--robots", "always"}, true},
			{[]string{"--robots", "always", "-H", "Cookie: a=1"}, false},
			{[]string{"--robots", "always", "-k"}, false},
			{[]string{"--robots", "always", "--resolve", "a.example:80:127.0.0.1"}, false},
		} {
			dir, home := t.TempDir(), t.TempDir()
			cmd := trawl(t, dir, append(test.args, s.URL+"/page/1")...)
			cmd.Env = append(cmd.Env, "HOME="+home, "USERPROFILE="+home, "XDG_CONFIG_HOME=", "XDG_CACHE_HOME=", "XDG_STATE_HOME=")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("trawl %s: %v\n%s", test.args, err, out)
			}
			var want []string
			if test.kept {
				want = []string{".cache", ".cache/trawl", ".cache/trawl/robots.db"}
			}
			if diff := cmp.Diff(want, tree(t, home)); diff != "" {
				t.Errorf("trawl %s leaves at home (-want +got):\n%s", test.args, diff)
			}
		}
	})
}

// tree is all that lies in a folder.
func tree(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, _ fs.DirEntry, err error) error {
		if path != "." {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// A robots.txt is asked for once in a day by all runs together, unless a run's options
// change who answers.
func TestRunsShareWhatTheyLearnOfRobots(t *testing.T) {
	withoutProxies(t)
	everyExecutor(t, func(t *testing.T) {
		s, cache := newSite(t), t.TempDir()
		ask := func(args ...string) (times int) {
			cmd := trawl(t, t.TempDir(), append(args, "--robots", "always", s.URL+"/page/1")...)
			cmd.Env = append(cmd.Env, "XDG_CACHE_HOME="+cache)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("trawl %s: %v\n%s", args, err, out)
			}
			return strings.Count(strings.Join(s.log(), "\n"), "GET /robots.txt")
		}
		if got := []int{ask("-H", "A: 1"), ask(), ask(), ask("-A", "other"), ask("-H", "A: 1")}; !cmp.Equal(got, []int{1, 1, 0, 0, 1}) {
			t.Errorf("five runs ask for robots.txt %v times; want what is in the cache to be asked for once", got)
		}
	})
}

// A cache that cannot be opened costs a request and no run; who watches is told.
func TestACacheThatCannotBeMadeIsDoneWithout(t *testing.T) {
	withoutProxies(t)
	s, dir := newSite(t), t.TempDir()
	notDir := list(t, dir, "a file")
	for _, verbose := range []bool{false, true} {
		args := []string{"--robots", "always", s.URL + "/page/1"}
		if verbose {
			args = append(args, "-v")
		}
		cmd := trawl(t, dir, args...)
		cmd.Env = append(cmd.Env, "XDG_CACHE_HOME="+notDir)
		out, err := cmd.CombinedOutput()
		if said := strings.Contains(string(out), "robots.txt files are not kept"); err != nil || said != verbose {
			t.Errorf("-v %v: %v, %q", verbose, err, out)
		}
	}
}

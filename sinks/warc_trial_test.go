//go:build trial

package sinks

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"trawl/fetch"
	"trawl/parse"
)

// warcioReads has warcio, a reader of archives that is not ours, give each record back:
// with what it makes of the content, codings undone, and with the digests that it
// computes itself.
const warcioReads = `
import { createReadStream } from "node:fs";
import { createHash } from "node:crypto";
import { WARCParser, WARCSerializer } from "warcio";
const sha = (b) => createHash("sha256").update(b).digest("hex");
for (const file of process.argv.slice(2)) {
  for await (const rec of new WARCParser(createReadStream(file))) {
    const content = await rec.readFully(true);
    console.log(JSON.stringify({
      type: rec.warcType, url: rec.warcTargetURI, date: rec.warcDate, status: rec.httpHeaders?.statusCode,
      profile: rec.warcHeader("WARC-Profile"), first: rec.warcRefersToTargetURI + " " + rec.warcRefersToDate,
      concurrent: [rec.warcConcurrentTo].flat()[0], id: rec.warcHeader("WARC-Record-ID"), sha256: sha(content), size: content.length,
    }));
  }
  for await (const rec of new WARCParser(createReadStream(file), {parseHttp: false})) {
    const said = {block: rec.warcBlockDigest, payload: rec.warcType == "revisit" ? "" : rec.warcPayloadDigest};
    const block = await rec.readFully(false);
    console.log(JSON.stringify({type: "digest", said: said.block, sha256: "sha256:" + sha(block)}));
    const at = Buffer.from(block).indexOf("\r\n\r\n");
    if (said.payload) console.log(JSON.stringify({type: "digest", said: said.payload, sha256: "sha256:" + sha(block.slice(at + 4))}));
  }
}
`

// warcioLine is a line of what it prints.
type warcioLine struct {
	Type, URL, Date, ID, Concurrent, SHA256, Said, Profile, First string
	Status, Size                                                  int
}

func TestTrialWARCIsReadByWarcio(t *testing.T) {
	dir := t.TempDir()
	node(t, dir, "npm", "install", "--no-save", "--no-audit", "--no-fund", "warcio@2.4.11")
	pages := archivePages(t, dir)
	const again = 4 // pages that are visited again, each once
	files, err := filepath.Glob(filepath.Join(dir, "*.warc.gz"))
	if err != nil || len(files) < 2 {
		t.Fatalf("%v, %v", files, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "read.mjs"), []byte(warcioReads), 0o600); err != nil {
		t.Fatal(err)
	}
	out := json.NewDecoder(strings.NewReader(node(t, dir, "node", append([]string{"read.mjs"}, files...)...)))
	got, requests, infos, digests, ids := map[string]string{}, 0, 0, 0, map[string]bool{}
	firsts, revisits := map[string]bool{}, 0
	for {
		var line warcioLine
		if err := out.Decode(&line); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		switch line.Type {
		case "response":
			got[line.URL] = fmt.Sprint(line.Status, " ", line.SHA256)
			ids[line.ID] = true
			firsts[line.URL+" "+line.Date] = true
		case "revisit":
			revisits++
			ids[line.ID] = true
			want := map[int]string{200: sameDigest, 304: notModified}[line.Status]
			if line.Profile != want || !firsts[line.First] || line.Size != 0 {
				t.Errorf("a revisit of %s: status %d, %s, %d bytes, first %s", line.URL, line.Status, line.Profile, line.Size, line.First)
			}
		case "request":
			requests++
			if !ids[line.Concurrent] {
				t.Errorf("the request of %s is concurrent to %q", line.URL, line.Concurrent)
			}
		case "warcinfo":
			infos++
		case "digest":
			digests++
			if line.Said != line.SHA256 {
				t.Errorf("a digest is %s, warcio has %s", line.Said, line.SHA256)
			}
		}
	}
	if diff := cmp.Diff(pages, got); diff != "" {
		t.Errorf("pages (-sent +read by warcio):\n%s", diff)
	}
	if revisits != again {
		t.Errorf("%d revisits, want %d", revisits, again)
	}
	if requests != len(pages)+again || infos != len(files) || digests < 2*len(pages)+infos {
		t.Errorf("%d requests, %d warcinfos, %d digests of %d pages in %d files", requests, infos, digests, len(pages), len(files))
	}
	index := node(t, dir, "node", append([]string{"node_modules/warcio/dist/cli.js", "cdx-index"}, files...)...)
	n, m := strings.Count(index, `"status":`), strings.Count(index, `"mime":"warc/revisit"`)
	if n-m != len(pages) || m != again {
		t.Errorf("warcio's index has %d pages and %d revisits, want %d and %d:\n%s", n-m, m, len(pages), again, index)
	}
}

func node(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil || strings.Contains(said.String(), "Content-Length Too") {
		t.Fatalf("%s: %v\n%s%s", cmd, err, out, said.String())
	}
	return string(out)
}

// archivePages archives a site, in several files, and returns status and digest of
// what it has sent, before any coding.
func archivePages(t *testing.T, dir string) map[string]string {
	bodies := map[string]string{
		"/page": "<title>page</title>", "/chunked": strings.Repeat("chunk", 5000), "/gzip": strings.Repeat("zip", 5000), "/empty": "",
		"/gone": "gone", "/same": "same", "/same-chunked": strings.Repeat("same", 5000), "/same-zip": strings.Repeat("same", 5000), "/same-tagged": "same", "/large": strings.Repeat("0123456789", 300_000), "/日本?q=%20": "日本",
	}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := bodies[r.URL.RequestURI()]
		if r.URL.Path == "/日本" {
			body = bodies["/日本?q=%20"]
		}
		switch r.URL.Path {
		case "/same-tagged":
			w.Header().Set("ETag", `"x"`)
			if r.Header.Get("If-None-Match") == `"x"` {
				w.WriteHeader(http.StatusNotModified)
				return
			}
		case "/chunked", "/same-chunked":
			w.(http.Flusher).Flush()
		case "/gzip", "/same-zip":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			defer z.Close()
			io.WriteString(z, body)
			return
		case "/gone":
			w.WriteHeader(http.StatusGone)
		}
		io.WriteString(w, body)
	}))
	defer site.Close()
	client, err := fetch.NewClient(fetch.ClientOptions{Capture: fetch.NewSpool(t.TempDir(), 0)})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	w, err := openWARC(system, warcOptions(dir), nil)
	if err != nil {
		t.Fatal(err)
	}
	w.limit = 500
	sent := map[string]string{}
	for path, body := range bodies {
		r, err := fetch.NewRequest(site.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		r.Timeout = time.Minute
		page := visit(t, client, r)
		known := &fetch.Known{URL: r.URL, ETag: page.ETag, Payload: page.Exchange.BodySum, Time: page.Exchange.Start}
		if _, err := commitWARC(w, parse.Record{Exchanges: []*fetch.Exchange{page.Exchange}, Data: []byte(`{"a":1}`)}); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(path, "/same") {
			r.Known = known
			next := visit(t, client, r)
			if _, err := commitWARC(w, parse.Record{Status: next.Status, Skipped: parse.Unchanged, Before: known, Exchanges: []*fetch.Exchange{next.Exchange}}); err != nil {
				t.Fatal(err)
			}
		}
		sum := sha256.Sum256([]byte(body))
		sent[r.URL] = fmt.Sprint(page.Status, " ", hex.EncodeToString(sum[:]))
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	return sent
}

func visit(t *testing.T, client *fetch.Client, r fetch.Request) fetch.Page {
	t.Helper()
	page, err := client.GetPage(t.Context(), r)
	if err != nil || page.Err != nil {
		t.Fatal(err, page.Err)
	}
	page.Release()
	return page
}

package sinks

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"trawl/fetch"
	"trawl/parse"
)

const allFields = "seq,url,final_url,redirects,status,size,bytes,wire_bytes,content_type,title,time,duration_ms,ttfb_ms,dns_ms,connect_ms,tls_ms," +
	"attempts,waited_ms,proto,ip,etag,last_modified,sha256,change,class,error,retryable,depth,referrer,meta,data,run"

func TestParseFieldsKnowsAllFieldsAndListsThem(t *testing.T) {
	all := strings.Split(allFields, ",")
	if diff := cmp.Diff(all, FieldNames()); diff != "" {
		t.Errorf("FieldNames (-want +got):\n%s", diff)
	}
	for list, want := range map[string][]string{
		allFields:                   all,
		"size":                      {"size"},
		" url , status":             {"url", "status"},
		"run,referrer,change,depth": {"run", "referrer", "change", "depth"},
	} {
		got, err := ParseFields(list)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("ParseFields(%q): %v (-want +got):\n%s", list, err, diff)
		}
	}
	const use = " is no field: use seq, url, final_url, redirects, status, "
	for list, want := range map[string]string{
		"": `""` + use, "url,": `""` + use, "url,sise": `"sise"` + use, "URL": `"URL"` + use,
		"url,size,url": `the field "url" is named twice`,
	} {
		_, err := ParseFields(list)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("ParseFields(%q): %v, want %s…", list, err, want)
		}
		if strings.HasSuffix(want, use) && !strings.HasSuffix(err.Error(), ", meta, data or run") {
			t.Errorf("ParseFields(%q) does not list all fields: %v", list, err)
		}
	}
}

func TestJSONLHasTheNamedFieldsInTheirOrder(t *testing.T) {
	rec, _ := golden()
	failure := parse.Record{Seq: 3, URL: "http://b/", Class: fetch.Timeout}
	for _, c := range []struct {
		rec          parse.Record
		fields, want string
	}{
		{rec, "title,url,seq", `{"title":"New","url":"https://example.com/old","seq":2}`},
		{rec, "error,size,class,retryable", `{"size":20417}`},
		{rec, "change,depth,referrer", `{"change":"changed"}`},
		{parse.Record{}, "change,depth,referrer", `{}`},
		{rec, "run,data,meta", `{"run":"` + testRun + `","data":{"h1":["New"]},"meta":{"id":77}}`},
		{failure, "title,size,error,class,retryable,bytes,attempts", `{"error":"timeout","class":"timeout","retryable":false,"attempts":0}`},
		{parse.Record{}, "url,final_url,time,status", `{"url":"","status":0}`},
	} {
		names, err := ParseFields(c.fields)
		if err != nil {
			t.Fatal(err)
		}
		checkLine(t, newJSONLOf(testRun, names), c.rec, c.want+"\n")
	}
}

// Each field by itself says what it says among all.
func FuzzFields(f *testing.F) {
	f.Add("https://example.com/", "title", "x\xff\x00\"\\", `{"id": 1}`, int64(7), byte(15))
	f.Add("", "=1+1", "\r\n", "null", int64(-1), byte(4))
	all := newJSONL(testRun)
	f.Fuzz(func(t *testing.T, a, b, c, raw string, n int64, flags byte) {
		rec := fuzzed(a, b, c, raw, n, flags)
		var want map[string]json.RawMessage
		if err := json.Unmarshal(all(nil, &rec), &want); err != nil {
			t.Fatal(err)
		}
		for _, name := range FieldNames() {
			line := newJSONLOf(testRun, []string{name})(nil, &rec)
			checkJSONLine(t, line)
			var got map[string]json.RawMessage
			if err := json.Unmarshal(line, &got); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			one := map[string]json.RawMessage{}
			if v, ok := want[name]; ok {
				one[name] = v
			}
			if diff := cmp.Diff(one, got); diff != "" {
				t.Errorf("%s alone and among all (-all +alone):\n%s", name, diff)
			}
		}
	})
}

package crawl

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"trawl/fetch"
	"trawl/parse"
)

func page(seq int64, url string, took time.Duration) parse.Record {
	return parse.Record{
		Seq: seq, URL: url, Status: 200, HasBody: true, Bytes: 1000, Attempts: 1,
		Timings: fetch.Timings{Duration: took}, File: "urls.txt", Line: seq + 10,
	}
}

func failed(seq int64, class fetch.Class, detail string) parse.Record {
	return parse.Record{Seq: seq, URL: fmt.Sprint("https://example.com/", seq), Class: class, Error: detail, Attempts: 1, File: "urls.txt", Line: seq + 10}
}

func badStatus(seq int64, status, attempts int) parse.Record {
	rec := failed(seq, fetch.HTTPStatus, fmt.Sprint("http ", status))
	rec.Status, rec.Attempts, rec.Duration = status, attempts, time.Second
	return rec
}

func counted(records ...parse.Record) Summary {
	s := NewStats()
	for i := range records {
		s.Add(records[i])
	}
	return s.Snapshot()
}

func TestFailuresThatReadAlikeAreOneGroup(t *testing.T) {
	timeout := func(seq int64, limit time.Duration, detail string) parse.Record {
		rec := failed(seq, fetch.Timeout, detail)
		rec.Limit = limit
		return rec
	}
	sum := counted(
		failed(9, fetch.DNS, "no such host"), failed(8, fetch.DNS, "no such host"), failed(12, fetch.DNS, "no such host"), failed(13, fetch.DNS, "no such host"),
		badStatus(1, 404, 1), badStatus(2, 404, 1), badStatus(3, 503, 3), badStatus(4, 503, 1),
		timeout(20, 30*time.Second, "no answer within 30 s (waiting for headers)"), timeout(22, 30*time.Second, "no answer within 30 s (following redirects)"), timeout(23, 2*time.Second, "no answer within 2 s (reading the body)"),
		timeout(24, 10*time.Second, "no connection within 10 s"), timeout(25, 0, "connection timed out"),
		failed(5, fetch.BadURL, "scheme htp is not http or https"), failed(6, fetch.BadURL, "not a URL"),
		failed(7, fetch.WorkerLost, ""),
	)
	group := func(label string, class fetch.Class, count int64, first int64) FailureGroup {
		return FailureGroup{
			Label: label, Class: class, Count: count,
			FirstURL: fmt.Sprint("https://example.com/", first), FirstSource: fmt.Sprint("urls.txt:", first+10),
		}
	}
	want := []FailureGroup{
		group("no such host", fetch.DNS, 4, 8),
		group("http 404", fetch.HTTPStatus, 2, 1),
		group("timeout after 30 s", fetch.Timeout, 2, 20),
		group("http 503", fetch.HTTPStatus, 1, 4),
		group("http 503 after 3 attempts", fetch.HTTPStatus, 1, 3),
		group("not a URL", fetch.BadURL, 1, 6),
		group("scheme htp is not http or https", fetch.BadURL, 1, 5),
		group("timeout", fetch.Timeout, 1, 25),
		group("timeout after 10 s", fetch.Timeout, 1, 24),
		group("timeout after 2 s", fetch.Timeout, 1, 23),
		group("worker lost", fetch.WorkerLost, 1, 7),
	}
	if diff := cmp.Diff(want, sum.Failures); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(group("bad url", fetch.BadURL, 2, 5), sum.BadLines); diff != "" {
		t.Errorf("bad lines (-want +got):\n%s", diff)
	}
	classes := map[fetch.Class]int64{fetch.DNS: 4, fetch.HTTPStatus: 4, fetch.Timeout: 5, fetch.BadURL: 2, fetch.WorkerLost: 1}
	if diff := cmp.Diff(classes, sum.Classes); diff != "" {
		t.Errorf("classes (-want +got):\n%s", diff)
	}
}

func TestKindsOfFailureAreBounded(t *testing.T) {
	var records []parse.Record
	for i := range int64(1000) {
		records = append(records, failed(i, fetch.Protocol, fmt.Sprint("malformed ", i)), failed(1000+i, fetch.TLS, fmt.Sprint("alert ", i)))
	}
	sum := counted(records...)
	if n := len(sum.Failures); n != maxFailureKinds+2 {
		t.Errorf("%d groups, want %d and one of each class", n, maxFailureKinds)
	}
	var total int64
	for _, g := range sum.Failures {
		total += g.Count
	}
	if total != 2000 || sum.Failed != 2000 || sum.Failures[0].Label != "protocol" || sum.Failures[1].Label != "tls" {
		t.Errorf("%d failures in groups, %d in all, the commonest %q and %q", total, sum.Failed, sum.Failures[0].Label, sum.Failures[1].Label)
	}
}

func TestRunIsCountedWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewStats()
		start := time.Now()
		const records = 10_000
		var adding sync.WaitGroup
		for w := range 4 {
			adding.Go(func() {
				for i := range int64(records) {
					rec := page(i, fmt.Sprintf("https://host%d.example/%d", i%3, i), time.Duration(i+1)*time.Millisecond)
					switch {
					case w == 0 && i%10 == 0:
						rec = badStatus(i, 503, 3)
					case w == 1 && i%10 == 0:
						rec = failed(i, fetch.DNS, "no such host")
					case w == 2 && i%10 == 0:
						rec.Attempts, rec.Tried, rec.Status = 2, []int{500}, 204
					case w == 3 && i%10 == 0:
						s.Add(parse.Record{Seq: 1, Skipped: "duplicate"})
						continue
					}
					s.Add(rec)
					if i%1000 == 0 {
						s.Counts()
						s.Snapshot()
					}
				}
			})
		}
		adding.Wait()
		time.Sleep(time.Minute)
		sum := s.Snapshot()
		want := Summary{
			Started: start, Elapsed: time.Minute,
			Pages: 37_000, Failed: 2_000, Skipped: 1_000, Bytes: 37_000_000,
			Retries: 3_000, Retried: 2_000, RetriedOK: 1_000,
			Status:    []StatusCount{{200, 36_000}, {204, 1_000}, {503, 1_000}, {0, 1_000}},
			Responses: map[string]int64{"2xx": 37_000, "5xx": 2_000},
			Classes:   map[fetch.Class]int64{fetch.HTTPStatus: 1_000, fetch.DNS: 1_000},
			Skips:     map[string]int64{"duplicate": 1_000},
			Failures: []FailureGroup{
				{Label: "http 503 after 3 attempts", Class: fetch.HTTPStatus, Count: 1_000, FirstURL: "https://example.com/0", FirstSource: "urls.txt:10"},
				{Label: "no such host", Class: fetch.DNS, Count: 1_000, FirstURL: "https://example.com/0", FirstSource: "urls.txt:10"},
			},
			BadLines: FailureGroup{Label: "bad url", Class: fetch.BadURL},
			Latency:  sum.Latency,
			Slowest:  sum.Slowest,
		}
		if diff := cmp.Diff(want, sum); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if sum.URLs() != 4*records {
			t.Errorf("%d URLs, want %d", sum.URLs(), 4*records)
		}
		if sum.Latency.Max != 10*time.Second || wrongBy(sum.Latency.P50, 4900*time.Millisecond) > 0.02 {
			t.Errorf("latency %+v, want a median near 4.9 s and a maximum of 10 s", sum.Latency)
		}
		counts := s.Counts()
		if counts.Done() != 4*records || counts.P95 != sum.Latency.P95 || counts.Elapsed != time.Minute {
			t.Errorf("counts %+v differ from the summary", counts)
		}
	})
}

func TestSlowestHostsAreThoseOfPages(t *testing.T) {
	s := NewStats()
	for i := range int64(100) {
		fast, slow, moved := page(i, "https://fast.example/", time.Millisecond), page(i, "https://slow.example/", time.Second), page(i, "https://old.example/", 2*time.Second)
		moved.FinalURL = "http://moved.example/x"
		lost := badStatus(i, 500, 1) // an answer, but no page
		for _, rec := range []parse.Record{fast, slow, moved, lost} {
			s.Add(rec)
		}
	}
	slowest := s.Snapshot().Slowest
	want := []HostLatency{{"moved.example", 2 * time.Second, 100}, {"slow.example", time.Second, 100}, {"fast.example", time.Millisecond, 100}}
	if diff := cmp.Diff(want, slowest, cmp.Comparer(func(a, b time.Duration) bool { return wrongBy(a, b) < 0.032 })); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestHostsWhoseLatencyIsKnownAreBounded(t *testing.T) {
	s := NewStats()
	for i := range int64(2 * maxHosts) {
		rec := page(i, fmt.Sprintf("https://h%d.example/", i), time.Duration(i)*time.Millisecond)
		s.Add(rec)
		if missed := s.all.Slowest.Missed; missed != (i >= maxHosts) {
			t.Fatalf("after %d hosts: some missed: %v", i+1, missed)
		}
	}
	if n := len(s.all.Slowest.Hosts); n != maxHosts {
		t.Errorf("%d hosts are held, want %d", n, maxHosts)
	}
	if sum := s.Snapshot(); len(sum.Slowest) != maxSlowest || sum.Slowest[0].Host != "h999.example" || !sum.HostsMissed {
		t.Errorf("slowest %v, some missed: %v, want %d, h999.example first, and some missed", sum.Slowest, sum.HostsMissed, maxSlowest)
	}
}

func TestPausesThatOverlapCountOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewStats()
		throttled := func(host string, d time.Duration) {
			s.Event(fetch.Event{Kind: fetch.Throttled, Request: fetch.Request{Host: host}, Wait: d})
		}
		throttled("a", 10*time.Second)
		throttled("a", 10*time.Second)
		throttled("b", 5*time.Second)
		time.Sleep(5 * time.Second)
		throttled("a", 10*time.Second) // 5 s more
		throttled("a", time.Second)    // within
		time.Sleep(time.Minute)
		throttled("a", time.Second)
		s.Event(fetch.Event{Kind: fetch.Redirected})
		if sum := s.Snapshot(); sum.ThrottledHosts != 2 || sum.ThrottledTime != 21*time.Second {
			t.Errorf("%d hosts, %v, want 2 hosts, 21 s", sum.ThrottledHosts, sum.ThrottledTime)
		}
		for i := range 2 * maxThrottled {
			throttled(fmt.Sprint("h", i), time.Second)
		}
		if sum := s.Snapshot(); len(s.all.Pauses.Over) != maxThrottled || sum.ThrottledTime != (21+2*maxThrottled)*time.Second {
			t.Errorf("%d hosts are held, %v in all, want %d and %v", len(s.all.Pauses.Over), sum.ThrottledTime, maxThrottled, (21+2*maxThrottled)*time.Second)
		}
	})
}

func TestWhatWasTakenAndHasNotEndedRemains(t *testing.T) {
	s := NewStats()
	if sum := s.Snapshot(); sum.Remaining != 0 || sum.URLs() != 0 {
		t.Errorf("before the stage: %d remain of %d, want none", sum.Remaining, sum.URLs())
	}
	s.watch(func() fetch.Status { return fetch.Status{Taken: 10, InFlight: 3} })
	one := page(1, "https://example.com/", 0)
	s.Add(one)
	s.Add(parse.Record{Seq: 1, Skipped: "duplicate"})
	if sum := s.Snapshot(); sum.Remaining != 8 || s.left() != 8 || s.Counts().Stage.InFlight != 3 {
		t.Errorf("%d remain, %d left, %+v in flight, want 8, 8, 3", sum.Remaining, s.left(), s.Counts().Stage)
	}
	s.stop("--max-duration")
	if sum := s.Snapshot(); sum.Remaining != 8 || sum.Stopped != "--max-duration" {
		t.Errorf("%d remain, stopped by %q, want 8, --max-duration", sum.Remaining, sum.Stopped)
	}
}

func TestSummaryBelongsToTheCaller(t *testing.T) {
	s := NewStats()
	one, bad := page(1, "https://example.com/", time.Second), failed(2, fetch.DNS, "no such host")
	s.Add(one)
	s.Add(bad)
	s.Add(parse.Record{Seq: 1, Skipped: "duplicate"})
	sum := s.Snapshot()
	clear(sum.Skips)
	clear(sum.Classes)
	sum.Failures[0].Count, sum.Slowest[0].Pages, sum.Status[0].Count = 99, 99, 99
	again := s.Snapshot()
	if again.Skips["duplicate"] != 1 || again.Classes[fetch.DNS] != 1 || again.Failures[0].Count != 1 || again.Slowest[0].Pages != 1 || again.Status[0].Count != 1 {
		t.Errorf("what was done to one summary shows in the next: %+v", again)
	}
}

func TestStatusThatIsNoneCountsAsNone(t *testing.T) {
	var records []parse.Record
	for _, status := range []int{200, 7, 1234, -1} {
		rec := page(1, "https://example.com/", 0)
		rec.Status = status
		records = append(records, rec)
	}
	sum := counted(records...)
	if diff := cmp.Diff([]StatusCount{{200, 1}, {0, 3}}, sum.Status); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCountingARecordTakesNoMemory(t *testing.T) {
	s := NewStats()
	records := steady()
	for i := range records {
		s.Add(records[i])
	}
	i := 0
	if allocs := testing.AllocsPerRun(1000, func() {
		s.Add(records[i%len(records)])
		i++
	}); allocs != 0 {
		t.Errorf("%v allocations a record, want none", allocs)
	}
}

// steady are records of kinds and hosts that are known after the first of each.
func steady() (records []parse.Record) {
	for i := range int64(100) {
		records = append(records, page(i, fmt.Sprintf("https://host%d.example/path/%d?q=1", i, i), time.Duration(i+1)*time.Millisecond))
	}
	return append(records, badStatus(100, 404, 1), failed(101, fetch.DNS, "no such host"))
}

func BenchmarkStatsAdd(b *testing.B) {
	s := NewStats()
	records := steady()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.Add(records[i%len(records)])
	}
}

// A run that is killed between two attempts at a URL, and resumed, makes both again.
func TestAnswersOfAttemptsCountOnceTheirURLHasEnded(t *testing.T) {
	killed := NewStats()
	killed.Event(fetch.Event{Kind: fetch.Retried, Answer: fetch.Answer{Status: 503}})
	frame := killed.figures(nil, false)

	resumed := NewStats()
	if err := resumed.restore([][]byte{frame}); err != nil {
		t.Fatal(err)
	}
	rec := page(1, "https://a.example/", time.Millisecond)
	rec.Attempts, rec.Tried = 2, []int{503}
	resumed.Event(fetch.Event{Kind: fetch.Retried, Answer: fetch.Answer{Status: 503}})
	resumed.Add(rec)
	want := map[string]int64{"2xx": 1, "5xx": 1}
	if diff := cmp.Diff(want, resumed.Snapshot().Responses); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

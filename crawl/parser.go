package crawl

import (
	"errors"
	"fmt"

	"trawl/fetch"
	"trawl/parse"
)

// ParsePage makes the record of a page that is a success, as [parse.ParsePage] does,
// which it may call. It is called by many goroutines at once, and must not keep the
// page's body. An error, or a panic, makes the URL a failure of class callback.
type ParsePage func(*fetch.Page, parse.Options) (parse.Record, error)

// parser is parse_page, wherever it runs.
type parser struct {
	opts parse.Options
	own  ParsePage // nil is parse.ParsePage
}

var errGoexit = errors.New("runtime.Goexit")

// parse makes the page's part of a record. What goes wrong becomes the page's
// error, a panic too, and runtime.Goexit: a page that breaks its parser is that URL's
// failure. What is no success (the client reads the bodies of these alone) is not parsed.
func (p parser) parse(page *fetch.Page, rec *parse.Record) {
	if page.Err != nil || !page.HasBody {
		*rec = parse.Answered(page)
		return
	}
	why := errGoexit // until the parser returns
	defer func() {
		if panicked := recover(); panicked != nil {
			why = fmt.Errorf("panic: %v", panicked)
		}
		if why != nil {
			page.Err = &fetch.Error{URL: page.URL, Class: fetch.Callback, Detail: "parse_page: " + why.Error()}
			*rec = parse.Answered(page)
		}
	}()
	if p.own == nil {
		*rec, why = parse.ParsePage(page, p.opts)
		return
	}
	copied := *page // so that the page itself does not escape to the heap when there is no own
	*rec, why = p.own(&copied, p.opts)
}

package parse_test

import (
	"fmt"
	"log"

	"trawl/fetch"
	"trawl/parse"
)

func ExampleParsePage() {
	page := &fetch.Page{
		Answer:      fetch.Answer{Status: 200},
		URL:         "https://example.com/",
		ContentType: "text/html; charset=utf-8",
		Body:        []byte("<title>Größe</title><a href=/next>weiter</a>"),
		HasBody:     true,
	}
	links, err := parse.ParseSelector("links=a@href")
	if err != nil {
		log.Fatal(err)
	}
	rec, err := parse.ParsePage(page, parse.Options{Title: true, Select: []parse.Selector{links}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(rec.Size, "characters,", rec.Bytes, "bytes")
	fmt.Println(rec.Title)
	fmt.Println(string(rec.Data))
	// Output:
	// 44 characters, 46 bytes
	// Größe
	// {"links":["https://example.com/next"]}
}

func ExampleParseSelector() {
	for _, s := range []string{"h1=h1", "images=article img@src", "h1="} {
		selector, err := parse.ParseSelector(s)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println("selects", selector)
	}
	// Output:
	// selects h1=h1
	// selects images=article img@src
	// no CSS selector
}

func ExampleAnswered() {
	page := &fetch.Page{Answer: fetch.Answer{Status: 404}, URL: "https://example.com/gone"}
	rec := parse.Answered(page)
	rec.Fail(&fetch.Error{Class: fetch.HTTPStatus, Detail: "http 404"})
	fmt.Println(rec.Status, rec.Class, rec.Error)
	// Output: 404 http_status http 404
}

func ExampleClean() {
	fmt.Printf("%q\n", parse.Clean("text/html\x1b[31m"))
	// Output: "text/html[31m"
}

package robots

import (
	"bytes"
	"fmt"
	"testing"
	"time"
)

func BenchmarkCache(b *testing.B) {
	c, err := OpenCache(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	text := bytes.Repeat([]byte("Disallow: /some/path\n"), 100)
	i := 0
	b.Run("put", func(b *testing.B) {
		for b.Loop() {
			i++
			c.Put(File{Origin: fmt.Sprintf("https://host-%d.example.com", i), Status: 200, Text: text, Fetched: time.Now()})
		}
	})
	b.Run("get", func(b *testing.B) {
		for b.Loop() {
			if _, ok := c.Get("https://host-1.example.com"); !ok {
				b.Fatal("it is not there")
			}
		}
	})
}

// A cache that is full: what a run waits for when it begins.
func BenchmarkOpenCache(b *testing.B) {
	dir := b.TempDir()
	c, err := OpenCache(dir)
	if err != nil {
		b.Fatal(err)
	}
	if err := fill(c, maxFiles, maxBytes/maxFiles-512); err != nil {
		b.Fatal(err)
	}
	for {
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
		if !b.Loop() {
			return
		}
		if c, err = OpenCache(dir); err != nil {
			b.Fatal(err)
		}
	}
}

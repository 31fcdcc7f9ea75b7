package sinks

import (
	"slices"

	"github.com/parquet-go/parquet-go"
)

// jsonField is a field of the JSONL results, and the column that it becomes; one
// without a node becomes none.
type jsonField struct {
	name     string
	read     func(*rowBatch) (value parquet.Value, ok bool)
	optional bool
	node     parquet.Node

	// Set by numbered.
	column int
	level  int    // the definition level of a value that is not null
	prefix string // its name as it stands in a line behind another field
}

// jsonFields are all fields that a line of results has ever had, in the order in
// which they are written.
var jsonFields = numbered([]jsonField{
	{name: "seq", read: (*rowBatch).int64, node: parquet.Leaf(parquet.Int64Type)},
	{name: "url", read: (*rowBatch).text, node: textNode(parquet.String())},
	{name: "final_url", read: (*rowBatch).text, optional: true, node: textNode(parquet.String())},
	{name: "redirects"},
	{name: "status", read: (*rowBatch).int32, node: fewValues(parquet.Leaf(parquet.Int32Type))},
	{name: "size", read: (*rowBatch).int64, optional: true, node: parquet.Leaf(parquet.Int64Type)},
	{name: "bytes", read: (*rowBatch).int64, optional: true, node: parquet.Leaf(parquet.Int64Type)},
	{name: "wire_bytes", read: (*rowBatch).int64, optional: true, node: parquet.Leaf(parquet.Int64Type)},
	{name: "content_type", read: (*rowBatch).text, optional: true, node: fewValues(parquet.String())},
	{name: "title"},
	{name: "time", read: (*rowBatch).time, optional: true, node: parquet.Timestamp(parquet.Millisecond)},
	{name: "duration_ms", read: (*rowBatch).double, optional: true, node: parquet.Leaf(parquet.DoubleType)},
	{name: "ttfb_ms", read: (*rowBatch).double, optional: true, node: parquet.Leaf(parquet.DoubleType)},
	{name: "dns_ms"},
	{name: "connect_ms"},
	{name: "tls_ms"},
	{name: "attempts", read: (*rowBatch).int32, node: fewValues(parquet.Leaf(parquet.Int32Type))},
	{name: "waited_ms"},
	{name: "proto", read: (*rowBatch).text, optional: true, node: fewValues(parquet.String())},
	{name: "ip", read: (*rowBatch).text, optional: true, node: fewValues(parquet.String())},
	{name: "etag", read: (*rowBatch).text, optional: true, node: textNode(parquet.String())},
	{name: "last_modified", read: (*rowBatch).text, optional: true, node: textNode(parquet.String())},
	{name: "sha256", read: (*rowBatch).digest, optional: true, node: parquet.Leaf(parquet.FixedLenByteArrayType(32))},
	{name: "change", read: (*rowBatch).text, optional: true, node: fewValues(parquet.String())},
	{name: "class", read: (*rowBatch).text, optional: true, node: fewValues(parquet.String())},
	{name: "error", read: (*rowBatch).text, optional: true, node: textNode(parquet.String())},
	{name: "retryable"},
	{name: "depth"},
	{name: "referrer"},
	{name: "meta", read: (*rowBatch).json, optional: true, node: textNode(parquet.JSON())},
	{name: "data", read: (*rowBatch).json, optional: true, node: textNode(parquet.JSON())},
	{name: "run", read: (*rowBatch).text, node: fewValues(parquet.String())},
})

func numbered(fields []jsonField) []jsonField {
	column := 0
	for i := range fields {
		f := &fields[i]
		f.prefix = `,"` + f.name + `":`
		if f.optional {
			f.level = 1
		}
		if f.node != nil {
			f.column = column
			column++
		}
	}
	return fields
}

// requiredFields are those that are in every line.
var requiredFields = slices.DeleteFunc(slices.Clone(jsonFields), func(f jsonField) bool {
	return f.node == nil || f.optional || f.name == "run"
})

// parquetColumns is the number of fields with a node.
const parquetColumns = 23

// parquetRow has a value for each column.
type parquetRow [parquetColumns]parquet.Value

// parquetSchema is the message trawl_page.
var parquetSchema = func() *parquet.Schema {
	root := message{Node: parquet.Group{}}
	for _, f := range jsonFields {
		if f.node == nil {
			continue
		}
		if f.optional {
			f.node = parquet.Optional(f.node)
		}
		root.fields = append(root.fields, parquet.Group{f.name: f.node}.Fields()...)
	}
	return parquet.NewSchema("trawl_page", root)
}()

// message is a group that keeps the order of its fields, which parquet.Group
// sorts.
type message struct {
	parquet.Node
	fields []parquet.Field
}

func (m message) Fields() []parquet.Field { return m.fields }

// parquetOptions are for what every reader knows: pages of version 1, encodings
// PLAIN and dictionary.
func parquetOptions() []parquet.WriterOption {
	return []parquet.WriterOption{
		parquetSchema,
		parquet.Compression(&parquet.Zstd),
		parquet.DataPageVersion(1),
		parquet.DataPageStatistics(false), // whole values in page headers; the column index has the same, short
		parquet.SkipPageBounds("meta"),    // JSON has no order of use, and its largest value may have a megabyte
		parquet.SkipPageBounds("data"),
		parquet.CreatedBy("trawl", "", ""),
	}
}

// fewValues is a column of few different values.
func fewValues(node parquet.Node) parquet.Node {
	return parquet.Encoded(node, &parquet.RLEDictionary)
}

func textNode(node parquet.Node) parquet.Node {
	return parquet.Encoded(parquet.Leaf(textType{node.Type()}), &parquet.Plain)
}

// textType is a type of values of any length, whose pages are indexed by short
// bounds: the library's own index shortens its bounds too, but keeps them whole in
// memory until the file is closed.
type textType struct{ parquet.Type }

func (t textType) NewColumnIndexer(int) parquet.ColumnIndexer {
	return textIndexer{t.Type.NewColumnIndexer(0)}
}

type textIndexer struct{ parquet.ColumnIndexer }

// IndexPage takes bounds that are null, of a page with values, for not known: "" is
// below every text and "~" above every JSON, while the library would say that all
// values are "".
func (x textIndexer) IndexPage(values, nulls int64, low, high parquet.Value) {
	if low.IsNull() && values > nulls {
		high = parquet.ByteArrayValue([]byte{'~'})
	}
	x.ColumnIndexer.IndexPage(values, nulls, lowerBound(low), upperBound(high))
}

// boundBytes is how many bytes of a bound are kept.
const boundBytes = 64

func lowerBound(v parquet.Value) parquet.Value {
	if b := v.ByteArray(); len(b) > boundBytes {
		return parquet.ByteArrayValue(b[:boundBytes])
	}
	return v
}

// upperBound keeps a long bound's beginning, its last byte increased. The byte is
// of UTF-8, so it is never 0xff.
func upperBound(v parquet.Value) parquet.Value {
	b := v.ByteArray()
	if len(b) <= boundBytes {
		return v
	}
	b = slices.Clone(b[:boundBytes])
	b[boundBytes-1]++
	return parquet.ByteArrayValue(b)
}

package sinks

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"github.com/parquet-go/parquet-go"
)

// anyRecord is a line as encoding/json reads it. What is no column is not looked
// at.
type anyRecord struct {
	Seq          *int64          `json:"seq"`
	URL          *string         `json:"url"`
	FinalURL     *string         `json:"final_url"`
	Status       *int32          `json:"status"`
	Size         *int64          `json:"size"`
	Bytes        *int64          `json:"bytes"`
	WireBytes    *int64          `json:"wire_bytes"`
	ContentType  *string         `json:"content_type"`
	Time         *time.Time      `json:"time"`
	DurationMS   *float64        `json:"duration_ms"`
	TTFBMS       *float64        `json:"ttfb_ms"`
	Attempts     *int32          `json:"attempts"`
	Proto        *string         `json:"proto"`
	IP           *string         `json:"ip"`
	ETag         *string         `json:"etag"`
	LastModified *string         `json:"last_modified"`
	SHA256       *string         `json:"sha256"`
	Change       *string         `json:"change"`
	Class        *string         `json:"class"`
	Error        *string         `json:"error"`
	Meta         json.RawMessage `json:"meta"`
	Data         json.RawMessage `json:"data"`
	Run          *string         `json:"run"`
}

// decodeAny returns the row of a line in any spelling of JSON.
func decodeAny(line []byte) (row parquetRow, err error) {
	var rec anyRecord
	if err := json.Unmarshal(line, &rec); err != nil {
		return row, err
	}
	digest, err := rec.digest()
	return parquetRow{
		valueOf(rec.Seq, parquet.Int64Value),
		valueOf(rec.URL, textValue),
		valueOf(rec.FinalURL, textValue),
		valueOf(rec.Status, parquet.Int32Value),
		valueOf(rec.Size, parquet.Int64Value),
		valueOf(rec.Bytes, parquet.Int64Value),
		valueOf(rec.WireBytes, parquet.Int64Value),
		valueOf(rec.ContentType, textValue),
		valueOf(rec.Time, timeValue),
		valueOf(rec.DurationMS, parquet.DoubleValue),
		valueOf(rec.TTFBMS, parquet.DoubleValue),
		valueOf(rec.Attempts, parquet.Int32Value),
		valueOf(rec.Proto, textValue),
		valueOf(rec.IP, textValue),
		valueOf(rec.ETag, textValue),
		valueOf(rec.LastModified, textValue),
		digest,
		valueOf(rec.Change, textValue),
		valueOf(rec.Class, textValue),
		valueOf(rec.Error, textValue),
		jsonValue(rec.Meta),
		jsonValue(rec.Data),
		valueOf(rec.Run, textValue),
	}, err
}

// valueOf returns the null value for nil.
func valueOf[T any](v *T, value func(T) parquet.Value) parquet.Value {
	if v == nil {
		return parquet.NullValue()
	}
	return value(*v)
}

func textValue(s string) parquet.Value { return parquet.ByteArrayValue([]byte(s)) }

func timeValue(t time.Time) parquet.Value { return parquet.Int64Value(t.UnixMilli()) }

// jsonValue returns the null value for none and for null.
func jsonValue(raw json.RawMessage) parquet.Value {
	if len(raw) == 0 || string(raw) == "null" {
		return parquet.NullValue()
	}
	return parquet.ByteArrayValue(bytes.ToValidUTF8(raw, []byte("\uFFFD")))
}

func (rec *anyRecord) digest() (parquet.Value, error) {
	if rec.SHA256 == nil {
		return parquet.NullValue(), nil
	}
	sum, err := hex.DecodeString(*rec.SHA256)
	if err == nil && len(sum) != 32 {
		err = errors.New("sha256 has another length")
	}
	return parquet.FixedLenByteArrayValue(sum), err
}

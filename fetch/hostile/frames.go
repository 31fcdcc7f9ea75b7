package hostile

import (
	"encoding/binary"
	"strconv"

	"golang.org/x/net/http2"
)

// frame is any frame, RFC 9113 §4.1.
func frame(kind http2.FrameType, flags http2.Flags, id uint32, payload string) string {
	return frameOf(len(payload), kind, flags, id, payload)
}

// frameOf is a frame that may lie about its length.
func frameOf(length int, kind http2.FrameType, flags http2.Flags, id uint32, payload string) string {
	head := []byte{byte(length >> 16), byte(length >> 8), byte(length), byte(kind), byte(flags)}
	return string(binary.BigEndian.AppendUint32(head, id)) + payload
}

// number is 32 bits.
func number(n uint32) string { return string(binary.BigEndian.AppendUint32(nil, n)) }

// settings are pairs of a name and a value.
func settings(pairs ...uint32) string {
	var payload []byte
	for i := 0; i < len(pairs); i += 2 {
		payload = binary.BigEndian.AppendUint16(payload, uint16(pairs[i]))
		payload = binary.BigEndian.AppendUint32(payload, pairs[i+1])
	}
	return frame(http2.FrameSettings, 0, 0, string(payload))
}

func goAway(last uint32, code http2.ErrCode, debug string) string {
	return frame(http2.FrameGoAway, 0, 0, number(last)+number(uint32(code))+debug)
}

func rst(id uint32, code http2.ErrCode) string {
	return frame(http2.FrameRSTStream, 0, id, number(uint32(code)))
}

func window(id, by uint32) string { return frame(http2.FrameWindowUpdate, 0, id, number(by)) }

// block is fields as RFC 7541 §6.2.2 has them: not indexed, so that it means the same
// anywhere.
func block(fields ...string) string {
	var b []byte
	for i := 0; i < len(fields); i += 2 {
		b = append(b, 0)
		b = appendText(appendText(b, fields[i]), fields[i+1])
	}
	return string(b)
}

// appendText appends a text as RFC 7541 §5.2 has it, without Huffman's code.
func appendText(b []byte, text string) []byte {
	const most = 1<<7 - 1
	n := len(text)
	if n < most {
		return append(append(b, byte(n)), text...)
	}
	b = append(b, most)
	for n -= most; n >= 128; n >>= 7 {
		b = append(b, byte(n)|128)
	}
	return append(append(b, byte(n)), text...)
}

// head is a HEADERS frame that is whole.
func (s *stream) head(status int, fields ...string) string {
	return s.heads(endHeaders, append([]string{":status", strconv.Itoa(status)}, fields...)...)
}

// heads is a HEADERS frame.
func (s *stream) heads(flags http2.Flags, fields ...string) string {
	return frame(http2.FrameHeaders, flags, s.id, block(fields...))
}

// more is a CONTINUATION frame.
func (s *stream) more(flags http2.Flags, fields ...string) string {
	return frame(http2.FrameContinuation, flags, s.id, block(fields...))
}

func (s *stream) data(flags http2.Flags, text string) string {
	return frame(http2.FrameData, flags, s.id, text)
}

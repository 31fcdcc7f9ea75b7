package parse

import "bytes"

// prescanned is how many bytes a browser waits for before it looks for a <meta>.
const prescanned = 1024

// prescan is the HTML Standard's "prescan a byte stream to determine its
// encoding" (§13.2.3.2), byte by byte: it knows neither scripts nor styles.
func prescan(b []byte) (cs charset, ok bool) {
	switch {
	case bytes.HasPrefix(b, []byte("<\x00?\x00x\x00")):
		return utf16LE, true
	case bytes.HasPrefix(b, []byte("\x00<\x00?\x00x")):
		return utf16BE, true
	}
	s := scanner{b: b}
	for s.toTag() {
		if t := s.tag(); t.meta() {
			if cs, ok := s.metaCharset(); ok {
				return cs, true
			}
		} else if t.name != nil {
			s.skipAttributes()
		}
		s.i++
	}
	return xmlEncoding(b)
}

// lateMeta finds a <meta> that the prescan did not, because it stands or ends too
// far down. A browser meets it when it builds the tree, and changes the encoding
// then ("changing the encoding while parsing"). So this one does know raw text,
// and ends with the head: where browsers stop looking.
func lateMeta(b []byte) (cs charset, ok bool) {
	if len(b) <= prescanned {
		return charset{}, false
	}
	s := scanner{b: b}
	for s.toTag() {
		t := s.tag()
		if t.meta() {
			if cs, ok := s.metaCharset(); ok {
				return cs, true
			}
		} else if t.name != nil {
			if !t.inHead() {
				break
			}
			s.skipAttributes()
			s.skipRawText(t)
		}
		s.i++
	}
	return charset{}, false
}

// metaCharset is what the attributes of a <meta> declare.
func (s *scanner) metaCharset() (cs charset, ok bool) {
	var pragma, needPragma bool              // has http-equiv="content-type", and needs it
	var hasPragma, hasContent, hasLabel bool // the first of each name counts
	for {
		name, value, more := s.attribute()
		if !more {
			break
		}
		switch {
		case equalFold(name, "http-equiv") && !hasPragma:
			hasPragma = true
			pragma = equalFold(value, "content-type")
		case equalFold(name, "content") && !hasContent:
			hasContent = true
			if found, is := contentCharset(value); is && !ok && !hasLabel {
				cs, ok, needPragma = found, true, true
			}
		case equalFold(name, "charset") && !hasLabel:
			hasLabel = true
			cs, ok = charsetOf(value)
			needPragma = false
		}
	}
	if s.i >= len(s.b) || !ok || needPragma && !pragma {
		return charset{}, false
	}
	return cs.inMeta(), true
}

// contentCharset is the HTML Standard's "extracting a character encoding from a
// meta element" (§2.5.4).
func contentCharset(v []byte) (cs charset, ok bool) {
	for ; len(v) >= len("charset"); v = v[1:] {
		if !equalFold(v[:len("charset")], "charset") {
			continue
		}
		after := bytes.TrimLeft(v[len("charset"):], "\t\n\f\r ")
		if len(after) == 0 || after[0] != '=' {
			continue
		}
		after = bytes.TrimLeft(after[1:], "\t\n\f\r ")
		if len(after) == 0 {
			return charset{}, false
		}
		if q := after[0]; q == '"' || q == '\'' {
			label, _, closed := bytes.Cut(after[1:], []byte{q})
			if !closed {
				return charset{}, false
			}
			return charsetOf(label)
		}
		if end := bytes.IndexAny(after, "\t\n\f\r ;"); end >= 0 {
			after = after[:end]
		}
		return charsetOf(after)
	}
	return charset{}, false
}

// xmlDeclaration is the encoding of an XML text without a byte order mark (XML
// 1.0, appendix F).
func xmlDeclaration(b []byte) (cs charset, ok bool) {
	switch {
	case bytes.HasPrefix(b, []byte("<\x00?\x00")):
		return utf16LE, true
	case bytes.HasPrefix(b, []byte("\x00<\x00?")):
		return utf16BE, true
	}
	return xmlEncoding(b)
}

// xmlEncoding is the HTML Standard's "get an XML encoding".
func xmlEncoding(b []byte) (cs charset, ok bool) {
	name, end := bytes.Index(b, []byte("encoding")), bytes.IndexByte(b, '>')
	if !bytes.HasPrefix(b, []byte("<?xml")) || name < 0 || end < name {
		return charset{}, false
	}
	b = trimControls(b[name+len("encoding"):])
	if len(b) == 0 || b[0] != '=' {
		return charset{}, false
	}
	b = trimControls(b[1:])
	if len(b) == 0 || b[0] != '"' && b[0] != '\'' {
		return charset{}, false
	}
	label, _, closed := bytes.Cut(b[1:], b[:1])
	if !closed || bytes.ContainsFunc(label, func(r rune) bool { return r <= ' ' }) {
		return charset{}, false
	}
	cs, ok = charsetOf(label)
	return cs.inASCII(), ok
}

func trimControls(b []byte) []byte {
	for len(b) > 0 && b[0] <= ' ' {
		b = b[1:]
	}
	return b
}

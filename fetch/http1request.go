package fetch

// appendRequest writes the head of q, in absolute form for a proxy that fetches
// the page itself (RFC 9112 §3). There is no body.
func appendRequest(b []byte, q question, way route) []byte {
	b = append(b, q.method...)
	b = append(b, ' ')
	if way.forward {
		b = append(b, q.scheme...)
		b = append(b, "://"...)
		b = append(b, q.target.host...)
	}
	b = append(b, q.path...)
	b = appendField(append(b, " HTTP/1.1\r\n"...), "Host", q.host)
	for _, f := range q.header {
		if !isFraming(f.Name) { // there is nothing to frame
			b = appendField(b, f.Name, f.Value)
		}
	}
	switch q.method {
	case "POST", "PUT", "PATCH": // which are expected to have a body (RFC 9110 §8.6)
		b = appendField(b, "Content-Length", "0")
	}
	if way.forward && way.via.User != nil {
		b = appendField(b, "Proxy-Authorization", basicAuthorization(way.via.User.String()))
	}
	return append(b, "\r\n"...)
}

func appendField(b []byte, name, value string) []byte {
	b = append(b, name...)
	b = append(b, ": "...)
	b = append(b, value...)
	return append(b, "\r\n"...)
}

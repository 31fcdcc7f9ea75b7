package fetch

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// Field is one header field.
type Field struct{ Name, Value string }

var (
	// ErrFieldName is what [Field.Check] wraps for a name that is no token.
	ErrFieldName = errors.New("not a field name")

	// ErrFieldValue is what [Field.Check] wraps for a value that breaks a line or steers.
	ErrFieldValue = errors.New("a control character in its value")
)

// Check refuses what HTTP does not allow: a name that is not a token (RFC 9110
// §5.6.2), and a value with CR, LF, NUL or another control character but tab
// (§5.5). The value may be empty. The error has the name but not the value,
// which may be a secret; it wraps [ErrFieldName] or [ErrFieldValue].
func (f Field) Check() error {
	switch {
	case !httpguts.ValidHeaderFieldName(f.Name):
		return fmt.Errorf("header %q: %w", f.Name, ErrFieldName)
	case !httpguts.ValidHeaderFieldValue(f.Value):
		return fmt.Errorf("header %q: %w", f.Name, ErrFieldValue)
	}
	return nil
}

// CheckMethod refuses a method that is not a token (RFC 9110 §9.1), and CONNECT
// in any case, which asks a proxy for a tunnel and has no page.
func CheckMethod(method string) error {
	if !httpguts.ValidHeaderFieldName(method) || strings.EqualFold(method, "CONNECT") {
		return errors.New("not a method that pages are asked with")
	}
	return nil
}

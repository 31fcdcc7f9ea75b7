package pool

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"

	"github.com/fxamacker/cbor/v2"
)

// Here is what the package must know of types that it was not written for: all of
// its reflection.

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

// travel is what can be said of the values of a type before one is encoded.
type travel struct {
	refused error // why none can be
	loops   bool  // one may contain itself, and must be looked at
}

func travelOf[T any]() travel { return travelOfType(reflect.TypeFor[T]()) }

func travelOfType(t reflect.Type) travel {
	w := typeWalk{open: map[reflect.Type]bool{}}
	w.walk(t)
	return w.travel
}

// check says why the value that v points to cannot be encoded: encoding one that
// contains itself would use up the stack.
func (t travel) check(v any) error {
	if t.refused == nil && t.loops && endless(reflect.ValueOf(v), 10*maxNesting) {
		return errors.New("value is nested too deep, or contains itself")
	}
	return t.refused
}

// typeWalk goes through a type to all that its values hold.
type typeWalk struct {
	travel
	open map[reflect.Type]bool // met; true while inside it
}

func (w *typeWalk) walk(t reflect.Type) {
	open, met := w.open[t]
	w.loops = w.loops || open || t.Kind() == reflect.Interface
	if met || encodesItself(t) {
		return
	}
	w.open[t] = true
	defer func() { w.open[t] = false }()
	switch t.Kind() {
	case reflect.Chan, reflect.Func, reflect.UnsafePointer, reflect.Complex64, reflect.Complex128:
		w.refuse(fmt.Errorf("a %s does not travel", t))
	case reflect.Map:
		w.walk(t.Key())
		w.walk(t.Elem())
	case reflect.Array, reflect.Pointer, reflect.Slice:
		w.walk(t.Elem())
	case reflect.Struct:
		w.walkFields(t)
	}
}

func (w *typeWalk) walkFields(t reflect.Type) {
	travels := 0
	for f := range t.Fields() {
		if fieldTravels(f) {
			travels++
			w.walk(f.Type)
		}
	}
	if travels == 0 && t.NumField() > 0 {
		w.refuse(fmt.Errorf("a %s has no exported fields", t))
	}
}

func (w *typeWalk) refuse(err error) {
	if w.refused == nil {
		w.refused = err
	}
}

func fieldTravels(f reflect.StructField) bool {
	tag, ok := f.Tag.Lookup("cbor")
	if !ok {
		tag = f.Tag.Get("json")
	}
	return tag != "-" && (f.IsExported() || f.Anonymous)
}

func encodesItself(t reflect.Type) bool {
	for _, i := range []reflect.Type{typeOf[cbor.Marshaler](), typeOf[encoding.BinaryMarshaler](), typeOf[encoding.TextMarshaler]()} {
		if t.Implements(i) || reflect.PointerTo(t).Implements(i) {
			return true
		}
	}
	return false
}

// endless reports whether something in v is more than depth steps away.
func endless(v reflect.Value, depth int) bool {
	if depth == 0 {
		return true
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		return !v.IsNil() && endless(v.Elem(), depth-1)
	case reflect.Array, reflect.Slice:
		for i := range v.Len() {
			if endless(v.Index(i), depth-1) {
				return true
			}
		}
	case reflect.Map:
		for i := v.MapRange(); i.Next(); {
			if endless(i.Value(), depth-1) {
				return true
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if fieldTravels(v.Type().Field(i)) && endless(v.Field(i), depth-1) {
				return true
			}
		}
	}
	return false
}

// errorType is a type of errors that travel as the same value.
type errorType struct {
	name    string
	typ     reflect.Type
	base    reflect.Type // typ, or what it points to
	errors  []int        // fields of base whose type is error: they travel beside the value
	travels travel
}

func newErrorType(t reflect.Type) *errorType {
	e := &errorType{name: typeName(t), typ: t, base: t}
	if t.Kind() == reflect.Pointer {
		e.base = t.Elem()
	}
	if k := e.base.Kind(); k == reflect.Interface || k == reflect.Pointer {
		panic("pool: RegisterError: " + t.String() + " is no type that an error has")
	}
	e.travels = travelOfType(e.base)
	if e.base.Kind() == reflect.Struct && !encodesItself(e.base) {
		for i := range e.base.NumField() {
			if f := e.base.Field(i); f.Type == typeOf[error]() && f.IsExported() {
				e.errors = append(e.errors, i)
			}
		}
	}
	return e
}

// errorName is the name under which err's type would be registered.
func errorName(err error) string { return typeName(reflect.TypeOf(err)) }

func typeName(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		return "*" + typeName(t.Elem())
	}
	if t.PkgPath() == "" {
		return t.String()
	}
	return t.PkgPath() + "." + t.Name()
}

func (t *errorType) has(err error) bool { return reflect.TypeOf(err) == t.typ }

// encode returns the value, nil for a nil pointer, and the errors that travel beside it. It
// fails too if the value could not be decoded.
func (t *errorType) encode(err error) (value []byte, causes []error, failed error) {
	defer asError(&failed)
	v := reflect.ValueOf(err)
	if t.typ != t.base {
		if v.IsNil() {
			return nil, nil, nil
		}
		v = v.Elem()
	}
	copied := reflect.New(t.base)
	copied.Elem().Set(v)
	for _, i := range t.errors {
		field := copied.Elem().Field(i)
		cause, _ := field.Interface().(error)
		causes = append(causes, cause)
		field.SetZero()
	}
	if err := t.travels.check(copied.Interface()); err != nil {
		return nil, nil, err
	}
	value, failed = cborEncoding.Marshal(copied.Interface())
	if failed == nil {
		_, failed = t.decode(value, nil)
	}
	return value, causes, failed
}

// decode makes the error; causes are those of encode, or fewer.
func (t *errorType) decode(value []byte, causes []error) (made, failed error) {
	defer asError(&failed)
	if value == nil && t.typ != t.base {
		return reflect.Zero(t.typ).Interface().(error), nil
	}
	v := reflect.New(t.base)
	if err := cborDecoding.Unmarshal(value, v.Interface()); err != nil {
		return nil, err
	}
	for n, i := range t.errors[:min(len(causes), len(t.errors))] {
		if causes[n] != nil {
			v.Elem().Field(i).Set(reflect.ValueOf(causes[n]))
		}
	}
	if t.typ == t.base {
		v = v.Elem()
	}
	return v.Interface().(error), nil
}

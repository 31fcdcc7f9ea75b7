package pool

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/fxamacker/cbor/v2"
)

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

var marshalers = []reflect.Type{
	reflect.TypeFor[cbor.Marshaler](),
	reflect.TypeFor[encoding.BinaryMarshaler](),
	reflect.TypeFor[encoding.TextMarshaler](),
}

func encodesItself(t reflect.Type) bool {
	return slices.ContainsFunc(marshalers, func(m reflect.Type) bool {
		return t.Implements(m) || reflect.PointerTo(t).Implements(m)
	})
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

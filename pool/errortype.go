package pool

import "reflect"

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
			if f := e.base.Field(i); f.Type == reflect.TypeFor[error]() && f.IsExported() {
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

// encode returns the value, nil for a nil pointer, and the errors that travel
// beside it. It fails too if the value could not be decoded.
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

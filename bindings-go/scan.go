package wasmspan

import (
	"fmt"
	"reflect"
)

// Scan copies the results of Instance.Call or Bindgen.Call to where the pointers point. It is an error if there are more or
// fewer, or of other types.
func Scan(results []any, into ...any) error {
	mistake := func(format string, args ...any) error {
		return &Error{CodeFuncSigMismatch, fmt.Sprintf(format, args...)}
	}
	if len(results) != len(into) {
		return mistake("%d results were given instead of %d", len(results), len(into))
	}
	for at, place := range into {
		pointer := reflect.ValueOf(place)
		if pointer.Kind() != reflect.Pointer || pointer.IsNil() {
			return mistake("result %d can't be copied to a %T: it takes a pointer that isn't nil", at, place)
		}
		value, found := pointer.Elem(), reflect.ValueOf(results[at])
		if !found.IsValid() || !found.Type().AssignableTo(value.Type()) {
			return mistake("result %d is of type %T, not %s", at, results[at], value.Type())
		}
		value.Set(found)
	}
	return nil
}

package wasmspan

import (
	"fmt"
	"reflect"
)

// Scan copies the results of Instance.Call or Bindgen.Call to where the pointers point. It is an error if there are more or
// fewer, or of other types.
func Scan(results []any, into ...any) error {
	if len(results) != len(into) {
		return &Error{CodeFuncSigMismatch, fmt.Sprintf("%d results were given instead of %d", len(results), len(into))}
	}
	for at, place := range into {
		value, found := reflect.ValueOf(place).Elem(), reflect.ValueOf(results[at])
		if found.Type() != value.Type() {
			return &Error{CodeFuncSigMismatch, fmt.Sprintf("result %d is of type %s, not %s", at, found.Type(), value.Type())}
		}
		value.Set(found)
	}
	return nil
}

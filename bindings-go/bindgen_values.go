package wasmspan

// prepare.sh copies this file and bindgen_values.h to package wasmedge, where Go is that of 1.16.

// #include "bindgen_values.h"
import "C"
import (
	"fmt"
	"math"
	"reflect"
	"unsafe"
)

// Char is a char of Rust, as guests of wasmedge-bindgen take and return it.
type Char rune

// GuestError is what a guest of wasmedge-bindgen returned as Err.
type GuestError struct{ Message string }

// Error gives the message.
func (e *GuestError) Error() string { return e.Message }

// Kinds of values of wasmedge-bindgen, with the numbers of its protocol.
const (
	bindgenChar   = 12
	bindgenLists  = 20
	bindgenBytes  = 21
	bindgenString = 31
)

var bindgenKinds = map[reflect.Kind]uint64{
	reflect.Uint8: 1, reflect.Int8: 2, reflect.Uint16: 3, reflect.Int16: 4, reflect.Uint32: 5, reflect.Int32: 6,
	reflect.Uint64: 7, reflect.Int64: 8, reflect.Float32: 9, reflect.Float64: 10, reflect.Bool: 11,
}

// A list of so many bytes is rather read where it lies. C may be given the address of one, as an argument of its own.
const largeList = 32 << 10

// appendBindgen adds an argument to those that shim.c reads: its kind, a number or how many items, how many words the items
// take, and those; none if the items are the large ones.
func appendBindgen(to []uint64, arg interface{}, large *unsafe.Pointer) ([]uint64, error) {
	value := reflect.ValueOf(arg)
	// Where items are to be written.
	room := func(kind uint64, count int, bytes int) []byte {
		words := (bytes + 7) / 8
		to = append(to, kind, uint64(count), uint64(words))
		at := len(to)
		to = append(to, make([]uint64, words)...)
		if bytes == 0 {
			return nil
		}
		return (*[1 << 40]byte)(unsafe.Pointer(&to[at]))[:bytes:bytes]
	}
	if char, ok := arg.(Char); ok {
		return append(to, bindgenChar, uint64(uint32(char)), 0), nil
	}
	switch kind := value.Kind(); kind {
	case reflect.String:
		text := value.String()
		copy(room(bindgenString, len(text), len(text)), text)
		return to, nil
	case reflect.Slice:
		item := value.Type().Elem()
		if number, ok := bindgenKinds[item.Kind()]; ok && number <= 8 {
			first, bytes := unsafe.Pointer(value.Pointer()), value.Len()*int(item.Size())
			if bytes >= largeList && *large == nil {
				*large = first
				return append(to, bindgenLists+number, uint64(value.Len()), 0), nil
			}
			if bytes > 0 {
				copy(room(bindgenLists+number, value.Len(), bytes), (*[1 << 40]byte)(first)[:bytes:bytes])
				return to, nil
			}
			return append(to, bindgenLists+number, 0, 0), nil
		}
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return append(to, bindgenKinds[kind], value.Uint(), 0), nil
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return append(to, bindgenKinds[kind], uint64(value.Int()), 0), nil
	case reflect.Float32:
		return append(to, bindgenKinds[kind], uint64(math.Float32bits(float32(value.Float()))), 0), nil
	case reflect.Float64:
		return append(to, bindgenKinds[kind], math.Float64bits(value.Float()), 0), nil
	case reflect.Bool:
		number := uint64(0)
		if value.Bool() {
			number = 1
		}
		return append(to, bindgenKinds[kind], number, 0), nil
	}
	return to, fmt.Errorf("unsupported arg type %T", arg)
}

func bindgenResults(got *C.wasmspan_results) []interface{} {
	results := make([]interface{}, int(got.count))
	for at := range results {
		var bits C.uint64_t
		var items unsafe.Pointer
		var count C.size_t
		kind := uint32(C.bindgen_result(got, C.size_t(at), &bits, &items, &count))
		results[at] = bindgenResult(kind, uint64(bits), items, int(count))
	}
	return results
}

// bindgenResult is the Go value of a result: its kind, its number, and where its items are and how many.
func bindgenResult(kind uint32, bits uint64, first unsafe.Pointer, count int) interface{} {
	switch kind {
	case 1:
		return uint8(bits)
	case 2:
		return int8(bits)
	case 3:
		return uint16(bits)
	case 4:
		return int16(bits)
	case 5:
		return uint32(bits)
	case 6:
		return int32(bits)
	case 7:
		return bits
	case 8:
		return int64(bits)
	case 9:
		return math.Float32frombits(uint32(bits))
	case 10:
		return math.Float64frombits(bits)
	case 11:
		return bits != 0
	case bindgenChar:
		return Char(bits)
	case bindgenString:
		return bindgenText(first, count)
	case bindgenBytes:
		// Its memory isn't cleared before.
		if count <= math.MaxInt32 {
			return C.GoBytes(first, C.int(count))
		}
	}
	var list reflect.Value
	for item, number := range bindgenItems {
		if uint64(kind) == bindgenLists+number {
			list = reflect.MakeSlice(reflect.SliceOf(item), count, count)
		}
	}
	if count > 0 {
		bytes := count * int(list.Type().Elem().Size())
		copy((*[1 << 40]byte)(unsafe.Pointer(list.Pointer()))[:bytes:bytes], (*[1 << 40]byte)(first)[:bytes:bytes])
	}
	return list.Interface()
}

var bindgenItems = map[reflect.Type]uint64{
	reflect.TypeOf(uint8(0)): 1, reflect.TypeOf(int8(0)): 2, reflect.TypeOf(uint16(0)): 3, reflect.TypeOf(int16(0)): 4,
	reflect.TypeOf(uint32(0)): 5, reflect.TypeOf(int32(0)): 6, reflect.TypeOf(uint64(0)): 7, reflect.TypeOf(int64(0)): 8,
}

func bindgenText(first unsafe.Pointer, count int) string {
	if count == 0 {
		return ""
	}
	return string((*[1 << 40]byte)(first)[:count:count])
}

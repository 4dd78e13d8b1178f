// Package bindgen calls functions of guests that were built with the crates wasmedge-bindgen 0.4: they take and return
// texts, lists and several values.
//
// A program that imports github.com/second-state/wasmedge-bindgen/host/go uses it after
//
//	replace github.com/second-state/wasmedge-bindgen => github.com/wasmspan/wasmspan/bindings-go/bindgen v0.1.0
//
// New is the package of release 0.4, Instantiate that of 0.1; both call the same guests.
package bindgen

import (
	"errors"
	"fmt"

	"github.com/second-state/WasmEdge-go/wasmedge"
)

// Bindgen calls functions of the VM's active module.
type Bindgen struct {
	vm    *wasmedge.VM
	guest *wasmedge.BindgenGuest
}

// New prepares calls of a VM, in which the module need not be instantiated yet.
func New(vm *wasmedge.VM) *Bindgen { return &Bindgen{vm: vm} }

// Instantiate instantiates the VM's module. Whether it succeeded, Execute tells.
func (b *Bindgen) Instantiate() {
	b.end()
	b.vm.Instantiate()
}

// GetVm gives the VM.
func (b *Bindgen) GetVm() *wasmedge.VM { return b.vm }

// Execute calls a function. Arguments are integers with a width, float32, float64, bool, string, wasmedge.Char, or slices
// of integers; results are the same types, and rune for a char of Rust. The second value is what the function returned as
// Err, a string; the error is everything else that went wrong.
func (b *Bindgen) Execute(funcName string, inputs ...interface{}) ([]interface{}, interface{}, error) {
	if b.guest == nil {
		module := b.vm.GetActiveModule()
		if module == nil {
			return nil, nil, errors.New("bindgen: the VM has no active module")
		}
		guest, err := wasmedge.NewBindgenGuest(module)
		if err != nil {
			return nil, nil, err
		}
		b.guest = guest
	}
	results, err := b.guest.Execute(funcName, inputs...)
	var failed *wasmedge.GuestError
	if errors.As(err, &failed) {
		return nil, failed.Message, nil
	}
	for at, result := range results {
		if char, ok := result.(wasmedge.Char); ok {
			results[at] = rune(char)
		}
	}
	return results, nil, err
}

// Release ends it, and the VM.
func (b *Bindgen) Release() {
	b.end()
	b.vm.Release()
}

func (b *Bindgen) end() {
	if b.guest != nil {
		b.guest.Release()
		b.guest = nil
	}
}

// Bytes is the form of release 0.1, whose functions give bytes.
type Bytes struct{ bindgen *Bindgen }

// Instantiate instantiates the VM's module. Whether it succeeded, Execute tells.
func Instantiate(vm *wasmedge.VM) *Bytes {
	b := New(vm)
	b.Instantiate()
	return &Bytes{b}
}

// Execute calls a function, and gives its first result: a text or bytes as they are, anything else as text. What the
// function returned as Err is an error.
func (b *Bytes) Execute(funcName string, inputs ...interface{}) ([]byte, error) {
	results, failed, err := b.bindgen.Execute(funcName, inputs...)
	switch {
	case err != nil:
		return nil, err
	case failed != nil:
		return nil, fmt.Errorf("%v", failed)
	case len(results) == 0:
		return nil, nil
	}
	switch result := results[0].(type) {
	case []byte:
		return result, nil
	case string:
		return []byte(result), nil
	default:
		return []byte(fmt.Sprint(result)), nil
	}
}

// Release ends it; the VM must be released too.
func (b *Bytes) Release() { b.bindgen.end() }

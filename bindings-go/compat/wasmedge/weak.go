//go:build go1.24
// +build go1.24

package wasmedge

import "weak"

// What the registries keep of values that others keep alive.

type weakFunction struct{ to weak.Pointer[hostFunction] }

func weakToFunction(f *hostFunction) interface{} { return weakFunction{weak.Make(f)} }

func (w weakFunction) strong() interface{} {
	if f := w.to.Value(); f != nil {
		return f
	}
	return nil
}

type weakExtern struct{ to weak.Pointer[externRef] }

func weakToExtern(e *externRef) interface{} { return weakExtern{weak.Make(e)} }

func (w weakExtern) strong() interface{} {
	if e := w.to.Value(); e != nil {
		return e
	}
	return nil
}

package wasmedge

import (
	"encoding/binary"
	"fmt"
)

type bindgen int

// What a function made by wasm-bindgen returns.
const (
	Bindgen_return_void  bindgen = iota
	Bindgen_return_i32   bindgen = iota
	Bindgen_return_i64   bindgen = iota
	Bindgen_return_array bindgen = iota
)

// Where functions made by wasm-bindgen leave results that do not fit a register.
const (
	bindgenInt64At = 0
	bindgenArrayAt = 8
)

// ExecuteBindgen calls a function that wasm-bindgen made. Parameters are int32, uint32, int64, uint64 and []byte;
// anything else panics. The result is nil, int32, int64 or []byte.
func (self *VM) ExecuteBindgen(funcname string, rettype bindgen, params ...interface{}) (interface{}, error) {
	return executeBindgen(self.GetActiveModule(), rettype, params, func(name string, args ...interface{}) ([]interface{}, error) {
		if name == "" {
			name = funcname
		}
		return self.Execute(name, args...)
	})
}

// ExecuteBindgenRegistered is ExecuteBindgen for a registered instance.
func (self *VM) ExecuteBindgenRegistered(modname string, funcname string, rettype bindgen, params ...interface{}) (interface{}, error) {
	return executeBindgen(self.GetStore().FindModule(modname), rettype, params, func(name string, args ...interface{}) ([]interface{}, error) {
		if name == "" {
			name = funcname
		}
		return self.ExecuteRegistered(modname, name, args...)
	})
}

// call calls a function of the instance; the one that is meant if the name is empty.
func executeBindgen(module *Module, rettype bindgen, params []interface{},
	call func(name string, args ...interface{}) ([]interface{}, error)) (interface{}, error) {
	memory := bindgenMemory(module)
	var args []interface{}
	switch rettype {
	case Bindgen_return_i64:
		args = append(args, int32(bindgenInt64At))
	case Bindgen_return_array:
		args = append(args, int32(bindgenArrayAt))
	}
	for _, param := range params {
		switch x := param.(type) {
		case int32, uint32:
			args = append(args, x)
		case int64:
			args = append(args, uint32(x), uint32(uint64(x)>>32))
		case uint64:
			args = append(args, uint32(x), uint32(x>>32))
		case []byte:
			address, err := call("__wbindgen_malloc", uint32(len(x)))
			if err == nil {
				err = memory.SetData(x, uint(uint32(address[0].(int32))), uint(len(x)))
			}
			if err != nil {
				panic(fmt.Sprintf("wasmedge: cannot pass bytes to a bindgen function: %v", err))
			}
			args = append(args, address[0], uint32(len(x)))
		default:
			panic(fmt.Sprintf("wasmedge: a Go value of type %T cannot be a parameter of a bindgen function", param))
		}
	}
	results, err := call("", args...)
	if err != nil {
		return nil, err
	}
	switch rettype {
	case Bindgen_return_i32:
		if len(results) != 1 {
			return nil, &Result{hostFunctionFailed}
		}
		return results[0].(int32), nil
	case Bindgen_return_i64:
		data, err := memory.GetData(bindgenInt64At, 8)
		if err != nil {
			return nil, err
		}
		return int64(binary.LittleEndian.Uint64(data)), nil
	case Bindgen_return_array:
		data, err := memory.GetData(bindgenArrayAt, 8)
		if err != nil {
			return nil, err
		}
		address, length := binary.LittleEndian.Uint32(data), binary.LittleEndian.Uint32(data[4:])
		data, err = memory.GetData(uint(address), uint(length))
		if err != nil {
			return nil, err
		}
		data = append([]byte(nil), data...)
		_, err = call("__wbindgen_free", address, length)
		return data, err
	}
	return nil, nil
}

func bindgenMemory(module *Module) *Memory {
	if module == nil {
		panic("wasmedge: no module is instantiated")
	}
	names := module.ListMemory()
	if len(names) == 0 {
		panic("wasmedge: the module exports no memory")
	}
	return module.FindMemory(names[0])
}

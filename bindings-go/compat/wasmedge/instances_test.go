package wasmedge_test

import (
	"testing"

	"github.com/wasmspan/wasmspan/bindings-go/compat/wasmedge"
)

func TestTable(t *testing.T) {
	ttype := wasmedge.NewTableType(wasmedge.RefType_ExternRef, wasmedge.NewLimitWithMax(10, 20))
	table := wasmedge.NewTable(ttype)
	ttype.Release()
	defer table.Release()
	ref := wasmedge.NewExternRef("element")
	defer ref.Release()
	noError(t, table.SetData(ref, 3))
	got, err := table.GetData(3)
	noError(t, err)
	equal(t, got.(wasmedge.ExternRef).GetRef(), "element")
	got, err = table.GetData(4)
	noError(t, err)
	equal(t, got, wasmedge.ExternRef{})
	_, err = table.GetData(13)
	message(t, err, "out of bounds table access")
	_, err = table.GetData(1 << 32)
	message(t, err, "out of bounds table access")
	message(t, table.SetData(ref, 13), "out of bounds table access")
	equal(t, table.GetSize(), uint(10))
	noError(t, table.Grow(6))
	equal(t, table.GetSize(), uint(16))
	message(t, table.Grow(6), "out of bounds table access")
	equal(t, table.GetTableType().GetRefType(), wasmedge.RefType_ExternRef)
}

func TestMemory(t *testing.T) {
	mtype := wasmedge.NewMemoryType(wasmedge.NewLimitWithMax(1, 5))
	memory := wasmedge.NewMemory(mtype)
	mtype.Release()
	defer memory.Release()
	text := []byte("A quick brown fox jumps over the lazy dog")
	noError(t, memory.SetData(text, 0x1000, 10))
	data, err := memory.GetData(0x1000, 10)
	noError(t, err)
	equal(t, string(data), "A quick br")
	// The slice is the memory.
	data[0] = 'B'
	again, _ := memory.GetData(0x1000, 1)
	equal(t, string(again), "B")
	_, err = memory.GetData(0xFFFF, 10)
	message(t, err, "out of bounds memory access")
	_, err = memory.GetData(1<<32, 1)
	message(t, err, "out of bounds memory access")
	message(t, memory.SetData(text, 0xFFFF, 10), "out of bounds memory access")
	message(t, memory.SetData(text, 0, uint(len(text)+1)), "out of bounds memory access")
	equal(t, memory.GetPageSize(), uint(1))
	noError(t, memory.GrowPage(2))
	equal(t, memory.GetPageSize(), uint(3))
	message(t, memory.GrowPage(3), "out of bounds memory access")
	equal(t, memory.GetMemoryType().GetLimit().GetMax(), uint(5))
	equal(t, string(data[:1]), "B")
}

func TestGlobal(t *testing.T) {
	gtype := wasmedge.NewGlobalType(wasmedge.ValType_I64, wasmedge.ValMut_Var)
	global := wasmedge.NewGlobal(gtype, uint64(1000))
	defer global.Release()
	equal(t, global.GetValue(), int64(1000))
	global.SetValue(uint64(888))
	equal(t, global.GetValue(), int64(888))
	global.SetValue(int32(1))
	equal(t, global.GetValue(), int64(888))
	if wasmedge.NewGlobal(gtype, int32(1)) != nil {
		t.Fatal("a global took a value of another type")
	}
	gtype.Release()
	ctype := wasmedge.NewGlobalType(wasmedge.ValType_I32, wasmedge.ValMut_Const)
	defer ctype.Release()
	constant := wasmedge.NewGlobal(ctype, int32(5))
	defer constant.Release()
	constant.SetValue(int32(6))
	equal(t, constant.GetValue(), int32(5))
}

func TestHostModule(t *testing.T) {
	host := hostModule("module", "add", []wasmedge.ValType{wasmedge.ValType_I32, wasmedge.ValType_I32},
		[]wasmedge.ValType{wasmedge.ValType_I32}, add, nil)
	ttype := wasmedge.NewTableType(wasmedge.RefType_FuncRef, wasmedge.NewLimitWithMax(10, 20))
	mtype := wasmedge.NewMemoryType(wasmedge.NewLimitWithMax(1, 2))
	gtype := wasmedge.NewGlobalType(wasmedge.ValType_I32, wasmedge.ValMut_Var)
	host.AddTable("table", wasmedge.NewTable(ttype))
	host.AddMemory("memory", wasmedge.NewMemory(mtype))
	host.AddGlobal("global", wasmedge.NewGlobal(gtype, uint32(666)))
	ttype.Release()
	mtype.Release()
	gtype.Release()
	equal(t, host.ListFunction()[0]+host.ListTable()[0]+host.ListMemory()[0]+host.ListGlobal()[0], "addtablememoryglobal")
	equal(t, host.FindGlobal("global").GetValue(), int32(666))
	if host.FindFunction("x") != nil || host.FindTable("x") != nil || host.FindMemory("x") != nil || host.FindGlobal("x") != nil {
		t.Fatal("found what is not there")
	}
	noError(t, host.FindTable("table").SetData(wasmedge.NewFuncRef(host.FindFunction("add")), 5))

	vm := vmWith(t, `(module
	  (import "module" "add" (func $add (param i32 i32) (result i32)))
	  (import "module" "memory" (memory 1 2))
	  (import "module" "global" (global $g (mut i32)))
	  (import "module" "table" (table 10 20 funcref))
	  (func (export "run") (result i32)
	    (i32.store (i32.const 8) (i32.const 99))
	    (global.set $g (i32.const 7))
	    (call_indirect (param i32 i32) (result i32) (i32.const 1) (i32.const 2) (i32.const 5))))`, host)
	res, err := vm.Execute("run")
	noError(t, err)
	equal(t, res[0], int32(3))
	equal(t, host.FindGlobal("global").GetValue(), int32(7))
	data, err := host.FindMemory("memory").GetData(8, 1)
	noError(t, err)
	equal(t, data[0], byte(99))
	// The module goes first; the instance keeps what it imports.
	host.Release()
	res, err = vm.Execute("run")
	noError(t, err)
	equal(t, res[0], int32(3))
	vm.Release()
}

func TestImportsAndExports(t *testing.T) {
	loader := wasmedge.NewLoader()
	defer loader.Release()
	ast, err := loader.LoadBuffer(wasm(t, `(module
	  (import "m" "f" (func (param i32)))
	  (import "m" "t" (table 1 2 externref))
	  (import "m" "g" (global f32))
	  (memory (export "mem") 3)
	  (func (export "g") (result i64) i64.const 1))`))
	noError(t, err)
	defer ast.Release()
	var names string
	for _, i := range ast.ListImports() {
		names += i.GetModuleName() + "." + i.GetExternalName() + " "
		switch value := i.GetExternalValue().(type) {
		case *wasmedge.FunctionType:
			equal(t, i.GetExternalType(), wasmedge.ExternType_Function)
			equal(t, value.GetParameters()[0], wasmedge.ValType_I32)
		case *wasmedge.TableType:
			equal(t, i.GetExternalType(), wasmedge.ExternType_Table)
			equal(t, value.GetLimit().GetMax(), uint(2))
		case *wasmedge.GlobalType:
			equal(t, i.GetExternalType(), wasmedge.ExternType_Global)
			equal(t, value.GetValType(), wasmedge.ValType_F32)
		default:
			t.Fatalf("%T", value)
		}
	}
	for _, e := range ast.ListExports() {
		names += e.GetExternalName() + " "
		switch value := e.GetExternalValue().(type) {
		case *wasmedge.MemoryType:
			equal(t, e.GetExternalType(), wasmedge.ExternType_Memory)
			equal(t, value.GetLimit().GetMin(), uint(3))
		case *wasmedge.FunctionType:
			equal(t, value.GetReturns()[0], wasmedge.ValType_I64)
		default:
			t.Fatalf("%T", value)
		}
	}
	equal(t, names, "m.f m.t m.g mem g ")
}

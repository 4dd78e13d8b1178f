package wasmedge_test

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/wasmspan/wasmspan/bindings-go/compat/wasmedge"
)

func TestVersion(t *testing.T) {
	equal(t, wasmedge.GetVersion(), "0.11.2")
	equal(t, wasmedge.GetVersionMajor(), uint(0))
	equal(t, wasmedge.GetVersionMinor(), uint(11))
	equal(t, wasmedge.GetVersionPatch(), uint(2))
}

func TestV128(t *testing.T) {
	high, low := wasmedge.NewV128(1234, 5678).GetVal()
	equal(t, high, uint64(1234))
	equal(t, low, uint64(5678))
}

func TestExternRef(t *testing.T) {
	before := wasmedge.ExternRefsInUse()
	num := 1234
	ref := wasmedge.NewExternRef(&num)
	num = 5678
	equal(t, *ref.GetRef().(*int), 5678)
	ref.Release()
	equal(t, ref.GetRef(), nil)
	ref.Release()
	equal(t, wasmedge.ExternRefsInUse(), before)
}

func TestResults(t *testing.T) {
	user := wasmedge.NewResult(wasmedge.ErrCategory_UserLevel, 123456)
	equal(t, user.GetCode(), 123456)
	equal(t, user.GetErrorCategory(), wasmedge.ErrCategory_UserLevel)
	large := wasmedge.NewResult(wasmedge.ErrCategory_UserLevel, 1<<24)
	equal(t, large.GetCode(), 0)
	equal(t, wasmedge.Result_Success.GetCode(), 0)
	equal(t, wasmedge.Result_Terminate.GetCode(), 1)
	equal(t, wasmedge.Result_Fail.GetCode(), 2)
}

func TestLimits(t *testing.T) {
	for _, c := range []struct {
		limit          *wasmedge.Limit
		hasMax, shared bool
		min, max       uint
	}{
		{wasmedge.NewLimit(12), false, false, 12, 0},
		{wasmedge.NewLimitWithMax(15, 50), true, false, 15, 50},
		{wasmedge.NewLimitShared(20), false, true, 20, 0},
		{wasmedge.NewLimitSharedWithMax(30, 40), true, true, 30, 40},
	} {
		equal(t, c.limit.HasMax(), c.hasMax)
		equal(t, c.limit.IsShared(), c.shared)
		equal(t, c.limit.GetMin(), c.min)
		if c.hasMax {
			equal(t, c.limit.GetMax(), c.max)
		}
	}
}

func TestTypes(t *testing.T) {
	params := []wasmedge.ValType{wasmedge.ValType_ExternRef, wasmedge.ValType_I32, wasmedge.ValType_I64}
	returns := []wasmedge.ValType{wasmedge.ValType_F32, wasmedge.ValType_F64}
	ftype := wasmedge.NewFunctionType(params, returns)
	equal(t, ftype.GetParametersLength(), uint(3))
	equal(t, ftype.GetReturnsLength(), uint(2))
	if !reflect.DeepEqual(ftype.GetParameters(), params) || !reflect.DeepEqual(ftype.GetReturns(), returns) {
		t.Fatal(ftype.GetParameters(), ftype.GetReturns())
	}
	ftype.Release()
	ftype.Release()
	equal(t, ftype.GetReturnsLength(), uint(0))

	ttype := wasmedge.NewTableType(wasmedge.RefType_ExternRef, wasmedge.NewLimit(12))
	defer ttype.Release()
	equal(t, ttype.GetRefType(), wasmedge.RefType_ExternRef)
	equal(t, ttype.GetLimit().GetMin(), uint(12))

	mtype := wasmedge.NewMemoryType(wasmedge.NewLimitWithMax(1, 7))
	defer mtype.Release()
	equal(t, mtype.GetLimit().GetMax(), uint(7))

	gtype := wasmedge.NewGlobalType(wasmedge.ValType_F64, wasmedge.ValMut_Var)
	defer gtype.Release()
	equal(t, gtype.GetValType(), wasmedge.ValType_F64)
	equal(t, gtype.GetMutability(), wasmedge.ValMut_Var)
	equal(t, gtype.GetValType().String()+" "+gtype.GetMutability().String(), "f64 var")
}

func TestConfigure(t *testing.T) {
	conf := wasmedge.NewConfigure(wasmedge.WASI, wasmedge.TAIL_CALL)
	defer conf.Release()
	for _, on := range []interface{}{
		wasmedge.IMPORT_EXPORT_MUT_GLOBALS, wasmedge.NON_TRAP_FLOAT_TO_INT_CONVERSIONS,
		wasmedge.SIGN_EXTENSION_OPERATORS, wasmedge.MULTI_VALUE, wasmedge.BULK_MEMORY_OPERATIONS,
		wasmedge.REFERENCE_TYPES, wasmedge.SIMD, wasmedge.TAIL_CALL, wasmedge.WASI,
	} {
		equal(t, conf.HasConfig(on), true)
	}
	for _, off := range []interface{}{
		wasmedge.THREADS, wasmedge.MULTI_MEMORIES, wasmedge.EXTENDED_CONST, wasmedge.WasmEdge_PROCESS,
	} {
		equal(t, conf.HasConfig(off), false)
	}
	conf.RemoveConfig(wasmedge.REFERENCE_TYPES)
	equal(t, conf.HasConfig(wasmedge.REFERENCE_TYPES), false)

	equal(t, conf.GetMaxMemoryPage(), uint(65536))
	conf.SetMaxMemoryPage(1234)
	equal(t, conf.GetMaxMemoryPage(), uint(1234))
	equal(t, conf.IsForceInterpreter(), false)
	conf.SetForceInterpreter(true)
	equal(t, conf.IsForceInterpreter(), true)

	equal(t, conf.GetCompilerOptimizationLevel(), wasmedge.CompilerOptLevel_O3)
	conf.SetCompilerOptimizationLevel(wasmedge.CompilerOptLevel_O2)
	equal(t, conf.GetCompilerOptimizationLevel(), wasmedge.CompilerOptLevel_O2)
	equal(t, conf.GetCompilerOutputFormat(), wasmedge.CompilerOutputFormat_Wasm)
	conf.SetCompilerOutputFormat(wasmedge.CompilerOutputFormat_Native)
	equal(t, conf.GetCompilerOutputFormat(), wasmedge.CompilerOutputFormat_Native)
	for _, s := range []struct {
		is  func() bool
		set func(bool)
	}{
		{conf.IsCompilerDumpIR, conf.SetCompilerDumpIR},
		{conf.IsCompilerGenericBinary, conf.SetCompilerGenericBinary},
		{conf.IsStatisticsInstructionCounting, conf.SetStatisticsInstructionCounting},
		{conf.IsStatisticsTimeMeasuring, conf.SetStatisticsTimeMeasuring},
		{conf.IsStatisticsCostMeasuring, conf.SetStatisticsCostMeasuring},
	} {
		equal(t, s.is(), false)
		s.set(true)
		equal(t, s.is(), true)
	}
	defer func() {
		if recover() == nil {
			t.Fatal("a string is no setting")
		}
	}()
	conf.AddConfig("WASI")
}

const identities = `(module
  (func (export "i32") (param i32) (result i32) local.get 0)
  (func (export "i64") (param i64) (result i64) local.get 0)
  (func (export "f32") (param f32) (result f32) local.get 0)
  (func (export "f64") (param f64) (result f64) local.get 0)
  (func (export "v128") (param v128) (result v128) local.get 0)
  (func (export "externref") (param externref) (result externref) local.get 0)
  (func (export "funcref") (param funcref) (result funcref) local.get 0)
  (func (export "two") (param i32 i64) (result i64 i32) local.get 1 local.get 0)
  (func (export "six") (result i32 i32 i32 i32 i32 i32)
    i32.const 1 i32.const 2 i32.const 3 i32.const 4 i32.const 5 i32.const 6)
  (func (export "trap") unreachable))`

func TestValues(t *testing.T) {
	vm := vmWith(t, identities)
	defer vm.Release()
	ref := wasmedge.NewExternRef("kept")
	defer ref.Release()
	for _, c := range []struct {
		name      string
		in, wants interface{}
	}{
		{"i32", int32(-1), int32(-1)},
		{"i32", uint32(math.MaxUint32), int32(-1)},
		{"i64", int64(math.MinInt64), int64(math.MinInt64)},
		{"i64", uint64(math.MaxUint64), int64(-1)},
		{"i64", -7, int64(-7)},
		{"i64", uint(7), int64(7)},
		{"f32", float32(1.5), float32(1.5)},
		{"f64", math.Inf(-1), math.Inf(-1)},
		{"v128", wasmedge.NewV128(1, 2), wasmedge.NewV128(1, 2)},
		{"externref", ref, ref},
		{"externref", wasmedge.ExternRef{}, wasmedge.ExternRef{}},
		{"funcref", wasmedge.NewFuncRef(nil), wasmedge.NewFuncRef(nil)},
	} {
		res, err := vm.Execute(c.name, c.in)
		noError(t, err)
		equal(t, len(res), 1)
		equal(t, res[0], c.wants)
	}
	res, err := vm.Execute("two", int32(1), int64(2))
	noError(t, err)
	equal(t, res[0], int64(2))
	equal(t, res[1], int32(1))
	// More results than there is room for at first.
	res, err = vm.Execute("six")
	noError(t, err)
	if want := []interface{}{int32(1), int32(2), int32(3), int32(4), int32(5), int32(6)}; !reflect.DeepEqual(res, want) {
		t.Fatal(res)
	}
	f := vm.GetActiveModule().FindFunction("two")
	res, err = vm.Execute("funcref", wasmedge.NewFuncRef(f))
	noError(t, err)
	equal(t, res[0].(wasmedge.FuncRef).GetRef().GetFunctionType().GetParametersLength(), uint(2))

	_, err = vm.Execute("i32", int64(1))
	message(t, err, "function signature mismatch")
	_, err = vm.Execute("i32")
	message(t, err, "function signature mismatch")
	_, err = vm.Execute("nothing")
	message(t, err, "wasm function not found")
	_, err = vm.Execute("trap")
	message(t, err, "unreachable")
	equal(t, code(t, err), 0x89)
}

func TestOtherTypesPanic(t *testing.T) {
	vm := vmWith(t, identities)
	defer vm.Release()
	gone := wasmedge.NewExternRef(1)
	gone.Release()
	gone.Release()
	if _, err := vm.Execute("externref", gone); err == nil || gone.GetRef() != nil {
		t.Fatal("a reference that is released was accepted")
	}
	for _, wrong := range []interface{}{"text", int16(1), nil, []byte{1}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Fatalf("%v was accepted", wrong)
				}
			}()
			_, _ = vm.Execute("externref", wrong)
		}()
	}
}

// A path with a zero byte in it is not the one before it.
func TestPathsWithZeroBytes(t *testing.T) {
	code, err := wasmedge.WasmOf("(module)")
	equal(t, err, nil)
	folder := t.TempDir()
	path := filepath.Join(folder, "a")
	equal(t, os.WriteFile(path, code, 0o600), nil)
	vm := wasmedge.NewVM()
	defer vm.Release()
	equal(t, vm.LoadWasmFile(path), nil)
	if vm.LoadWasmFile(path+"\x00b") == nil {
		t.Error("another file was loaded")
	}
	compiler := wasmedge.NewCompiler()
	defer compiler.Release()
	if compiler.Compile(path, filepath.Join(folder, "c\x00d")) == nil {
		t.Error("another file was written")
	}
	entries, err := os.ReadDir(folder)
	equal(t, err, nil)
	equal(t, len(entries), 1)
}

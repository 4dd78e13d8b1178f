package wasmspan_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

func ExampleRuntime_NewMemory() {
	rt, _ := wasmspan.New()
	defer rt.Close()
	memory, err := rt.NewMemory(wasmspan.MemoryType{Min: 1, Max: 4})
	if err != nil {
		panic(err)
	}
	counter, err := rt.NewGlobal(wasmspan.GlobalType{Value: wasmspan.I32, Mutable: true}, 40)
	if err != nil {
		panic(err)
	}
	table, err := rt.NewTable(wasmspan.TableType{Element: wasmspan.ExternRef, Min: 1})
	if err != nil {
		panic(err)
	}
	if err := rt.HostModule("env").Memory("memory", memory).Global("counter", counter).Table("table", table).Register(); err != nil {
		panic(err)
	}
	instance, err := rt.Instantiate(context.Background(), []byte(`(module
	  (import "env" "memory" (memory 1)) (import "env" "counter" (global $counter (mut i32)))
	  (import "env" "table" (table $table 1 externref))
	  (func (export "run") (global.set $counter (i32.add (global.get $counter) (i32.load8_u (i32.const 8)))))
	  (func (export "kept") (result externref) (table.get $table (i32.const 0))))`))
	if err != nil {
		panic(err)
	}
	defer instance.Close()
	memory.WriteUint8(8, 2)
	instance.Call(context.Background(), "run")
	table.Set(0, wasmspan.NewExtern("a Go value"))
	kept, _ := instance.Call(context.Background(), "kept")
	fmt.Println(counter.Get(), kept[0].(wasmspan.Extern).Value())
	// Output: 42 a Go value
}

func ExampleInstance_Exports() {
	rt, _ := wasmspan.New()
	defer rt.Close()
	instance, err := rt.Instantiate(context.Background(), []byte(`(module (memory (export "memory") 1)
	  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))`))
	if err != nil {
		panic(err)
	}
	defer instance.Close()
	for _, export := range instance.Exports() {
		fmt.Println(export.Kind, export.Name, export.Func)
	}
	// Output:
	// func add (i32 i32) -> (i32)
	// memory memory <nil>
}

func ExampleRuntime_CompileToBytes() {
	rt, _ := wasmspan.New()
	defer rt.Close()
	compiled, err := rt.CompileToBytes([]byte(`(module (func (export "seven") (result i32) (i32.const 7)))`))
	if err != nil {
		panic(err)
	}
	module, err := rt.LoadCompiledBytes(compiled)
	if err != nil {
		panic(err)
	}
	instance, _ := module.Instantiate(context.Background())
	defer instance.Close()
	fmt.Println(module.IsPrecompiled())
	fmt.Println(instance.Call(context.Background(), "seven"))
	// Output:
	// true
	// [7] <nil>
}

func TestMemoryNumbers(t *testing.T) {
	memory := instance(t, newRuntime(t), numbers).Memory("memory")
	const last = 1<<16 - 1
	if !memory.WriteUint64(1, 0x1122334455667788) || !memory.WriteFloat64(16, 0.5) || !memory.WriteFloat32(24, 0.25) ||
		!memory.WriteUint16(28, 7) || !memory.WriteUint8(30, 8) || !memory.WriteUint32(32, 9) ||
		!memory.WriteString(40, "text") || !memory.Write(44, []byte("!")) || !memory.Write(last+1, nil) {
		t.Fatal("they all lie in the memory")
	}
	if n, ok := memory.ReadUint32(1); n != 0x55667788 || !ok {
		t.Fatalf("%x", n)
	}
	if n, ok := memory.ReadUint16(7); n != 0x1122 || !ok {
		t.Fatalf("%x", n)
	}
	if n, ok := memory.ReadUint64(1); n != 0x1122334455667788 || !ok {
		t.Fatalf("%x", n)
	}
	if n, ok := memory.ReadUint8(30); n != 8 || !ok {
		t.Fatal(n)
	}
	if n, ok := memory.ReadFloat64(16); n != 0.5 || !ok {
		t.Fatal(n)
	}
	if n, ok := memory.ReadFloat32(24); n != 0.25 || !ok {
		t.Fatal(n)
	}
	if text, ok := memory.ReadString(40, 5); text != "text!" || !ok {
		t.Fatal(text)
	}
	if text, ok := memory.ReadString(last+1, 0); text != "" || !ok {
		t.Fatal("nothing lies everywhere")
	}
	for at, outside := range []bool{
		memory.WriteUint16(last, 1), memory.WriteUint64(last-6, 1), memory.WriteUint8(last+1, 1), memory.WriteString(last, "ab"),
		memory.Write(1<<32-1, []byte("a")), memory.WriteFloat32(last-2, 1),
	} {
		if outside {
			t.Error(at, "would not lie in the memory")
		}
	}
	if _, ok := memory.ReadUint32(1<<32 - 1); ok {
		t.Error("that is outside")
	}
	if b, _ := memory.Read(last-1, 2); !bytes.Equal(b, []byte{0, 0}) {
		t.Error(b, "something was written")
	}
}

// Mistakes in host modules are told by Register, with the name.
func TestMistakesInHostModules(t *testing.T) {
	rt, other := newRuntime(t), newRuntime(t)
	memory, err := rt.NewMemory(wasmspan.MemoryType{Min: 1})
	noError(t, err)
	foreign, err := other.NewMemory(wasmspan.MemoryType{Min: 1})
	noError(t, err)
	taken, err := rt.NewMemory(wasmspan.MemoryType{Min: 1})
	noError(t, err)
	noError(t, rt.HostModule("taken").Memory("m", taken).Register())
	f := func(n int32) int32 { return n }
	var nothing func(int32) int32
	var typed func(int64)
	inner := instance(t, rt, numbers)
	for want, module := range map[string]*wasmspan.HostModule{
		"a.f: the function is nil":                         rt.HostModule("a").Func("f", nil),
		"b.f: the function is nil":                         rt.HostModule("b").Func("f", nothing),
		"c.f: the function is nil":                         rt.HostModule("c").Func("f", typed),
		"d.f: the function is nil":                         rt.HostModule("d").FuncOf("f", wasmspan.FuncType{}, nil),
		"e.f: the name is given twice":                     rt.HostModule("e").Func("f", f).Func("f", f),
		"g.f: the name is given twice":                     rt.HostModule("g").Memory("f", memory).Func("f", f),
		"h.m: it belongs to another runtime":               rt.HostModule("h").Memory("m", foreign),
		"i.m: it is in a module already":                   rt.HostModule("i").Memory("m", taken),
		"j.m: it is nil":                                   rt.HostModule("j").Memory("m", nil),
		"k.m: it belongs to an instance":                   rt.HostModule("k").Memory("m", inner.Memory("memory")),
		"l.f: a string is no WebAssembly number":           rt.HostModule("l").Func("f", func(string) {}),
		"m.t: it is nil":                                   rt.HostModule("m").Table("t", nil),
		"n.g: it is nil":                                   rt.HostModule("n").Global("g", nil),
		"o.f: a chan int is no function":                   rt.HostModule("o").Func("f", make(chan int)),
		"p.f: a variadic function has no WebAssembly type": rt.HostModule("p").Func("f", func(...int32) {}),
	} {
		if err := module.Register(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v instead of %s", err, want)
		}
	}
	good := rt.HostModule("good").Func("f", f)
	noError(t, good.Register())
	if good.Register() == nil || rt.HostModule("good").Func("f", f).Register() == nil {
		t.Error("the name is taken")
	}
	if _, err := rt.NewMemory(wasmspan.MemoryType{Min: 2, Max: 1}); err == nil {
		t.Error("no memory is like that")
	}
	if _, err := rt.NewTable(wasmspan.TableType{Element: wasmspan.I32}); err == nil {
		t.Error("no table is like that")
	}
	if _, err := rt.NewGlobal(wasmspan.GlobalType{Value: wasmspan.I32}, "text"); err == nil {
		t.Error("a text is no i32")
	}
	constant, err := rt.NewGlobal(wasmspan.GlobalType{Value: wasmspan.I64}, 5)
	noError(t, err)
	if constant.Set(6) == nil || constant.Get() != int64(5) || constant.Type() != (wasmspan.GlobalType{Value: wasmspan.I64}) {
		t.Error("it is constant", constant.Get())
	}
	rt.Close()
	if constant.Get() != nil || memory.Size() != 0 || memory.WriteUint8(0, 1) {
		t.Error("the runtime is closed")
	}
	if _, err := rt.NewMemory(wasmspan.MemoryType{Min: 1}); !errors.Is(err, wasmspan.ErrClosed) {
		t.Error(err)
	}
}

type own int16

// Integers of every type are taken if they fit, and what is wrong is said.
func TestArguments(t *testing.T) {
	rt := newRuntime(t)
	i := instance(t, rt, `(module (func (export "i32") (param i32) (result i32) (local.get 0))
	  (func (export "i64") (param i64) (result i64) (local.get 0)) (func (export "f32") (param f32) (result f32) (local.get 0)))`)
	for _, c := range []struct {
		name string
		arg  any
		want any
	}{
		{"i32", 7, int32(7)}, {"i32", -1, int32(-1)}, {"i32", uint(1 << 31), int32(-1 << 31)}, {"i32", int8(-3), int32(-3)},
		{"i32", own(4), int32(4)}, {"i32", uint8(200), int32(200)}, {"i32", int64(5), int32(5)},
		{"i64", 7, int64(7)}, {"i64", uint64(1<<64 - 1), int64(-1)}, {"i64", int32(-2), int64(-2)}, {"f32", float32(0.5), float32(0.5)},
	} {
		if res, err := i.Call(ctx, c.name, c.arg); err != nil || res[0] != c.want {
			t.Error(c.name, c.arg, res, err)
		}
	}
	for _, c := range []struct {
		name string
		arg  any
		want string
	}{
		{"i32", 1 << 32, `"i32": value 0: the int 4294967296 is too large for i32`},
		{"i32", int64(-1 << 40), "is too large for i32"},
		{"i32", "7", "a string is no i32, which is int32 or another integer that fits in Go"},
		{"i32", 7.0, "a float64 is no i32, which is"},
		{"f32", 7, "a int is no f32, which is float32 in Go"},
		{"i64", nil, "a <nil> is no i64"},
	} {
		if _, err := i.Call(ctx, c.name, c.arg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Error(err)
		}
	}
	if _, err := wasmspan.Proc1[int64](i, "i32"); err == nil || err.Error() != `"i32" has the type (i32) -> (i32), not (i64) -> ()` {
		t.Error(err)
	}
	if res, err := i.Call(ctx, "i32", wasmspan.Extern{}); err == nil {
		t.Error(res)
	}
}

func TestRefusedSizesAndMounts(t *testing.T) {
	rt := newRuntime(t)
	module, err := rt.Compile([]byte(numbers))
	noError(t, err)
	for _, size := range []int{0, -1} {
		if _, err := module.NewPool(size); err == nil {
			t.Error(size)
		}
	}
	dir := t.TempDir()
	absent := []wasmspan.Mount{{Host: filepath.Join(dir, "absent"), Guest: "/"}}
	var path *fs.PathError
	if _, err := module.Instantiate(ctx, wasmspan.WithWASI(wasmspan.WASI{Mounts: absent})); !errors.Is(err, fs.ErrNotExist) || !errors.As(err, &path) {
		t.Error(err)
	}
	cmd := wasmspan.Command(ctx, module, "x")
	cmd.Mounts = absent
	if err := cmd.Run(); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	cmd.Mounts = []wasmspan.Mount{{Host: "host_test.go", Guest: "/"}}
	if err := cmd.Run(); !errors.As(err, &path) {
		t.Error(err)
	}
}

// Commands import what their runtime has.
func TestCommandsImportHostModules(t *testing.T) {
	rt := newRuntime(t)
	var got []int32
	noError(t, rt.HostModule("env").Func("take", func(ctx context.Context, caller *wasmspan.Caller, n int32) (int32, error) {
		b, ok := caller.Memory(0).ReadUint8(uint32(n))
		if ctx.Value(ctxKey{}) != "v" || !ok {
			return 0, errors.New("another context, or no memory")
		}
		got = append(got, int32(b))
		res, err := caller.Instance().Call(ctx, "double", int32(b))
		if err != nil {
			return 0, err
		}
		return res[0].(int32), nil
	}).Register())
	named, err := rt.Instantiate(ctx, []byte(`(module (func (export "one") (result i32) (i32.const 1)))`), wasmspan.WithName("named"))
	noError(t, err)
	defer named.Close()
	module, err := rt.Compile([]byte(`(module (import "env" "take" (func $take (param i32) (result i32)))
	  (import "named" "one" (func $one (result i32)))
	  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
	  (memory (export "memory") 1) (data (i32.const 1) "\15")
	  (func (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
	  (func (export "_start") (call $exit (call $take (call $one)))))`))
	noError(t, err)
	for round := 1; round < 4; round++ {
		err = wasmspan.Command(context.WithValue(ctx, ctxKey{}, "v"), module, "x").Run()
		var exit *wasmspan.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 42 || len(got) != round || got[0] != 21 {
			t.Fatal(err, got)
		}
	}
	if err := wasmspan.Command(ctx, module, "x").Run(); err == nil || !strings.Contains(err.Error(), "another context") {
		t.Fatal(err)
	}
}

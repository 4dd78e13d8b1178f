// Package bench compares with wazero and wasmtime-go, and with bare calls between Go and C.
package bench

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bytecodealliance/wasmtime-go/v25"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
	"github.com/wasmspan/wasmspan/bindings-go/compat/wasmedge"
)

var ctx = context.Background()

var small = must(wasmtime.Wat2Wasm(`(module
  (import "env" "add" (func $add (param i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "host") (param i32) (loop $l (drop (call $add (local.get 0) (local.get 0)))
    (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))`))

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func add(a, b int32) int32 { return a + b }

func bindgenGuest(b *testing.B) *wasmspan.Instance {
	rt := must(wasmspan.New())
	code := must(os.ReadFile(filepath.Join("..", "..", "tests", "wasm", "bindgen-rust.wasm")))
	return must(must(rt.Compile(code)).Instantiate(ctx, wasmspan.WithWASI(wasmspan.WASI{})))
}

func ours(b *testing.B, code []byte) *wasmspan.Instance {
	rt := must(wasmspan.New())
	if err := rt.HostModule("env").Func("add", add).Register(); err != nil {
		b.Fatal(err)
	}
	return must(must(rt.Compile(code)).Instantiate(ctx))
}

func wazeros(b *testing.B, code []byte) api.Module {
	rt := wazero.NewRuntime(ctx)
	must(rt.NewHostModuleBuilder("env").NewFunctionBuilder().
		WithGoFunction(api.GoFunc(func(_ context.Context, stack []uint64) {
			stack[0] = uint64(uint32(add(int32(stack[0]), int32(stack[1]))))
		}), []api.ValueType{api.ValueTypeI32, api.ValueTypeI32}, []api.ValueType{api.ValueTypeI32}).
		Export("add").Instantiate(ctx))
	return must(rt.Instantiate(ctx, code))
}

func wasmtimes(b *testing.B, code []byte) (*wasmtime.Store, *wasmtime.Instance) {
	engine := wasmtime.NewEngine()
	store := wasmtime.NewStore(engine)
	linker := wasmtime.NewLinker(engine)
	if err := linker.DefineFunc(store, "env", "add", add); err != nil {
		b.Fatal(err)
	}
	return store, must(linker.Instantiate(store, must(wasmtime.NewModule(engine, code))))
}

func BenchmarkCall(b *testing.B) {
	b.Run("cgo", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			bareCall(1, 2)
		}
	})
	b.Run("wasmspan", func(b *testing.B) {
		f := must(wasmspan.Func2[int32, int32, int32](ours(b, small), "add"))
		for i := 0; i < b.N; i++ {
			must(f(ctx, 1, 2))
		}
	})
	b.Run("wasmedge", func(b *testing.B) {
		vm := wasmedge.NewVM()
		must(vm.RunWasmFile(filepath.Join("..", "..", "tests", "wasm", "fibonacci.wasm"), "fib", int32(1)))
		for i := 0; i < b.N; i++ {
			must(vm.Execute("fib", int32(1)))
		}
	})
	b.Run("wazero", func(b *testing.B) {
		f := wazeros(b, small).ExportedFunction("add")
		stack := make([]uint64, 2)
		for i := 0; i < b.N; i++ {
			stack[0], stack[1] = 1, 2
			if err := f.CallWithStack(ctx, stack); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("wasmtime", func(b *testing.B) {
		store, instance := wasmtimes(b, small)
		f := instance.GetFunc(store, "add")
		for i := 0; i < b.N; i++ {
			must(f.Call(store, int32(1), int32(2)))
		}
	})
}

// One operation is one call of Go by the guest.
func BenchmarkHostCall(b *testing.B) {
	b.Run("cgo", func(b *testing.B) { bareLoop(b.N) })
	b.Run("wasmspan", func(b *testing.B) {
		f := must(wasmspan.Proc1[int32](ours(b, small), "host"))
		if err := f(ctx, int32(b.N)); err != nil {
			b.Fatal(err)
		}
	})
	b.Run("wazero", func(b *testing.B) {
		must(wazeros(b, small).ExportedFunction("host").Call(ctx, uint64(b.N)))
	})
	b.Run("wasmtime", func(b *testing.B) {
		store, instance := wasmtimes(b, small)
		must(instance.GetFunc(store, "host").Call(store, int32(b.N)))
	})
}

func BenchmarkMemory64KiB(b *testing.B) {
	buffer := make([]byte, 64<<10)
	b.Run("copy", func(b *testing.B) {
		to := make([]byte, 64<<10)
		for i := 0; i < b.N; i++ {
			bareCall(1, 2)
			copy(to, buffer)
			bareCall(1, 2)
			copy(buffer, to)
		}
	})
	b.Run("wasmspan", func(b *testing.B) {
		memory := ours(b, small).Memory("memory")
		for i := 0; i < b.N; i++ {
			must(memory.WriteAt(buffer, 4096))
			must(memory.ReadAt(buffer, 4096))
		}
	})
}

func BenchmarkFib30(b *testing.B) {
	code := must(os.ReadFile(filepath.Join("..", "..", "tests", "wasm", "fibonacci.wasm")))
	b.Run("wasmspan", func(b *testing.B) {
		f := must(wasmspan.Func1[int32, int32](ours(b, code), "fib"))
		for i := 0; i < b.N; i++ {
			must(f(ctx, 30))
		}
	})
	b.Run("wazero", func(b *testing.B) {
		f := wazeros(b, code).ExportedFunction("fib")
		for i := 0; i < b.N; i++ {
			must(f.Call(ctx, 30))
		}
	})
}

// A guest of wasmedge-bindgen: one operation takes a text of 100 bytes and gives it back.
func BenchmarkBindgen100Bytes(b *testing.B) {
	instance := bindgenGuest(b)
	text := strings.Repeat("x", 100)
	b.Run("wasmspan", func(b *testing.B) {
		guest := must(wasmspan.NewBindgen(ctx, instance))
		for i := 0; i < b.N; i++ {
			must(guest.Call(ctx, "echo_string", text))
		}
	})
	// The same steps one by one.
	b.Run("by-hand", func(b *testing.B) {
		memory := instance.Memory("memory")
		allocate := must(wasmspan.Func1[uint32, uint32](instance, "allocate"))
		deallocate := must(wasmspan.Proc2[uint32, uint32](instance, "deallocate"))
		echo := must(wasmspan.Func2[uint32, uint32, uint32](instance, "echo_string"))
		word := binary.LittleEndian
		words := make([]byte, 12)
		for i := 0; i < b.N; i++ {
			frame, place := must(allocate(ctx, 8)), must(allocate(ctx, uint32(len(text))))
			must(memory.WriteAt([]byte(text), int64(place)))
			word.PutUint32(words, place)
			word.PutUint32(words[4:], uint32(len(text)))
			must(memory.WriteAt(words[:8], int64(frame)))
			record := must(echo(ctx, frame, 1))
			must(memory.ReadAt(words[:4], int64(record)+1))
			table := word.Uint32(words)
			must(memory.ReadAt(words, int64(table)))
			address, size := word.Uint32(words), word.Uint32(words[8:])
			answer := make([]byte, size)
			must(memory.ReadAt(answer, int64(address)))
			if string(answer) != text {
				b.Fatal("another text")
			}
			for _, block := range [][2]uint32{{address, size}, {table, 12}, {record, 9}, {frame, 8}} {
				if err := deallocate(ctx, block[0], block[1]); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

// One operation is a vector of 10 MB into the guest, or into it and out of it.
func BenchmarkBindgen10MB(b *testing.B) {
	const size = 10_000_000
	guest := must(wasmspan.NewBindgen(ctx, bindgenGuest(b)))
	data, to := bytes.Repeat([]byte{1}, size), make([]byte, size)
	b.Run("copy", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			copy(to, data)
		}
	})
	b.Run("in", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			must(guest.Call(ctx, "take_bytes", data))
		}
	})
	b.Run("copy-in-and-out", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			copy(to, data)
			_ = append([]byte(nil), to...)
		}
	})
	b.Run("in-and-out", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			must(guest.Call(ctx, "echo_u8s", data))
		}
	})
}

// Larger programs, which tests/wasm/README.md describes.
func BenchmarkPrograms(b *testing.B) {
	for _, name := range []string{"nbody", "quicksort", "sha256"} {
		code := must(os.ReadFile(filepath.Join("..", "..", "tests", "wasm", name+".wasm")))
		b.Run(name+"/wasmspan", func(b *testing.B) {
			instance := ours(b, code)
			// As wazero does where there is one.
			if _, err := instance.FuncType("_initialize"); err == nil {
				must(instance.Call(ctx, "_initialize"))
			}
			must(instance.Call(ctx, "setup"))
			run := must(wasmspan.Func0[int64](instance, "run"))
			b.ResetTimer()
			for i := 0; i < b.N; i++ {
				must(run(ctx))
			}
		})
		b.Run(name+"/wazero", func(b *testing.B) {
			module := wazeros(b, code)
			must(module.ExportedFunction("setup").Call(ctx))
			run := module.ExportedFunction("run")
			b.ResetTimer()
			for i := 0; i < b.N; i++ {
				must(run.Call(ctx))
			}
		})
	}
}

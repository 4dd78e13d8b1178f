package wasmspan_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// From an empty folder to a program that runs, with nothing but the files that make dist writes; and once more vendored.
func TestInstallFromFileProxy(t *testing.T) {
	if testing.Short() {
		t.Skip("packs and unpacks all modules")
	}
	proxy, home, program := t.TempDir(), t.TempDir(), t.TempDir()
	// The module cache is read-only, which TempDir cannot remove.
	t.Cleanup(func() { exec.Command("chmod", "-R", "u+w", home).Run() })
	run := func(dir string, env []string, name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), env...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
	run(".", nil, "./proxy.sh", proxy)
	noError(t, os.WriteFile(filepath.Join(program, "main.go"), []byte(`package main

import (
	"context"
	"fmt"

	wasmedge "github.com/second-state/WasmEdge-go/wasmedge"
	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

const code = "(module (func (export \"f\") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))"

func main() {
	rt, err := wasmspan.New()
	if err != nil {
		panic(err)
	}
	module, err := rt.Compile([]byte(code))
	if err != nil {
		panic(err)
	}
	instance, err := module.Instantiate(context.Background())
	if err != nil {
		panic(err)
	}
	double, err := wasmspan.Func1[int32, int32](instance, "f")
	if err != nil {
		panic(err)
	}
	fmt.Println(double(context.Background(), 21))
	// Both packages in one program.
	vm := wasmedge.NewVM()
	defer vm.Release()
	fmt.Println(vm.RunWasmBuffer([]byte(code), "f", int32(21)))
}
`), 0o644))
	noError(t, os.WriteFile(filepath.Join(program, "go.mod"), []byte(`module program

go 1.21

require (
	github.com/second-state/WasmEdge-go v0.11.2
	github.com/wasmspan/wasmspan/bindings-go v0.1.0
)

replace github.com/second-state/WasmEdge-go => github.com/wasmspan/wasmspan/bindings-go/compat v0.1.0
`), 0o644))
	env := []string{"GOPROXY=file://" + proxy, "GONOSUMDB=*", "GONOSUMCHECK=1", "GOFLAGS=-mod=mod", "GOMODCACHE=" + home, "GOTOOLCHAIN=local", "GONOPROXY=none"}
	const want = "42 <nil>\n[42] <nil>\n"
	run(program, env, "go", "build", "-o", "program", ".")
	if out := run(program, nil, "./program"); out != want {
		t.Fatal(out)
	}
	run(program, env, "go", "mod", "vendor")
	run(program, append(env, "GOFLAGS=-mod=vendor", "GOPROXY=off"), "go", "build", "-o", "vendored", ".")
	if out := run(program, nil, "./vendored"); out != want {
		t.Fatal(out)
	}
}

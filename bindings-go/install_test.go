package wasmspan_test

import (
	"archive/zip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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

const binary = "\x00asm\x01\x00\x00\x00\x01\x06\x01\x60\x01\x7f\x01\x7f\x03\x02\x01\x00\x07\x05\x01\x01f\x00\x00" +
	"\x0a\x09\x01\x07\x00\x20\x00\x41\x02\x6c\x0b"

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
	fmt.Println(vm.RunWasmBuffer([]byte(binary), "f", int32(21)))
}
`), 0o644))
	env := []string{"GOPROXY=file://" + proxy, "GONOSUMDB=*", "GONOSUMCHECK=1", "GOFLAGS=-mod=mod", "GOMODCACHE=" + home, "GOTOOLCHAIN=local", "GONOPROXY=none"}
	const want = "42 <nil>\n[42] <nil>\n"
	// A module with nothing but the line that the documents advertise; a test too, as programs have them.
	noError(t, os.WriteFile(filepath.Join(program, "program_test.go"), []byte("package main\n\nimport \"testing\"\n\nfunc TestProgram(t *testing.T) { main() }\n"), 0o644))
	noError(t, os.WriteFile(filepath.Join(program, "go.mod"), []byte(`module program

go 1.21

replace github.com/second-state/WasmEdge-go => github.com/wasmspan/wasmspan/bindings-go/compat v0.1.0
`), 0o644))
	for _, args := range [][]string{{"mod", "edit", "-require", "github.com/second-state/WasmEdge-go@v0.11.2"}, {"mod", "tidy"}, {"mod", "verify"},
		{"get", "github.com/wasmspan/wasmspan/bindings-go"}, {"mod", "tidy"}, {"vet", "./..."}, {"build", "-o", "program", "."},
		{"mod", "vendor"}} {
		run(program, env, "go", args...)
	}
	if out := run(program, nil, "./program"); out != want {
		t.Fatal(out)
	}
	run(program, append(env, "GOFLAGS=-mod=vendor", "GOPROXY=off"), "go", "build", "-o", "vendored", ".")
	if out := run(program, nil, "./vendored"); out != want {
		t.Fatal(out)
	}
	// Every module has its licence, and nothing that only its own tests need.
	zips, err := filepath.Glob(filepath.Join(proxy, "github.com", "wasmspan", "wasmspan", "bindings-go", "*", "@v", "*.zip"))
	noError(t, err)
	more, err := filepath.Glob(filepath.Join(proxy, "github.com", "wasmspan", "wasmspan", "bindings-go", "@v", "*.zip"))
	noError(t, err)
	lib, err := filepath.Glob(filepath.Join(proxy, "github.com", "wasmspan", "wasmspan", "bindings-go", "lib", "*", "@v", "*.zip"))
	noError(t, err)
	if zips = append(append(zips, more...), lib...); len(zips) != 4 {
		t.Fatal(zips)
	}
	for _, path := range zips {
		packed, err := zip.OpenReader(path)
		noError(t, err)
		licence := false
		for _, file := range packed.File {
			licence = licence || strings.HasSuffix(file.Name, "/LICENSE") && file.UncompressedSize64 > 10000
			if strings.HasSuffix(file.Name, "_test.go") {
				t.Error(file.Name)
			}
		}
		packed.Close()
		if !licence {
			t.Error("no licence in", path)
		}
	}
}

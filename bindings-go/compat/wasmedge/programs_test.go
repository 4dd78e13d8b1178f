package wasmedge_test

import (
	"io/ioutil"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Programs written for WasmEdge-go, in a module that differs from theirs by one replace line, built offline.
func TestProgramsWithOneReplaceLine(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and links a dozen programs")
	}
	programs, err := filepath.Abs(filepath.Join("..", "testdata", "programs"))
	noError(t, err)
	bin, err := ioutil.TempDir("", "programs")
	noError(t, err)
	defer os.RemoveAll(bin)
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", bin, "./...")
	build.Dir = programs
	build.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=mod", "GONOSUMDB=*")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{"fibonacci.wasm", "hello-c.wasm", "bindgen-rust.wasm"} {
		bytes, err := ioutil.ReadFile(guest(name))
		noError(t, err)
		noError(t, ioutil.WriteFile(filepath.Join(bin, name), bytes, 0o644))
	}
	list, err := ioutil.ReadDir(programs)
	noError(t, err)
	ran := 0
	for _, entry := range list {
		if !entry.IsDir() {
			continue
		}
		ran++
		dir, name := filepath.Join(programs, entry.Name()), entry.Name()
		t.Run(name, func(t *testing.T) {
			read := func(file string) string {
				bytes, _ := ioutil.ReadFile(filepath.Join(dir, file))
				return string(bytes)
			}
			if name == "greet" {
				noError(t, ioutil.WriteFile(filepath.Join(bin, "greet.wasm"), wasm(t, read("greet.wat")), 0o644))
			}
			run := exec.Command(filepath.Join(bin, name), strings.Fields(read("args.txt"))...)
			run.Dir = bin
			out, err := run.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if pattern := strings.TrimSuffix(read("output.pattern"), "\n"); pattern != "" {
				if !regexp.MustCompile("^" + pattern + "\n?$").Match(out) {
					t.Fatalf("the output is\n%s", out)
				}
			} else {
				equal(t, string(out), read("output.txt"))
			}
			if name == "compilercli" {
				if _, err := os.Stat(filepath.Join(bin, "compiled.wasm")); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	if ran < 16 {
		t.Fatalf("only %d programs", ran)
	}
}

// The public package for guests of wasmedge-bindgen, as it is, over this one.
func TestPublicBindgenHost(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and links a program")
	}
	programs := filepath.Join("..", "testdata", "programs")
	bin, err := ioutil.TempDir("", "public")
	noError(t, err)
	defer os.RemoveAll(bin)
	run := func(name string, args ...string) (string, error) {
		command := exec.Command(name, args...)
		command.Dir = programs
		out, err := command.CombinedOutput()
		return string(out), err
	}
	if out, err := run("go", "mod", "download", "-modfile=public.mod", "github.com/second-state/wasmedge-bindgen"); err != nil {
		t.Skip("the package can't be downloaded here: ", out)
	}
	program := filepath.Join(bin, "program")
	if out, err := run("go", "build", "-modfile=public.mod", "-o", program, "./bindgennew"); err != nil {
		t.Fatal(out)
	}
	guest, err := filepath.Abs(guest("bindgen-rust.wasm"))
	noError(t, err)
	out, err := run(program, guest)
	noError(t, err)
	wanted, err := ioutil.ReadFile(filepath.Join(programs, "bindgennew", "output.txt"))
	noError(t, err)
	equal(t, out, string(wanted))
}

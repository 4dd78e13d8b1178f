package wasmedge_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/wasmspan/wasmspan/bindings-go/compat/wasmedge"
)

func TestMain(m *testing.M) {
	// The tests provoke errors on purpose.
	wasmedge.SetLogOff()
	os.Exit(m.Run())
}

// A guest of the project's common test guests.
func guest(name string) string { return filepath.Join("..", "..", "..", "tests", "wasm", name) }

// fibonacci is what the documents call fibonacci.wasm.
var fibonacci = guest("fibonacci.wasm")

// count is how often something is done: few times in short runs, and as the environment says in long ones (make soak).
func count(t testing.TB, name string, usual, short int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	if testing.Short() {
		return short
	}
	return usual
}

func noError(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func message(t testing.TB, err error, want string) {
	t.Helper()
	if err == nil || err.Error() != want {
		t.Fatalf("error %v, wanted %q", err, want)
	}
}

func equal(t testing.TB, got, want interface{}) {
	t.Helper()
	if got != want {
		t.Fatalf("got %v (%T), wanted %v (%T)", got, got, want, want)
	}
}

// code is the code of the engine's or a host function's error.
func code(t testing.TB, err error) int {
	t.Helper()
	var result *wasmedge.Result
	if !errors.As(err, &result) {
		t.Fatalf("%v (%T) is no *Result", err, err)
	}
	return result.GetCode()
}

// wasm is the binary of a module in text form.
func wasm(t testing.TB, text string) []byte {
	t.Helper()
	bytes, err := wasmedge.WasmOf(text)
	noError(t, err)
	return bytes
}

// vmWith has a module in text form instantiated, with host modules.
func vmWith(t testing.TB, text string, hosts ...*wasmedge.Module) *wasmedge.VM {
	t.Helper()
	vm := wasmedge.NewVM()
	for _, host := range hosts {
		noError(t, vm.RegisterModule(host))
	}
	noError(t, vm.LoadWasmBuffer(wasm(t, text)))
	noError(t, vm.Validate())
	noError(t, vm.Instantiate())
	return vm
}

type hostBody = func(data interface{}, frame *wasmedge.CallingFrame, params []interface{}) ([]interface{}, wasmedge.Result)

// hostModule has one function.
func hostModule(module, name string, params, results []wasmedge.ValType, body hostBody, data interface{}) *wasmedge.Module {
	ftype := wasmedge.NewFunctionType(params, results)
	defer ftype.Release()
	host := wasmedge.NewModule(module)
	host.AddFunction(name, wasmedge.NewFunction(ftype, body, data, 0))
	return host
}

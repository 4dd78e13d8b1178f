// Command server-deadline answers HTTP requests with a WebAssembly function, a fresh instance and a deadline for each:
//
//	curl http://localhost:8080/?n=20
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log"
	"net/http"
	"strconv"
	"time"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

// The guest's module; with n = 0 it never ends.
//
//go:embed handler.wat
var guest []byte

// How long a request may take.
const deadline = 200 * time.Millisecond

// handler answers requests with the guest's function.
func handler(module *wasmspan.Module) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), deadline)
		defer cancel()
		n, err := strconv.Atoi(r.FormValue("n"))
		if err != nil {
			http.Error(w, "n is no number", http.StatusBadRequest)
			return
		}
		answer, err := fibonacci(ctx, module, int32(n))
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			http.Error(w, "the guest took too long", http.StatusGatewayTimeout)
		case err != nil:
			http.Error(w, err.Error(), http.StatusInternalServerError)
		default:
			fmt.Fprintln(w, answer)
		}
	})
}

func fibonacci(ctx context.Context, module *wasmspan.Module, n int32) (int64, error) {
	instance, err := module.Instantiate(ctx)
	if err != nil {
		return 0, err
	}
	defer instance.Close()
	f, err := wasmspan.Func1[int32, int64](instance, "fibonacci")
	if err != nil {
		return 0, err
	}
	return f(ctx, n)
}

func main() {
	rt, err := wasmspan.New()
	if err != nil {
		log.Fatal(err)
	}
	module, err := rt.Compile(guest)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("localhost:8080", handler(module)))
}

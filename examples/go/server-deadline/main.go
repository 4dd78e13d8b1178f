// Command server-deadline is an HTTP server that runs untrusted handlers: each request gets a fresh instance, so much time
// and so much memory.
//
//	server-deadline [PORT [DEADLINE]]          then: curl localhost:8080/double/21, /spin, /grow, /trap
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

// What users uploaded. Compiled once; instances share the code and nothing else.
const handlers = `(module
  (import "host" "lookup" (func $lookup (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "double") (param i32) (result i32) (i32.mul (call $lookup (local.get 0)) (i32.const 2)))
  (func (export "spin") (param i32) (result i32) (loop (br 0)) (unreachable))
  (func (export "grow") (param i32) (result i32)
    (loop (br_if 0 (i32.ge_s (memory.grow (i32.const 1)) (i32.const 0)))) (memory.size))
  (func (export "trap") (param i32) (result i32) (unreachable)))`

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

// newPool makes a pool of at most 100 instances of the handlers.
func newPool() *wasmspan.Pool {
	rt := must(wasmspan.New(wasmspan.WithLimits(wasmspan.Limits{MemoryPages: 16})))
	err := rt.HostModule("host").Func("lookup", func(key int32) int32 { return key }).Register()
	if err != nil {
		log.Fatal(err)
	}
	return must(must(rt.Compile([]byte(handlers))).NewPool(100))
}

// answer has a guest handle a path; it gives status and text.
func answer(ctx context.Context, pool *wasmspan.Pool, path string) (int, string) {
	instance, err := pool.Get(ctx)
	if err != nil {
		return http.StatusServiceUnavailable, err.Error()
	}
	defer instance.Close()
	name, argument, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	handler, err := wasmspan.Func1[int32, int32](instance, name)
	if err != nil {
		return http.StatusNotFound, "no such handler"
	}
	number, _ := strconv.Atoi(argument)
	result, err := handler(ctx, int32(number))
	var trap *wasmspan.Trap
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusGatewayTimeout, "the handler ran out of time"
	case errors.As(err, &trap):
		return http.StatusInternalServerError, trap.Code.String()
	case err != nil:
		return http.StatusInternalServerError, err.Error()
	}
	return http.StatusOK, strconv.Itoa(int(result))
}

// serve gives each request so much time; less if the client goes away.
func serve(pool *wasmspan.Pool, deadline time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), deadline)
		defer cancel()
		status, text := answer(ctx, pool, r.URL.Path)
		w.WriteHeader(status)
		fmt.Fprintln(w, text)
	})
}

func main() {
	port, deadline := "8080", "100"
	for at, to := range []*string{&port, &deadline} {
		if at+1 < len(os.Args) {
			*to = os.Args[at+1]
		}
	}
	listener := must(net.Listen("tcp", "localhost:"+port))
	fmt.Println("listening on", listener.Addr().(*net.TCPAddr).Port)
	milliseconds := must(strconv.Atoi(deadline))
	log.Fatal(http.Serve(listener, serve(newPool(), time.Duration(milliseconds)*time.Millisecond)))
}

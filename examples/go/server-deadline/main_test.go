package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

// One request in a hundred never ends by itself: it times out, and the others are served.
func TestLoad(t *testing.T) {
	rt, err := wasmspan.New()
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	module, err := rt.Compile(guest)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler(module))
	defer server.Close()
	const clients, requests = 8, 250
	var served, late atomic.Int32
	var group sync.WaitGroup
	for c := 0; c < clients; c++ {
		c := c
		group.Add(1)
		go func() {
			defer group.Done()
			for r := 0; r < requests; r++ {
				n, status, want := "20", http.StatusOK, "6765\n"
				if (r*clients+c)%100 == 0 {
					n, status, want = "0", http.StatusGatewayTimeout, "the guest took too long\n"
				}
				response, err := http.Get(server.URL + "/?n=" + n)
				if err != nil {
					t.Error(err)
					return
				}
				body, _ := io.ReadAll(response.Body)
				response.Body.Close()
				if response.StatusCode != status || string(body) != want {
					t.Errorf("n=%s: %d %s", n, response.StatusCode, body)
				} else if n == "0" {
					late.Add(1)
				} else {
					served.Add(1)
				}
			}
		}()
	}
	group.Wait()
	if served.Load()+late.Load() != clients*requests || late.Load() != clients*requests/100 {
		t.Fatal(served.Load(), "served,", late.Load(), "late")
	}
}

package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// One request in a hundred never ends by itself: it times out, and the others are served.
func TestLoad(t *testing.T) {
	server := httptest.NewServer(serve(newPool(), 200*time.Millisecond))
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
				path, status, want := "/double/21", http.StatusOK, "42\n"
				spins := (r*clients+c)%100 == 0
				if spins {
					path, status, want = "/spin/0", http.StatusGatewayTimeout, "the handler ran out of time\n"
				}
				response, err := http.Get(server.URL + path)
				if err != nil {
					t.Error(err)
					return
				}
				body, _ := io.ReadAll(response.Body)
				response.Body.Close()
				if response.StatusCode != status || string(body) != want {
					t.Errorf("%s: %d %s", path, response.StatusCode, body)
				} else if spins {
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

// Command memory-files gives a guest files that are only in memory, a directory that it may change without changing it,
// and files of package fs.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"testing/fstest"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

// Reads a text from "in/text", writes it in capitals to "out/text", and removes what it read if it can.
const shout = `(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1) (data (i32.const 64) "text")
  (func $or_exit (param i32) (if (local.get 0) (then (call $exit (local.get 0)))))
  (func (export "_start") (local $at i32)
    (call $or_exit (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4)
      (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0)))
    (call $or_exit (call $open (i32.const 4) (i32.const 0) (i32.const 64) (i32.const 4)
      (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 4)))
    (i32.store (i32.const 16) (i32.const 1024)) (i32.store (i32.const 20) (i32.const 4096))
    (call $or_exit (call $read (i32.load (i32.const 0)) (i32.const 16) (i32.const 1) (i32.const 8)))
    (local.set $at (i32.add (i32.const 1024) (i32.load (i32.const 8))))
    (block $done (loop $next
      (br_if $done (i32.eq (local.get $at) (i32.const 1024)))
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (if (i32.lt_u (i32.sub (i32.load8_u (local.get $at)) (i32.const 97)) (i32.const 26))
        (then (i32.store8 (local.get $at) (i32.sub (i32.load8_u (local.get $at)) (i32.const 32)))))
      (br $next)))
    (i32.store (i32.const 20) (i32.load (i32.const 8)))
    (call $or_exit (call $write (i32.load (i32.const 4)) (i32.const 16) (i32.const 1) (i32.const 8)))
    (drop (call $unlink (i32.const 3) (i32.const 64) (i32.const 4)))))`

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	rt := must(wasmspan.New())
	defer rt.Close()
	module := must(rt.Compile([]byte(shout)))
	run := func(in wasmspan.Mount) *wasmspan.MemFS {
		out := wasmspan.NewMemFS(0)
		in.Guest = "/in"
		cmd := wasmspan.Command(context.Background(), module, "shout")
		cmd.Mounts = []wasmspan.Mount{in, {FS: out, Guest: "/out"}}
		if err := cmd.Run(); err != nil {
			log.Fatal(err)
		}
		return out
	}

	input := wasmspan.NewMemFS(0)
	if err := input.WriteFile("text", []byte("quiet please")); err != nil {
		log.Fatal(err)
	}
	output := run(wasmspan.Mount{FS: input})
	fmt.Printf("written: %s\n", must(output.ReadFile("text")))
	fmt.Println("left:", must(input.ReadDir(".")))

	// Over a directory of this machine: the guest sees what is there, and only the memory changes.
	folder := must(os.MkdirTemp("", "wasmspan-"))
	defer os.RemoveAll(folder)
	if err := os.WriteFile(filepath.Join(folder, "text"), []byte("as it was"), 0o666); err != nil {
		log.Fatal(err)
	}
	over := must(wasmspan.NewOverlay(folder, 0))
	run(wasmspan.Mount{FS: over})
	fmt.Println("changes:", must(over.Changes()))
	fmt.Println("on disk:", len(must(os.ReadDir(folder))))

	// Any fs.FS: embedded files, a zip archive, a map. The guest reads it in place.
	output = run(wasmspan.Mount{FS: fstest.MapFS{"text": {Data: []byte("from a map")}}})
	fmt.Printf("written: %s\n", must(output.ReadFile("text")))
}

// Prints:
// written: QUIET PLEASE
// left: []
// changes: [{removed text}]
// on disk: 1
// written: FROM A MAP

// Command memory-files gives a guest files that are only in memory, and a directory that it may change without changing it.
package main

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

// sql runs SQLite, which was written in C, on the file app.db in files; it gives what SQLite prints.
func sql(sqlite *wasmspan.Module, files *wasmspan.MemFS, statements string) string {
	cmd := wasmspan.Command(context.Background(), sqlite, "sqlite", "/data/app.db")
	cmd.Mounts = []wasmspan.Mount{{FS: files, Guest: "/data"}}
	cmd.Stdin = strings.NewReader(statements)
	return string(must(cmd.Output()))
}

func main() {
	rt := must(wasmspan.New())
	defer rt.Close()
	sqlite := must(rt.CompileFile("../../tests/wasm/sqlite-cli.wasm"))
	files := wasmspan.NewMemFS(0)
	sql(sqlite, files, "CREATE TABLE t(n); INSERT INTO t VALUES (20), (22);\n")
	fmt.Print("sum: ", sql(sqlite, files, "SELECT sum(n) FROM t;\n"))
	for _, entry := range must(files.ReadDir(".")) {
		fmt.Println("files:", entry.Name())
	}

	// Over a directory of this machine: the guest sees what is there, and only the memory changes.
	folder := must(os.MkdirTemp("", "wasmspan-"))
	defer os.RemoveAll(folder)
	database := must(files.ReadFile("app.db"))
	if err := os.WriteFile(filepath.Join(folder, "app.db"), database, 0o666); err != nil {
		log.Fatal(err)
	}
	over := must(wasmspan.NewOverlay(folder, 0))
	sql(sqlite, over, "DELETE FROM t;\n")
	for _, change := range must(over.Changes()) {
		fmt.Println("changes:", change.Kind, change.Path)
	}
	if bytes.Equal(must(os.ReadFile(filepath.Join(folder, "app.db"))), database) {
		fmt.Println("on disk: as it was")
	}
}

package wasmspan_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

// SQLite is compiled once for all tests.
var (
	sqlite     *wasmspan.Module
	sqliteOnce sync.Once
)

// sql runs a line of SQLite on the database /data/app.db among these files.
func sql(t testing.TB, line string, mount wasmspan.Mount) (string, error) {
	t.Helper()
	sqliteOnce.Do(func() {
		rt, err := wasmspan.New()
		noError(t, err)
		sqlite, err = rt.CompileFile(guest("sqlite-cli.wasm"))
		noError(t, err)
	})
	cmd := wasmspan.Command(ctx, sqlite, "sqlite", "/data/app.db")
	cmd.Stdin = strings.NewReader(line + "\n")
	mount.Guest = "/data"
	cmd.Mounts = []wasmspan.Mount{mount}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func ExampleMemFS() {
	files := wasmspan.NewMemFS(0)
	defer files.Close()
	if err := files.WriteFile("in/greeting", []byte("hello")); err != nil {
		panic(err)
	}
	fmt.Println(fs.Glob(files, "in/*"))
	fmt.Println(files.Changes())
	// A guest sees them as /data.
	_ = wasmspan.Mount{FS: files, Guest: "/data"}
	// Output:
	// [in/greeting] <nil>
	// [{added in} {added in/greeting}] <nil>
}

func TestMemFS(t *testing.T) {
	files := wasmspan.NewMemFS(0)
	if out, err := sql(t, "CREATE TABLE t(n); INSERT INTO t VALUES (20), (22);", wasmspan.Mount{FS: files}); err != nil {
		t.Fatal(out, err)
	}
	out, err := sql(t, "SELECT sum(n) FROM t;", wasmspan.Mount{FS: files})
	if noError(t, err); out != "42\n" {
		t.Fatal(out)
	}
	database, err := files.ReadFile("app.db")
	noError(t, err)
	if !bytes.HasPrefix(database, []byte("SQLite format 3")) || files.Used() < uint64(len(database)) {
		t.Fatal(len(database), files.Used())
	}
	noError(t, files.MkdirAll("a/b"))
	noError(t, files.WriteFile("a/empty", nil))
	noError(t, fstest.TestFS(files, "app.db", "a/b", "a/empty"))
	for name, want := range map[string]error{"absent": fs.ErrNotExist, "app.db/x": fs.ErrNotExist, "/app.db": fs.ErrInvalid, "../x": fs.ErrInvalid} {
		if _, err := files.ReadFile(name); !errors.Is(err, want) {
			t.Error(name, err)
		}
	}
	if err := wasmspan.NewMemFS(1000).WriteFile("x", make([]byte, 2000)); err == nil {
		t.Error("that is more than its room")
	}
	noError(t, files.Close())
	if _, err := files.ReadFile("app.db"); !errors.Is(err, fs.ErrClosed) {
		t.Error(err)
	}
	// An overlay: the host's directory stays as it is.
	host := t.TempDir()
	noError(t, os.WriteFile(filepath.Join(host, "app.db"), database, 0o666))
	over, err := wasmspan.NewOverlay(host, 0)
	noError(t, err)
	if out, err := sql(t, "DROP TABLE t;", wasmspan.Mount{FS: over}); err != nil {
		t.Fatal(out, err)
	}
	changes, err := over.Changes()
	noError(t, err)
	if fmt.Sprint(changes) != "[{modified app.db}]" {
		t.Error(changes)
	}
	if now, err := os.ReadFile(filepath.Join(host, "app.db")); err != nil || !bytes.Equal(now, database) {
		t.Error("the host's file was changed", err)
	}
	if _, err := wasmspan.NewOverlay(filepath.Join(host, "absent"), 0); err == nil {
		t.Error("there is no such directory")
	}
}

// Writes bytes 4 to 8 of the file "file", and then the first two; exits with the number of the first error.
const pieces = `(module
  (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pread" (func $read (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 100) "file")
  (func $check (param i32) (if (local.get 0) (then (call $exit (local.get 0)))))
  (func $piece (param i64 i32)
    (i32.store (i32.const 0) (i32.const 1024))
    (i32.store (i32.const 4) (local.get 1))
    (call $check (call $read (i32.load (i32.const 8)) (i32.const 0) (i32.const 1) (local.get 0) (i32.const 4)))
    (call $check (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12))))
  (func (export "_start")
    (call $check (call $open (i32.const 3) (i32.const 0) (i32.const 100) (i32.const 4) (i32.const 0)
      (i64.const 6) (i64.const 0) (i32.const 0) (i32.const 8)))
    (call $piece (i64.const 4) (i32.const 4))
    (call $piece (i64.const 0) (i32.const 2))
    (call $piece (i64.const 8) (i32.const 100))))`

// Files of every kind of fs.FS, those too that can only be read from the beginning to the end.
func TestFSMounts(t *testing.T) {
	module := compiled(t, pieces)
	read := func(mount wasmspan.Mount) (string, error) {
		cmd := wasmspan.Command(ctx, module, "pieces")
		mount.Guest = "/data"
		cmd.Mounts = []wasmspan.Mount{mount}
		out, err := cmd.Output()
		return string(out), err
	}
	host := t.TempDir()
	noError(t, os.WriteFile(filepath.Join(host, "file"), []byte("0123456789"), 0o666))
	var packed bytes.Buffer
	writer := zip.NewWriter(&packed)
	entry, err := writer.Create("file")
	noError(t, err)
	_, err = entry.Write([]byte("0123456789"))
	noError(t, err)
	noError(t, writer.Close())
	unpacked, err := zip.NewReader(bytes.NewReader(packed.Bytes()), int64(packed.Len()))
	noError(t, err)
	memory := wasmspan.NewMemFS(0)
	noError(t, memory.WriteFile("file", []byte("0123456789")))
	for what, files := range map[string]fs.FS{
		"map": fstest.MapFS{"file": {Data: []byte("0123456789")}}, "host": os.DirFS(host), "zip": unpacked, "memory": memory,
	} {
		for range [2]int{} {
			if out, err := read(wasmspan.Mount{FS: files, ReadOnly: true}); err != nil || out != "45670189" {
				t.Error(what, out, err)
			}
		}
	}
	// Errors reach the guest as numbers of WASI.
	for _, c := range []struct {
		err  error
		exit int
	}{{fs.ErrNotExist, 44}, {fs.ErrPermission, 2}, {syscall.EMFILE, 33}, {errors.New("anything"), 29}} {
		_, err := read(wasmspan.Mount{FS: failingFS{c.err}})
		if exit := (*wasmspan.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != c.exit {
			t.Error(c.err, err)
		}
	}
	defer func() {
		if value := recover(); value != "a file system" {
			t.Error(value)
		}
	}()
	t.Error(read(wasmspan.Mount{FS: panicFS{}}))
}

type failingFS struct{ err error }

func (f failingFS) Open(string) (fs.File, error) { return nil, f.err }

type panicFS struct{}

func (panicFS) Open(string) (fs.File, error) { panic("a file system") }

// dirFS is a directory of the host, by names that were checked before.
type dirFS string

func (d dirFS) Open(name string) (fs.File, error) { return os.Open(filepath.Join(string(d), name)) }

func (d dirFS) OpenFile(name string, flag int, perm fs.FileMode) (wasmspan.WritableFile, error) {
	file, err := os.OpenFile(filepath.Join(string(d), name), flag, perm)
	if err != nil {
		return nil, err
	}
	return file, nil
}

func (d dirFS) Mkdir(name string, perm fs.FileMode) error {
	return os.Mkdir(filepath.Join(string(d), name), perm)
}
func (d dirFS) Remove(name string) error { return os.Remove(filepath.Join(string(d), name)) }

func (d dirFS) Rename(from, to string) error {
	return os.Rename(filepath.Join(string(d), from), filepath.Join(string(d), to))
}

// A program that makes, writes, cuts, lists, renames and removes files.
func TestWritableFS(t *testing.T) {
	host := t.TempDir()
	module, err := newRuntime(t).CompileFile(guest("toolchain-c.wasm"))
	noError(t, err)
	for _, files := range []fs.FS{dirFS(host), wasmspan.NewMemFS(0)} {
		cmd := wasmspan.Command(ctx, module, "files", "one", "two words")
		cmd.Env, cmd.Mounts = []string{"GREETING=hi"}, []wasmspan.Mount{{FS: files, Guest: "/data"}}
		var exit *wasmspan.ExitError
		if out, err := cmd.CombinedOutput(); string(out) != "hello hi\n" || !errors.As(err, &exit) || exit.ExitCode() != 7 {
			t.Error(string(out), err)
		}
		if left, err := fs.ReadDir(files, "."); err != nil || len(left) != 0 {
			t.Error(left, err)
		}
	}
	if out, err := sql(t, "CREATE TABLE t(n); INSERT INTO t VALUES (20), (22);", wasmspan.Mount{FS: dirFS(host)}); err != nil {
		t.Fatal(out, err)
	}
	if out, err := sql(t, "SELECT sum(n) FROM t;", wasmspan.Mount{Host: host}); err != nil || out != "42\n" {
		t.Fatal(out, err)
	}
	if out, err := sql(t, "DROP TABLE t;", wasmspan.Mount{FS: dirFS(host), ReadOnly: true}); err == nil {
		t.Error("the mount is read-only", out)
	}
}

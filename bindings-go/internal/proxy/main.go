// Command proxy writes the Go modules as files that the go command can use as a proxy:
//
//	proxy FOLDER VERSION
package main

import (
	"archive/zip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const root = "github.com/wasmspan/wasmspan/bindings-go"

// What is no part of a module: other modules and what only tests need.
var apart = map[string][]string{
	"":                {"lib", "compat", "bindgen", "internal"},
	"lib/linux-amd64": nil,
	"compat":          nil,
	"bindgen":         nil,
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: proxy FOLDER VERSION")
		os.Exit(2)
	}
	for module := range apart {
		if err := write(os.Args[1], module, os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, "proxy:", err)
			os.Exit(1)
		}
	}
}

func write(folder, module, version string) error {
	path := strings.TrimSuffix(root+"/"+module, "/")
	at := filepath.Join(folder, filepath.FromSlash(path), "@v")
	if err := os.MkdirAll(at, 0o755); err != nil {
		return err
	}
	mod, err := os.ReadFile(filepath.Join(module, "go.mod"))
	if err != nil {
		return err
	}
	info := fmt.Sprintf(`{"Version":"%s","Time":"2025-01-01T00:00:00Z"}`+"\n", version)
	for name, text := range map[string]string{"list": version + "\n", version + ".info": info, version + ".mod": string(mod)} {
		if err := os.WriteFile(filepath.Join(at, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	out, err := os.Create(filepath.Join(at, version+".zip"))
	if err != nil {
		return err
	}
	defer out.Close()
	z := zip.NewWriter(out)
	start := module
	if start == "" {
		start = "."
	}
	err = filepath.WalkDir(start, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(start, file)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			for _, other := range apart[module] {
				if inside == other {
					return fs.SkipDir
				}
			}
			// A folder with a go.mod is a module of its own.
			if _, err := os.Stat(filepath.Join(file, "go.mod")); err == nil && inside != "." {
				return fs.SkipDir
			}
			return nil
		}
		// Tests need modules and files that are not there: `go mod tidy` of whoever imports a package wants all that its
		// tests import.
		if strings.HasSuffix(inside, ".sh") || strings.HasSuffix(inside, "_test.go") || strings.HasPrefix(filepath.Base(inside), ".") {
			return nil
		}
		return add(z, path+"@"+version+"/"+filepath.ToSlash(inside), file)
	})
	if err != nil {
		return err
	}
	if err := add(z, path+"@"+version+"/LICENSE", filepath.Join("..", "LICENSE")); err != nil {
		return err
	}
	return z.Close()
}

func add(z *zip.Writer, name, file string) error {
	w, err := z.Create(name)
	if err != nil {
		return err
	}
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	_, err = io.Copy(w, in)
	return err
}

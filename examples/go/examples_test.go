// Package examples tests the programs in its folders.
package examples

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Each program says at its end what it prints. The server has a test of its own, and the demonstration is run by
// make demo.
func TestPrograms(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and links the programs")
	}
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", bin, "./...").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	programs, err := filepath.Glob("*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, file := range programs {
		name := filepath.Base(filepath.Dir(file))
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, wanted, ok := strings.Cut(string(source), "\n// Prints:\n// ")
		if !ok {
			continue
		}
		ran++
		t.Run(name, func(t *testing.T) {
			out, err := exec.Command(filepath.Join(bin, name)).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if wanted := strings.ReplaceAll(wanted, "\n// ", "\n"); string(out) != wanted {
				t.Errorf("it prints\n%s", out)
			}
		})
	}
	if ran != 9 {
		t.Errorf("%d programs say what they print", ran)
	}
}

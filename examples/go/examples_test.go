// Package examples tests the programs in its folders.
package examples

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The language and the time in a line of the demonstration.
var own = regexp.MustCompile(`(?m)^.{9}(.*?) +[\d.]+ ms( \w+)$`)

// The programs print what examples/output says, as those of the other languages do.
func TestPrograms(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and links the programs")
	}
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", bin, "./...").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	texts, err := filepath.Glob("../output/*.txt")
	if err != nil || len(texts) <= 10 {
		t.Fatal(texts, err)
	}
	for _, file := range texts {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		wanted, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			var got string
			cmd := exec.Command(filepath.Join(bin, name))
			switch name {
			case "server-deadline":
				got = served(t, cmd, strings.Split(strings.TrimSpace(string(wanted)), "\n"))
			case "demo":
				cmd.Dir = "../.."
				got = own.ReplaceAllString(printed(t, cmd), "$1$2")
			default:
				got = printed(t, cmd)
			}
			if got != string(wanted) {
				t.Errorf("it prints\n%s", got)
			}
		})
	}
}

func printed(t *testing.T, cmd *exec.Cmd) string {
	var errors strings.Builder
	cmd.Stderr = &errors
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, errors.String())
	}
	return string(out)
}

// served starts a server that says on which port it listens, and asks for the path that begins each line.
func served(t *testing.T, cmd *exec.Cmd, lines []string) string {
	cmd.Args = append(cmd.Args, "0", "1000")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
	}()
	said, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address := "http://localhost:" + strings.TrimSpace(strings.TrimPrefix(said, "listening on "))
	var got strings.Builder
	for _, line := range lines {
		path, _, _ := strings.Cut(line, " ")
		response, err := http.Get(address + path)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&got, "%s %d %s", path, response.StatusCode, text)
	}
	return got.String()
}

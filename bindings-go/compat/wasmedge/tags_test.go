package wasmedge_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Each tag of WasmEdge-go brings every name that programs with it may use.
func TestTags(t *testing.T) {
	for tags, names := range map[string][]string{
		"tensorflow": {"NewTensorflowModule", "NewTensorflowLiteModule"}, "tensorflowlite": {"NewTensorflowModule", "NewTensorflowLiteModule"},
		"image": {"NewImageModule"}, "image,tensorflow": {"NewImageModule", "NewTensorflowModule", "NewTensorflowLiteModule"}, "": nil,
	} {
		files, err := exec.Command("go", "list", "-tags", tags, "-f", `{{join .GoFiles " "}}`, ".").Output()
		noError(t, err)
		var found []string
		for _, file := range strings.Fields(string(files)) {
			if strings.HasPrefix(file, "ext_") {
				text, err := os.ReadFile(file)
				noError(t, err)
				found = append(found, string(text))
			}
		}
		for _, name := range names {
			equal(t, strings.Count(strings.Join(found, ""), "func "+name+"() *Module"), 1)
		}
		equal(t, strings.Count(strings.Join(found, ""), "\nfunc "), len(names))
	}
}

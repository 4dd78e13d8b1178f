package wasmedge

// #include "shim.h"
import "C"

// GetVersion gives the release of WasmEdge whose interface this is.
func GetVersion() string { return C.GoString(C.WasmEdge_VersionGet()) }

// GetVersionMajor gives the first number of GetVersion.
func GetVersionMajor() uint { return uint(C.WasmEdge_VersionGetMajor()) }

// GetVersionMinor gives the second number of GetVersion.
func GetVersionMinor() uint { return uint(C.WasmEdge_VersionGetMinor()) }

// GetVersionPatch gives the third number of GetVersion.
func GetVersionPatch() uint { return uint(C.WasmEdge_VersionGetPatch()) }

// SetLogErrorLevel writes errors to the log, which is standard error; this is the default.
func SetLogErrorLevel() { C.WasmEdge_LogSetErrorLevel() }

// SetLogDebugLevel writes everything to the log.
func SetLogDebugLevel() { C.WasmEdge_LogSetDebugLevel() }

// SetLogOff writes nothing to the log.
func SetLogOff() { C.WasmEdge_LogOff() }

// LoadPluginDefaultPaths is there for programs that call it. Plug-ins are not loaded.
func LoadPluginDefaultPaths() { C.WasmEdge_PluginLoadWithDefaultPaths() }

// RunWasmEdgeCLI runs the command wasmedge with its arguments, the program's name first, and gives the exit code.
func RunWasmEdgeCLI(argv []string) int {
	args := cStrings(argv)
	defer args.free()
	return int(C.WasmEdge_Driver_Tool(C.int(args.len), args.first))
}

// RunWasmEdgeAOTCompilerCLI runs the command wasmedgec likewise.
func RunWasmEdgeAOTCompilerCLI(argv []string) int {
	args := cStrings(argv)
	defer args.free()
	return int(C.WasmEdge_Driver_Compiler(C.int(args.len), args.first))
}

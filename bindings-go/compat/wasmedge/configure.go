package wasmedge

// #include "shim.h"
import "C"
import (
	"fmt"
)

// Proposal is a proposal to the WebAssembly standard.
type Proposal C.enum_WasmEdge_Proposal

// The first seven are on by default.
const (
	IMPORT_EXPORT_MUT_GLOBALS         = Proposal(C.WasmEdge_Proposal_ImportExportMutGlobals)
	NON_TRAP_FLOAT_TO_INT_CONVERSIONS = Proposal(C.WasmEdge_Proposal_NonTrapFloatToIntConversions)
	SIGN_EXTENSION_OPERATORS          = Proposal(C.WasmEdge_Proposal_SignExtensionOperators)
	MULTI_VALUE                       = Proposal(C.WasmEdge_Proposal_MultiValue)
	BULK_MEMORY_OPERATIONS            = Proposal(C.WasmEdge_Proposal_BulkMemoryOperations)
	REFERENCE_TYPES                   = Proposal(C.WasmEdge_Proposal_ReferenceTypes)
	SIMD                              = Proposal(C.WasmEdge_Proposal_SIMD)
	TAIL_CALL                         = Proposal(C.WasmEdge_Proposal_TailCall)
	MULTI_MEMORIES                    = Proposal(C.WasmEdge_Proposal_MultiMemories)
	ANNOTATIONS                       = Proposal(C.WasmEdge_Proposal_Annotations)
	MEMORY64                          = Proposal(C.WasmEdge_Proposal_Memory64)
	EXCEPTION_HANDLING                = Proposal(C.WasmEdge_Proposal_ExceptionHandling)
	EXTENDED_CONST                    = Proposal(C.WasmEdge_Proposal_ExtendedConst)
	THREADS                           = Proposal(C.WasmEdge_Proposal_Threads)
	FUNCTION_REFERENCES               = Proposal(C.WasmEdge_Proposal_FunctionReferences)
)

// HostRegistration is a host module that a VM registers when it is made.
type HostRegistration C.enum_WasmEdge_HostRegistration

const (
	WASI                        = HostRegistration(C.WasmEdge_HostRegistration_Wasi)
	WasmEdge_PROCESS            = HostRegistration(C.WasmEdge_HostRegistration_WasmEdge_Process)
	WasiNN                      = HostRegistration(C.WasmEdge_HostRegistration_WasiNN)
	WasiCrypto_Common           = HostRegistration(C.WasmEdge_HostRegistration_WasiCrypto_Common)
	WasiCrypto_AsymmetricCommon = HostRegistration(C.WasmEdge_HostRegistration_WasiCrypto_AsymmetricCommon)
	WasiCrypto_Kx               = HostRegistration(C.WasmEdge_HostRegistration_WasiCrypto_Kx)
	WasiCrypto_Signatures       = HostRegistration(C.WasmEdge_HostRegistration_WasiCrypto_Signatures)
	WasiCrypto_Symmetric        = HostRegistration(C.WasmEdge_HostRegistration_WasiCrypto_Symmetric)
)

// CompilerOptimizationLevel says how hard a Compiler works.
type CompilerOptimizationLevel C.enum_WasmEdge_CompilerOptimizationLevel

const (
	CompilerOptLevel_O0 = CompilerOptimizationLevel(C.WasmEdge_CompilerOptimizationLevel_O0)
	CompilerOptLevel_O1 = CompilerOptimizationLevel(C.WasmEdge_CompilerOptimizationLevel_O1)
	CompilerOptLevel_O2 = CompilerOptimizationLevel(C.WasmEdge_CompilerOptimizationLevel_O2)
	// CompilerOptLevel_O3 is the default.
	CompilerOptLevel_O3 = CompilerOptimizationLevel(C.WasmEdge_CompilerOptimizationLevel_O3)
	CompilerOptLevel_Os = CompilerOptimizationLevel(C.WasmEdge_CompilerOptimizationLevel_Os)
	CompilerOptLevel_Oz = CompilerOptimizationLevel(C.WasmEdge_CompilerOptimizationLevel_Oz)
)

// CompilerOutputFormat says what a Compiler writes.
type CompilerOutputFormat C.enum_WasmEdge_CompilerOutputFormat

const (
	// CompilerOutputFormat_Native is a shared library.
	CompilerOutputFormat_Native = CompilerOutputFormat(C.WasmEdge_CompilerOutputFormat_Native)
	// CompilerOutputFormat_Wasm is the module with its code in a custom section; the default.
	CompilerOutputFormat_Wasm = CompilerOutputFormat(C.WasmEdge_CompilerOutputFormat_Wasm)
)

// Configure has settings. What is made with it copies them, so that it may be released at once.
type Configure struct {
	_inner *C.WasmEdge_ConfigureContext
	object
}

// NewConfigure makes default settings and adds values of Proposal and HostRegistration.
// It panics for anything else.
func NewConfigure(params ...interface{}) *Configure {
	inner := C.WasmEdge_ConfigureCreate()
	self := &Configure{_inner: inner, object: owned(func() { C.WasmEdge_ConfigureDelete(inner) })}
	for _, conf := range params {
		self.AddConfig(conf)
	}
	return self
}

func wrongConfig(conf interface{}) string {
	return fmt.Sprintf("wasmedge: a setting is a Proposal or a HostRegistration, not a %T", conf)
}

// HasConfig says whether a Proposal or HostRegistration is on.
func (self *Configure) HasConfig(conf interface{}) bool {
	defer self.base().enter().leave()
	switch conf := conf.(type) {
	case Proposal:
		return bool(C.WasmEdge_ConfigureHasProposal(self.c(), C.enum_WasmEdge_Proposal(conf)))
	case HostRegistration:
		return bool(C.WasmEdge_ConfigureHasHostRegistration(self.c(), C.enum_WasmEdge_HostRegistration(conf)))
	}
	panic(wrongConfig(conf))
}

// AddConfig turns a Proposal or HostRegistration on.
func (self *Configure) AddConfig(conf interface{}) {
	defer self.base().enter().leave()
	switch conf := conf.(type) {
	case Proposal:
		C.WasmEdge_ConfigureAddProposal(self.c(), C.enum_WasmEdge_Proposal(conf))
	case HostRegistration:
		C.WasmEdge_ConfigureAddHostRegistration(self.c(), C.enum_WasmEdge_HostRegistration(conf))
	default:
		panic(wrongConfig(conf))
	}
}

// RemoveConfig turns a Proposal or HostRegistration off.
func (self *Configure) RemoveConfig(conf interface{}) {
	defer self.base().enter().leave()
	switch conf := conf.(type) {
	case Proposal:
		C.WasmEdge_ConfigureRemoveProposal(self.c(), C.enum_WasmEdge_Proposal(conf))
	case HostRegistration:
		C.WasmEdge_ConfigureRemoveHostRegistration(self.c(), C.enum_WasmEdge_HostRegistration(conf))
	default:
		panic(wrongConfig(conf))
	}
}

// SetMaxMemoryPage sets how many pages of 64 KiB a memory may have.
func (self *Configure) SetMaxMemoryPage(pagesize uint) {
	defer self.base().enter().leave()
	C.WasmEdge_ConfigureSetMaxMemoryPage(self.c(), C.uint32_t(pagesize))
}

// GetMaxMemoryPage gives how many pages a memory may have; 65536 by default.
func (self *Configure) GetMaxMemoryPage() uint {
	defer self.base().enter().leave()
	return uint(C.WasmEdge_ConfigureGetMaxMemoryPage(self.c()))
}

// SetForceInterpreter makes compiled code in modules ignored.
func (self *Configure) SetForceInterpreter(isinterpreter bool) {
	defer self.base().enter().leave()
	C.WasmEdge_ConfigureSetForceInterpreter(self.c(), C.bool(isinterpreter))
}

// IsForceInterpreter says whether compiled code in modules is ignored; false by default.
func (self *Configure) IsForceInterpreter() bool {
	defer self.base().enter().leave()
	return bool(C.WasmEdge_ConfigureIsForceInterpreter(self.c()))
}

// SetCompilerOptimizationLevel sets how hard a Compiler works.
func (self *Configure) SetCompilerOptimizationLevel(level CompilerOptimizationLevel) {
	defer self.base().enter().leave()
	C.WasmEdge_ConfigureCompilerSetOptimizationLevel(self.c(), C.enum_WasmEdge_CompilerOptimizationLevel(level))
}

// GetCompilerOptimizationLevel says how hard a Compiler works.
func (self *Configure) GetCompilerOptimizationLevel() CompilerOptimizationLevel {
	defer self.base().enter().leave()
	return CompilerOptimizationLevel(C.WasmEdge_ConfigureCompilerGetOptimizationLevel(self.c()))
}

// SetCompilerOutputFormat sets what a Compiler writes.
func (self *Configure) SetCompilerOutputFormat(format CompilerOutputFormat) {
	defer self.base().enter().leave()
	C.WasmEdge_ConfigureCompilerSetOutputFormat(self.c(), C.enum_WasmEdge_CompilerOutputFormat(format))
}

// GetCompilerOutputFormat says what a Compiler writes.
func (self *Configure) GetCompilerOutputFormat() CompilerOutputFormat {
	defer self.base().enter().leave()
	return CompilerOutputFormat(C.WasmEdge_ConfigureCompilerGetOutputFormat(self.c()))
}

// SetCompilerDumpIR makes a Compiler write its intermediate code too.
func (self *Configure) SetCompilerDumpIR(isdump bool) {
	defer self.base().enter().leave()
	C.WasmEdge_ConfigureCompilerSetDumpIR(self.c(), C.bool(isdump))
}

// IsCompilerDumpIR says whether a Compiler writes its intermediate code; false by default.
func (self *Configure) IsCompilerDumpIR() bool {
	defer self.base().enter().leave()
	return bool(C.WasmEdge_ConfigureCompilerIsDumpIR(self.c()))
}

// SetCompilerGenericBinary makes compiled code run on any processor of this kind.
func (self *Configure) SetCompilerGenericBinary(isgeneric bool) {
	defer self.base().enter().leave()
	C.WasmEdge_ConfigureCompilerSetGenericBinary(self.c(), C.bool(isgeneric))
}

// IsCompilerGenericBinary says whether compiled code runs on any processor of this kind; false by default.
func (self *Configure) IsCompilerGenericBinary() bool {
	defer self.base().enter().leave()
	return bool(C.WasmEdge_ConfigureCompilerIsGenericBinary(self.c()))
}

// SetStatisticsInstructionCounting turns the count of instructions on or off.
func (self *Configure) SetStatisticsInstructionCounting(iscount bool) {
	defer self.base().enter().leave()
	C.WasmEdge_ConfigureStatisticsSetInstructionCounting(self.c(), C.bool(iscount))
}

// IsStatisticsInstructionCounting says whether instructions are counted; false by default.
func (self *Configure) IsStatisticsInstructionCounting() bool {
	defer self.base().enter().leave()
	return bool(C.WasmEdge_ConfigureStatisticsIsInstructionCounting(self.c()))
}

// SetStatisticsTimeMeasuring turns the measuring of time on or off.
func (self *Configure) SetStatisticsTimeMeasuring(ismeasure bool) {
	defer self.base().enter().leave()
	C.WasmEdge_ConfigureStatisticsSetTimeMeasuring(self.c(), C.bool(ismeasure))
}

// IsStatisticsTimeMeasuring says whether time is measured; false by default.
func (self *Configure) IsStatisticsTimeMeasuring() bool {
	defer self.base().enter().leave()
	return bool(C.WasmEdge_ConfigureStatisticsIsTimeMeasuring(self.c()))
}

// SetStatisticsCostMeasuring turns the measuring of cost on or off.
func (self *Configure) SetStatisticsCostMeasuring(ismeasure bool) {
	defer self.base().enter().leave()
	C.WasmEdge_ConfigureStatisticsSetCostMeasuring(self.c(), C.bool(ismeasure))
}

// IsStatisticsCostMeasuring says whether cost is measured; false by default.
func (self *Configure) IsStatisticsCostMeasuring() bool {
	defer self.base().enter().leave()
	return bool(C.WasmEdge_ConfigureStatisticsIsCostMeasuring(self.c()))
}

// Release ends the settings.
func (self *Configure) Release() { self.base().release() }

package wasmspan

// #include "shim.h"
import "C"
import (
	"context"
	"fmt"
	"time"
	"unsafe"
)

// Option is a setting of a Runtime.
type Option func(*settings)

// InstanceOption is a setting of an instance: every Option, in place of the runtime's, and what only instances have.
type InstanceOption interface{ apply(*settings) }

func (o Option) apply(s *settings) { o(s) }

type onlyInstance func(*settings)

func (o onlyInstance) apply(s *settings) { o(s) }

type settings struct {
	configure *C.WasmEdge_ConfigureContext
	costs     []uint64
	name      string
	wasi      *WASI
	// The first option that makes no sense.
	err error
}

// require notes an option that makes no sense, which making the runtime or instance fails with.
func (s *settings) require(err error) {
	if s.err == nil {
		s.err = err
	}
}

// set notes what is wrong with a setting of the library's.
func (s *settings) set(done C.ws_outcome) {
	ended := outcome(done)
	s.require(ended.err(context.Background()))
}

// settings are the runtime's with these besides; to be deleted.
func (r *Runtime) settings(more ...InstanceOption) *settings {
	s := &settings{configure: C.WasmEdge_ConfigureCreate()}
	C.wasmspan_configure_set_lenient_input(s.configure, true)
	C.wasmspan_configure_add_finished_proposals(s.configure)
	for _, option := range r.options {
		option(s)
	}
	for _, option := range more {
		option.apply(s)
	}
	return s
}

func (s *settings) delete() { C.WasmEdge_ConfigureDelete(s.configure) }

// WithName lets modules that are instantiated later import what the instance exports, under this name.
func WithName(name string) InstanceOption { return onlyInstance(func(s *settings) { s.name = name }) }

// WithWASI gives the instance surroundings of its own.
func WithWASI(wasi WASI) InstanceOption { return onlyInstance(func(s *settings) { s.wasi = &wasi }) }

// WithMaxMemoryPages sets how many pages of 64 KiB a memory may have; 65536 by default.
func WithMaxMemoryPages(pages uint32) Option {
	return func(s *settings) { C.WasmEdge_ConfigureSetMaxMemoryPage(s.configure, C.uint32_t(pages)) }
}

// Proposal is a proposal to WebAssembly that modules may use.
type Proposal uint32

// The proposals. Those that are not finished can be switched on, but a module that uses one is refused.
const (
	MutableGlobals     Proposal = C.WasmEdge_Proposal_ImportExportMutGlobals
	NonTrappingFloats  Proposal = C.WasmEdge_Proposal_NonTrapFloatToIntConversions
	SignExtension      Proposal = C.WasmEdge_Proposal_SignExtensionOperators
	MultiValue         Proposal = C.WasmEdge_Proposal_MultiValue
	BulkMemory         Proposal = C.WasmEdge_Proposal_BulkMemoryOperations
	ReferenceTypes     Proposal = C.WasmEdge_Proposal_ReferenceTypes
	SIMD               Proposal = C.WasmEdge_Proposal_SIMD
	TailCall           Proposal = C.WasmEdge_Proposal_TailCall
	MultiMemory        Proposal = C.WasmEdge_Proposal_MultiMemories
	Memory64           Proposal = C.WasmEdge_Proposal_Memory64
	ExtendedConst      Proposal = C.WasmEdge_Proposal_ExtendedConst
	Threads            Proposal = C.WasmEdge_Proposal_Threads
	RelaxedSIMD        Proposal = C.WASMSPAN_PROPOSAL_RELAXED_SIMD
	ExceptionHandling  Proposal = C.WasmEdge_Proposal_ExceptionHandling  // not finished
	FunctionReferences Proposal = C.WasmEdge_Proposal_FunctionReferences // not finished
)

// WithProposals switches on these proposals and no others. By default every one that is finished is on.
func WithProposals(proposals ...Proposal) Option {
	return func(s *settings) {
		for number := C.enum_WasmEdge_Proposal(0); number <= C.WASMSPAN_PROPOSAL_RELAXED_SIMD; number++ {
			C.WasmEdge_ConfigureRemoveProposal(s.configure, number)
		}
		for _, proposal := range proposals {
			C.WasmEdge_ConfigureAddProposal(s.configure, C.enum_WasmEdge_Proposal(proposal))
		}
	}
}

// WithoutProposals switches these proposals off.
func WithoutProposals(proposals ...Proposal) Option {
	return func(s *settings) {
		for _, proposal := range proposals {
			C.WasmEdge_ConfigureRemoveProposal(s.configure, C.enum_WasmEdge_Proposal(proposal))
		}
	}
}

// WithSignals says whether signals find traps and stop calls, as they do by default, which costs nothing while code runs;
// otherwise checks in the code do. `traps` is about SIGSEGV, SIGBUS, SIGFPE and SIGILL, `interrupts` about a real-time signal.
func WithSignals(traps, interrupts bool) Option {
	return func(s *settings) {
		C.wasmspan_configure_set_signals(s.configure, C.bool(traps), C.bool(interrupts))
	}
}

// CompileTime says when the functions of a module are compiled.
type CompileTime uint32

// When functions are compiled.
const (
	// CompileAuto compiles a large module's when they are first called, a small one's before it runs.
	CompileAuto CompileTime = C.wasmspan_compile_time_auto
	// CompileEager compiles all before the module runs.
	CompileEager CompileTime = C.wasmspan_compile_time_eager
	// CompileLazy compiles functions when they are first called, and meanwhile all of them in the background.
	CompileLazy CompileTime = C.wasmspan_compile_time_lazy
)

// WithCompileTime sets when functions are compiled; CompileAuto by default.
func WithCompileTime(time CompileTime) Option {
	return func(s *settings) { s.set(C.ws_compile_time(s.configure, C.uint32_t(time))) }
}

// WithCompileThreads sets how many threads compile a module; 0, as by default, is one for each core.
func WithCompileThreads(threads uint) Option {
	return func(s *settings) { C.wasmspan_configure_set_compile_threads(s.configure, C.size_t(threads)) }
}

// WithOptLevel sets how modules are compiled that are not compiled ahead of time; OptimizeSpeed by default.
func WithOptLevel(level OptimizationLevel) Option {
	return func(s *settings) {
		numbers := map[OptimizationLevel]C.uint32_t{
			OptimizeSpeed: C.wasmspan_opt_level_speed, OptimizeNothing: C.wasmspan_opt_level_none,
			OptimizeSpeedAndSize: C.wasmspan_opt_level_speed_and_size,
		}
		number, known := numbers[level]
		if !known {
			s.require(noLevel(level))
		}
		C.wasmspan_configure_set_opt_level(s.configure, number)
	}
}

// WithGenericCode uses only instructions that every supported processor of this kind has.
func WithGenericCode() Option {
	return func(s *settings) { C.wasmspan_configure_set_generic_code(s.configure, true) }
}

// Compiler says how CompileTo and CompileToBytes compile, instead of WithOptLevel and WithGenericCode.
type Compiler struct {
	// OptimizationLevel says how hard to work.
	OptimizationLevel OptimizationLevel
	// GenericBinary uses only instructions that every supported processor of this kind has.
	GenericBinary bool
	// Interruptible makes code that can be stopped where signals are forbidden.
	Interruptible bool
	// DumpIR writes intermediate code to wasm.clif and wasm-opt.clif in the working directory.
	DumpIR bool
}

// OptimizationLevel says how hard the compiler works.
type OptimizationLevel uint32

// Levels of optimisation, the default first.
const (
	OptimizeSpeed OptimizationLevel = iota
	OptimizeNothing
	OptimizeSpeedAndSize
)

func noLevel(level OptimizationLevel) error {
	return fmt.Errorf("wasmspan: there is no optimization level %d", level)
}

// WithCompiler sets how CompileTo and CompileToBytes compile.
func WithCompiler(compiler Compiler) Option {
	return func(s *settings) {
		levels := map[OptimizationLevel]C.enum_WasmEdge_CompilerOptimizationLevel{
			OptimizeSpeed: C.WasmEdge_CompilerOptimizationLevel_O3, OptimizeNothing: C.WasmEdge_CompilerOptimizationLevel_O0,
			OptimizeSpeedAndSize: C.WasmEdge_CompilerOptimizationLevel_Oz,
		}
		level, known := levels[compiler.OptimizationLevel]
		if !known {
			s.require(noLevel(compiler.OptimizationLevel))
		}
		C.WasmEdge_ConfigureCompilerSetOptimizationLevel(s.configure, level)
		C.WasmEdge_ConfigureCompilerSetGenericBinary(s.configure, C.bool(compiler.GenericBinary))
		C.WasmEdge_ConfigureCompilerSetInterruptible(s.configure, C.bool(compiler.Interruptible))
		C.WasmEdge_ConfigureCompilerSetDumpIR(s.configure, C.bool(compiler.DumpIR))
	}
}

// WithCache keeps compiled code in a folder, for this process and later ones; "" is wasmspan in the user's own cache
// folder. Entries take up to maxBytes, 0 being 1 GiB. A folder that can't be used does no harm. Small
// modules, of less than 2,048 bytes, are compiled as fast as they would be read, and not kept.
func WithCache(folder string, maxBytes uint64) Option {
	return func(s *settings) {
		var path *C.char
		if folder != "" {
			given, err := cPath(folder)
			if err != nil {
				s.require(err)
				return
			}
			defer C.free(unsafe.Pointer(given))
			path = given
		}
		C.wasmspan_configure_set_cache(s.configure, path, C.uint64_t(maxBytes))
	}
}

// Limits are what may be used at most; 0 is no limit but the library's own. What would use more fails with an error
// whose text names the limit.
type Limits struct {
	// Time of one call, or of one instantiation with its start function; counted in milliseconds. The context of host
	// functions ends then, too. A negative one is over at once.
	Time time.Duration
	// Cost of all calls together, or of the one call, as Metering measures it.
	Cost uint64
	// MemoryPages is the size of each memory, in pages of 64 KiB.
	MemoryPages uint32
	// TableElements is the size of each table.
	TableElements uint64
	// StackBytes is the stack of one call.
	StackBytes uint64
	// Instances is how many exist at the same time.
	Instances uint64
	// OpenFiles is how many descriptors a WASI guest has open at once.
	OpenFiles uint64
	// OutputBytes is what one call writes to standard output and error together.
	OutputBytes uint64
}

func (l Limits) c() C.wasmspan_limits {
	number := func(limit uint64) C.uint64_t {
		if limit == 0 {
			return C.WASMSPAN_UNLIMITED
		}
		return C.uint64_t(limit)
	}
	time_ms := number(uint64((l.Time + time.Millisecond - 1) / time.Millisecond))
	if l.Time < 0 {
		time_ms = 0
	}
	return C.wasmspan_limits{
		time_ms: time_ms, cost: number(l.Cost), memory_pages: number(uint64(l.MemoryPages)),
		table_elements: number(l.TableElements), stack_bytes: number(l.StackBytes), instances: number(l.Instances),
		open_files: number(l.OpenFiles), output_bytes: number(l.OutputBytes),
	}
}

// WithLimits sets what may be used in all.
func WithLimits(limits Limits) Option {
	return func(s *settings) { s.limit(limits) }
}

func (s *settings) limit(limits Limits) {
	c := limits.c()
	C.wasmspan_configure_set_limits(s.configure, &c)
}

// Metering says what is counted, in all calls together. Counting makes code a little slower.
type Metering struct {
	// Instructions counts them.
	Instructions bool
	// Cost adds up what they cost.
	Cost bool
	// Costs has the cost of each instruction by its first byte; 1 where the list ends or is nil.
	Costs []uint64
	// Time measures the time in the guest and in host functions.
	Time bool
}

// WithMetering sets what is counted; Runtime.Statistics and Instance.Statistics tell it.
func WithMetering(metering Metering) Option {
	return func(s *settings) {
		C.WasmEdge_ConfigureStatisticsSetInstructionCounting(s.configure, C.bool(metering.Instructions))
		C.WasmEdge_ConfigureStatisticsSetCostMeasuring(s.configure, C.bool(metering.Cost || metering.Costs != nil))
		C.WasmEdge_ConfigureStatisticsSetTimeMeasuring(s.configure, C.bool(metering.Time))
		s.costs = metering.Costs
	}
}

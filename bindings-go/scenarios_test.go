package wasmspan_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	wasmspan "github.com/wasmspan/wasmspan/bindings-go"
)

// step is a step of a scenario, with every field that one may have.
type step struct {
	Do                                                        string
	As, Module, Instance, Function, Memory, Global, Table, Op string
	Name, File, Hex, Value, Text, Returns, Register           string
	Bytes                                                     *string
	Wat, Args                                                 []string
	Compiled, Measure                                         bool
	ReadOnly                                                  bool `json:"read_only"`
	Functions                                                 map[string]described
	Limits, Within                                            *limits
	Wasi                                                      *surroundings
	CancelAfter                                               int `json:"cancel_after_ms"`
	At, Len, By                                               uint32
	Env, Files                                                map[string]string
	Stdin                                                     string
	Gives                                                     json.RawMessage
	Fails                                                     *failure
}

type limits struct {
	Time    time.Duration `json:"time_ms"`
	Cost    uint64
	Pages   uint32 `json:"memory_pages"`
	Table   uint64 `json:"table_elements"`
	Stack   uint64 `json:"stack_bytes"`
	Files   uint64 `json:"open_files"`
	Output  uint64 `json:"output_bytes"`
	Several uint64 `json:"instances"`
}

func (l *limits) limits() wasmspan.Limits {
	if l == nil {
		return wasmspan.Limits{}
	}
	return wasmspan.Limits{Time: l.Time * time.Millisecond, Cost: l.Cost, MemoryPages: l.Pages, TableElements: l.Table,
		StackBytes: l.Stack, Instances: l.Several, OpenFiles: l.Files, OutputBytes: l.Output}
}

type surroundings struct {
	Args  []string
	Env   map[string]string
	Stdin string
}

type described struct {
	Params, Results, Values []string
	Does, Message, Function string
	Code, Ms                uint32
}

type failure struct {
	Code, User                     *uint32
	Message, Thrown, Guest, Detail *string
}

// known are the fields of each step besides do, gives and fails.
var known = map[string]string{
	"host": "name functions", "module": "as wat file hex compiled", "recorded": "", "statistics": "instance",
	"instance": "as module register limits measure wasi", "call": "instance function args within cancel_after_ms",
	"memory": "instance memory op at len by bytes", "global": "instance global op value",
	"table": "instance table op at by value", "exports": "module", "imports": "module",
	"command": "module args env stdin files read_only within", "bindgen": "instance function args",
	"heap": "instance function text bytes returns",
}

// replayed is what the steps of one scenario have made.
type replayed struct {
	folder    string
	runtime   *wasmspan.Runtime
	modules   map[string]*wasmspan.Module
	instances map[string]*wasmspan.Instance
	bindgens  map[string]*wasmspan.Bindgen
	externs   map[string]wasmspan.Extern
	record    [][]any
}

// check panics with what is wrong with a scenario or its outcome; replay catches it.
func check(holds bool, format string, args ...any) {
	if !holds {
		panic(wrong(fmt.Sprintf(format, args...)))
	}
}

type wrong string

func must[T any](value T, err error) T {
	check(err == nil, "%v", err)
	return value
}

func or(name, otherwise string) string {
	if name == "" {
		return otherwise
	}
	return name
}

func pairs(env map[string]string) (list []string) {
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	return list
}

func valueType(name string) wasmspan.ValueType {
	for _, kind := range []wasmspan.ValueType{wasmspan.I32, wasmspan.I64, wasmspan.F32, wasmspan.F64, wasmspan.V128Type,
		wasmspan.FuncRef, wasmspan.ExternRef} {
		if kind.String() == name {
			return kind
		}
	}
	panic(wrong("no type is " + name))
}

func (r *replayed) value(text string) any {
	kind, value, _ := strings.Cut(text, ":")
	switch kind {
	case "i32":
		return int32(must(strconv.ParseInt(value, 10, 32)))
	case "i64":
		return must(strconv.ParseInt(value, 10, 64))
	case "f32":
		return float32(must(strconv.ParseFloat(value, 32)))
	case "f64":
		return must(strconv.ParseFloat(value, 64))
	case "v128":
		digits := fmt.Sprintf("%032s", strings.TrimPrefix(value, "0x"))
		return wasmspan.V128{High: must(strconv.ParseUint(digits[:16], 16, 64)), Low: must(strconv.ParseUint(digits[16:], 16, 64))}
	case "funcref":
		return wasmspan.Func{}
	case "externref":
		if value == "null" {
			return wasmspan.Extern{}
		}
		if _, ok := r.externs[value]; !ok {
			r.externs[value] = wasmspan.NewExtern(value)
		}
		return r.externs[value]
	}
	panic(wrong("no value is " + text))
}

func (r *replayed) values(texts []string) []any {
	values := make([]any, len(texts))
	for at, text := range texts {
		values[at] = r.value(text)
	}
	return values
}

func (r *replayed) is(got any, text string) bool {
	if text == "funcref:any" {
		found, ok := got.(wasmspan.Func)
		return ok && !found.IsNull()
	}
	return sameNumber(got, r.value(text))
}

// sameNumber compares floats by their bits, and all of them that are no numbers as equal.
func sameNumber(got, wanted any) bool {
	switch wanted := wanted.(type) {
	case float32:
		got, ok := got.(float32)
		return ok && (math.Float32bits(got) == math.Float32bits(wanted) || got != got && wanted != wanted)
	case float64:
		got, ok := got.(float64)
		return ok && (math.Float64bits(got) == math.Float64bits(wanted) || got != got && wanted != wanted)
	}
	return reflect.DeepEqual(got, wanted)
}

func (r *replayed) compare(got []any, wanted []string) {
	same := len(got) == len(wanted)
	for at := 0; same && at < len(got); at++ {
		same = r.is(got[at], wanted[at])
	}
	check(same, "%v instead of %v", got, wanted)
}

func items[T any](text string, parse func(string) T) []T {
	list := []T{}
	for _, item := range strings.Split(text, ",") {
		if item != "" {
			list = append(list, parse(item))
		}
	}
	return list
}

func signed[T int8 | int16 | int32 | int64](text string) T {
	number := must(strconv.ParseInt(text, 10, 64))
	check(int64(T(number)) == number, "%s is too large", text)
	return T(number)
}

func unsigned[T uint8 | uint16 | uint32 | uint64](text string) T {
	number := must(strconv.ParseUint(text, 10, 64))
	check(uint64(T(number)) == number, "%s is too large", text)
	return T(number)
}

func rich(text string) any {
	kind, value, _ := strings.Cut(text, ":")
	switch kind {
	case "u8":
		return unsigned[uint8](value)
	case "i8":
		return signed[int8](value)
	case "u16":
		return unsigned[uint16](value)
	case "i16":
		return signed[int16](value)
	case "u32":
		return unsigned[uint32](value)
	case "i32":
		return signed[int32](value)
	case "u64":
		return unsigned[uint64](value)
	case "i64":
		return signed[int64](value)
	case "f32":
		return float32(must(strconv.ParseFloat(value, 32)))
	case "f64":
		return must(strconv.ParseFloat(value, 64))
	case "bool":
		return must(strconv.ParseBool(value))
	case "char":
		char, _ := utf8.DecodeRuneInString(value)
		return wasmspan.Char(char)
	case "string":
		return value
	case "u8s":
		return items(value, unsigned[uint8])
	case "i8s":
		return items(value, signed[int8])
	case "u16s":
		return items(value, unsigned[uint16])
	case "i16s":
		return items(value, signed[int16])
	case "u32s":
		return items(value, unsigned[uint32])
	case "i32s":
		return items(value, signed[int32])
	case "u64s":
		return items(value, unsigned[uint64])
	case "i64s":
		return items(value, signed[int64])
	}
	panic(wrong("no value of bindgen is " + text))
}

func (r *replayed) host(s *step) error {
	module := r.runtime.HostModule(s.Name)
	for name, given := range s.Functions {
		given := given
		t := wasmspan.FuncType{}
		for _, param := range given.Params {
			t.Params = append(t.Params, valueType(param))
		}
		for _, result := range given.Results {
			t.Results = append(t.Results, valueType(result))
		}
		values := r.values(given.Values)
		module.FuncOf(name, t, func(ctx context.Context, caller *wasmspan.Caller, args []any) ([]any, error) {
			switch given.Does {
			case "return":
				return values, nil
			case "same":
				return args, nil
			case "sum":
				return []any{sum(args)}, nil
			case "record":
				r.record = append(r.record, args)
				return values, nil
			case "fail":
				return nil, wasmspan.UserError(given.Code)
			case "throw":
				return nil, errors.New(given.Message)
			case "terminate":
				return nil, wasmspan.Exit(0)
			case "call":
				return caller.Instance().Call(ctx, given.Function, args...)
			case "peek":
				byte, ok := caller.Memory(0).Read(uint32(args[0].(int32)), 1)
				if !ok {
					return nil, errors.New("beyond the memory")
				}
				return []any{int32(byte[0])}, nil
			case "poke":
				_, err := caller.Memory(0).WriteAt([]byte{byte(args[1].(int32))}, int64(uint32(args[0].(int32))))
				return nil, err
			case "sleep":
				time.Sleep(time.Duration(given.Ms) * time.Millisecond)
				return nil, nil
			}
			return nil, fmt.Errorf("no host function does %q", given.Does)
		})
	}
	return module.Register()
}

func sum(args []any) any {
	switch total := args[0].(type) {
	case int32:
		for _, arg := range args[1:] {
			total += arg.(int32)
		}
		return total
	case int64:
		for _, arg := range args[1:] {
			total += arg.(int64)
		}
		return total
	case float32:
		for _, arg := range args[1:] {
			total += arg.(float32)
		}
		return total
	case float64:
		for _, arg := range args[1:] {
			total += arg.(float64)
		}
		return total
	}
	return nil
}

func (r *replayed) module(s *step) (err error) {
	var code []byte
	switch {
	case s.Wat != nil:
		code = []byte(strings.Join(s.Wat, "\n"))
	case s.File != "":
		code = must(os.ReadFile(guest(s.File)))
	default:
		code = must(hex.DecodeString(s.Hex))
	}
	name := or(s.As, "main")
	if !s.Compiled {
		r.modules[name], err = r.runtime.Compile(code)
		return err
	}
	path := filepath.Join(r.folder, "compiled.wasm")
	if err = r.runtime.CompileTo(path, code); err == nil {
		r.modules[name], err = r.runtime.LoadCompiled(path)
	}
	return err
}

func (r *replayed) instantiate(s *step) error {
	options := []wasmspan.InstanceOption{wasmspan.WithLimits(s.Limits.limits()), wasmspan.WithName(s.Register),
		wasmspan.WithMetering(wasmspan.Metering{Instructions: s.Measure, Cost: s.Measure})}
	if s.Wasi != nil {
		options = append(options, wasmspan.WithWASI(wasmspan.WASI{Args: s.Wasi.Args, Env: pairs(s.Wasi.Env), Stdin: strings.NewReader(s.Wasi.Stdin)}))
	}
	made, err := r.modules[or(s.Module, "main")].Instantiate(ctx, options...)
	if err == nil {
		r.instances[or(s.As, "main")] = made
	}
	return err
}

func (r *replayed) command(s *step) (any, error) {
	cmd := wasmspan.Command(ctx, r.modules[or(s.Module, "main")], s.Args...)
	var out, errors strings.Builder
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = pairs(s.Env), strings.NewReader(s.Stdin), &out, &errors
	folder := filepath.Join(r.folder, "data")
	if s.Files != nil {
		for path, text := range s.Files {
			path = filepath.Join(folder, path)
			check(os.MkdirAll(filepath.Dir(path), 0o777) == nil && os.WriteFile(path, []byte(text), 0o666) == nil, "%s", path)
		}
		check(os.MkdirAll(folder, 0o777) == nil, "%s", folder)
		cmd.Mounts = []wasmspan.Mount{{Host: folder, Guest: "/data", ReadOnly: s.ReadOnly}}
	}
	if s.Within != nil {
		limited, cancel := context.WithTimeout(ctx, s.Within.Time*time.Millisecond)
		defer cancel()
		cmd.SetContext(limited)
	}
	err := cmd.Run()
	exit := 0
	if code := (*wasmspan.ExitError)(nil); asExit(err, &code) {
		exit, err = code.ExitCode(), nil
	}
	if err != nil {
		return nil, err
	}
	got := map[string]any{"exit": float64(exit), "stdout": out.String(), "stderr": errors.String()}
	var wanted map[string]any
	if s.Gives != nil {
		check(json.Unmarshal(s.Gives, &wanted) == nil, "what it gives is no object")
	}
	if files, ok := wanted["files"].(map[string]any); ok {
		found := map[string]any{}
		for path := range files {
			found[path] = nil
			if text, err := os.ReadFile(filepath.Join(folder, path)); err == nil {
				found[path] = string(text)
			}
		}
		got["files"] = found
	}
	for what := range got {
		if _, ok := wanted[what]; !ok {
			delete(got, what)
		}
	}
	return got, nil
}

func asExit(err error, to **wasmspan.ExitError) bool { return errors.As(err, to) }

func (r *replayed) heap(s *step) (any, error) {
	instance := r.instances[or(s.Instance, "main")]
	heap, err := wasmspan.NewHeap(instance)
	if err != nil {
		return nil, err
	}
	defer heap.Close()
	var put wasmspan.Span
	if s.Bytes != nil {
		put, err = heap.PutBytes(must(hex.DecodeString(*s.Bytes)))
	} else {
		put, err = heap.PutString(s.Text)
	}
	if err != nil {
		return nil, err
	}
	args := []any{put.Address, put.Length}
	t, err := instance.FuncType(s.Function)
	if err != nil {
		return nil, err
	}
	results, err := instance.Call(ctx, s.Function, args[:len(t.Params)]...)
	if err != nil {
		return nil, err
	}
	if err := heap.Free(put.Address); err != nil {
		return nil, err
	}
	switch s.Returns {
	case "i32":
		return results, nil
	case "packed":
		packed := uint64(results[0].(int64))
		return heap.GetString(uint32(packed>>32), uint32(packed))
	case "bytes":
		bytes, err := heap.GetBytes(uint32(results[0].(int32)), wasmspan.Whole)
		return hex.EncodeToString(bytes), err
	}
	return heap.GetString(uint32(results[0].(int32)), wasmspan.Whole)
}

// run does what a step says, and gives what came out: values of wasm as []any, others as JSON has them.
func (r *replayed) run(s *step) (any, error) {
	instance := r.instances[or(s.Instance, "main")]
	switch s.Do {
	case "host":
		return nil, r.host(s)
	case "module":
		return nil, r.module(s)
	case "instance":
		return nil, r.instantiate(s)
	case "command":
		return r.command(s)
	case "heap":
		return r.heap(s)
	case "call":
		limited, cancel := context.WithCancel(ctx)
		defer cancel()
		if s.CancelAfter > 0 {
			time.AfterFunc(time.Duration(s.CancelAfter)*time.Millisecond, cancel)
		}
		return valuesOf(instance.CallWithin(limited, s.Within.limits(), s.Function, r.values(s.Args)...))
	case "bindgen":
		name := or(s.Instance, "main")
		if r.bindgens[name] == nil {
			made, err := wasmspan.NewBindgen(ctx, instance)
			if err != nil {
				return nil, err
			}
			r.bindgens[name] = made
		}
		args := make([]any, len(s.Args))
		for at, arg := range s.Args {
			args[at] = rich(arg)
		}
		return valuesOf(r.bindgens[name].Call(ctx, s.Function, args...))
	case "memory":
		memory := instance.Memory(or(s.Memory, "memory"))
		pages := float64(memory.Size() / 65536)
		switch s.Op {
		case "pages":
			return pages, nil
		case "grow":
			_, err := memory.GrowPages(s.By)
			return pages, err
		case "read":
			bytes, ok := memory.Read(s.At, s.Len)
			if !ok {
				return nil, &wasmspan.Trap{Code: wasmspan.CodeMemoryOutOfBounds, Text: "out of bounds memory access"}
			}
			return hex.EncodeToString(bytes), nil
		case "write":
			_, err := memory.WriteAt(must(hex.DecodeString(*s.Bytes)), int64(s.At))
			return nil, err
		}
	case "global":
		global := instance.Global(s.Global)
		switch s.Op {
		case "get":
			return []any{global.Get()}, nil
		case "set":
			return nil, global.Set(r.value(s.Value))
		}
	case "table":
		table := instance.Table(s.Table)
		switch s.Op {
		case "size":
			return float64(table.Size()), nil
		case "grow":
			before, err := table.Grow(s.By)
			return float64(before), err
		case "get":
			element, err := table.Get(s.At)
			return []any{element}, err
		case "set":
			return nil, table.Set(s.At, r.value(s.Value))
		}
	case "statistics":
		figures := instance.Statistics()
		return map[string]any{"instructions": float64(figures.Instructions), "cost": float64(figures.Cost)}, nil
	case "exports":
		var list []any
		for _, export := range r.modules[or(s.Module, "main")].Exports() {
			list = append(list, export.Name+" "+kindText(export.Kind, export.Func))
		}
		return lines{list}, nil
	case "imports":
		var list []any
		for _, imported := range r.modules[or(s.Module, "main")].Imports() {
			list = append(list, imported.Module+" "+imported.Name+" "+kindText(imported.Kind, imported.Func))
		}
		return lines{list}, nil
	}
	panic(wrong(fmt.Sprintf("no step does %q %q", s.Do, s.Op)))
}

type lines struct{ list []any }

func kindText(kind wasmspan.Kind, t *wasmspan.FuncType) string {
	if t == nil {
		return kind.String()
	}
	return kind.String() + " " + t.String()
}

func valuesOf(values []any, err error) (any, error) { return values, err }

func (r *replayed) step(raw json.RawMessage) {
	var s step
	check(json.Unmarshal(raw, &s) == nil, "it is no step")
	var fields map[string]json.RawMessage
	check(json.Unmarshal(raw, &fields) == nil, "it is no step")
	for field := range fields {
		allowed := strings.Fields(known[s.Do] + " do gives fails")
		found := false
		for _, name := range allowed {
			found = found || name == field
		}
		check(found, "the step has no field %q", field)
	}
	if s.Do == "recorded" {
		var wanted [][]string
		check(json.Unmarshal(s.Gives, &wanted) == nil && len(wanted) == len(r.record), "%v was recorded", r.record)
		for at, call := range r.record {
			r.compare(call, wanted[at])
		}
		r.record = nil
		return
	}
	got, err := r.run(&s)
	if s.Fails != nil {
		check(err != nil, "it succeeded instead of failing")
		s.Fails.check(err)
		return
	}
	check(err == nil, "%v", err)
	if s.Gives == nil {
		return
	}
	var wanted any
	check(json.Unmarshal(s.Gives, &wanted) == nil, "what it gives is no JSON")
	switch values := got.(type) {
	case []any:
		var texts []string
		if one, ok := wanted.(string); ok {
			texts = []string{one}
		} else {
			check(json.Unmarshal(s.Gives, &texts) == nil, "what it gives is no list")
		}
		if s.Do != "bindgen" {
			r.compare(values, texts)
			return
		}
		same := len(values) == len(texts)
		for at := 0; same && at < len(values); at++ {
			same = sameNumber(values[at], rich(texts[at]))
		}
		check(same, "%v instead of %v", values, texts)
	case lines:
		check(fmt.Sprint(values.list) == fmt.Sprint(wanted), "%v instead of %v", values.list, wanted)
	default:
		check(reflect.DeepEqual(got, wanted), "%v instead of %v", got, wanted)
	}
}

func (f *failure) check(err error) {
	var refused *wasmspan.Error
	var trap *wasmspan.Trap
	var exit *wasmspan.ExitError
	var user wasmspan.UserError
	var said *wasmspan.GuestError
	code := ^uint32(0)
	switch {
	case errors.As(err, &user):
	case errors.As(err, &exit):
		code = uint32(wasmspan.CodeTerminated)
	case errors.As(err, &trap):
		code = uint32(trap.Code)
	case errors.As(err, &refused):
		code = uint32(refused.Code)
	}
	check(f.Code == nil || code == *f.Code, "code %d: %v", code, err)
	check(f.User == nil || errors.As(err, &user) && uint32(user) == *f.User, "%v", err)
	check(f.Guest == nil || errors.As(err, &said) && said.Message == *f.Guest, "%v", err)
	check(f.Thrown == nil || errors.As(err, &trap) && errors.Unwrap(trap) != nil && strings.Contains(err.Error(), *f.Thrown), "%v", err)
	check(f.Message == nil || strings.HasPrefix(err.Error(), *f.Message), "%v", err)
	check(f.Detail == nil || strings.Contains(err.Error(), *f.Detail), "%v", err)
}

// replay gives "ok" or what went wrong.
func replay(path, folder, cache string) (result string) {
	at := 0
	defer func() {
		if caught := recover(); caught != nil {
			result = fmt.Sprintf("step %d: %v", at, caught)
		}
	}()
	var scenario struct{ Steps []json.RawMessage }
	check(json.Unmarshal(must(os.ReadFile(path)), &scenario) == nil, "it can't be read")
	rt := must(wasmspan.New(wasmspan.WithCache(cache, 0)))
	r := &replayed{folder: folder, runtime: rt, modules: map[string]*wasmspan.Module{}, instances: map[string]*wasmspan.Instance{},
		bindgens: map[string]*wasmspan.Bindgen{}, externs: map[string]wasmspan.Extern{}}
	defer func() {
		for _, made := range r.instances {
			made.Close()
		}
		for _, object := range r.externs {
			object.Close()
		}
		rt.Close()
	}()
	for _, step := range scenario.Steps {
		at++
		r.step(step)
	}
	return "ok"
}

// The scenarios of tests/scenarios, whose README says what they are made of.
func TestScenarios(t *testing.T) {
	folder := filepath.Join("..", "tests", "scenarios")
	var skips map[string]map[string]string
	noError(t, json.Unmarshal(must(os.ReadFile(filepath.Join(folder, "skips.json"))), &skips))
	cases, err := filepath.Glob(filepath.Join(folder, "cases", "*.json"))
	noError(t, err)
	if len(cases) == 0 {
		t.Fatal("there are no scenarios")
	}
	results, cache := map[string]string{}, t.TempDir()
	for _, path := range cases {
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		skipped := false
		for skip := range skips["go"] {
			matches, _ := filepath.Match(skip, name)
			skipped = skipped || matches
		}
		t.Run(name, func(t *testing.T) {
			if skipped {
				results[name] = "skipped"
				t.Skip("listed in skips.json")
			}
			if results[name] = replay(path, t.TempDir(), cache); results[name] != "ok" {
				t.Error(results[name])
			}
		})
	}
	to := os.Getenv("WASMSPAN_SCENARIOS")
	if to == "" {
		to = filepath.Join("..", "target", "scenarios")
	}
	text, err := json.MarshalIndent(results, "", "  ")
	noError(t, err)
	noError(t, os.MkdirAll(to, 0o777))
	noError(t, os.WriteFile(filepath.Join(to, "scenarios-go.json"), append(text, '\n'), 0o666))
}

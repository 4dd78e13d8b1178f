package wasmspan

// #include "shim.h"
import "C"
import (
	"fmt"
	"io"
	"unsafe"
)

// clock is a clock of Go's that guests see.
type clock struct{ now func() uint64 }

//export wasmspanGoClock
func wasmspanGoClock(number uintptr) (now C.uint64_t) {
	answer(func() error {
		if clock, ok := registeredAs[*clock](number); ok {
			now = C.uint64_t(clock.now())
		}
		return nil
	})
	return now
}

// random is a source of Go's of what guests get as random bytes.
type random struct{ from io.Reader }

//export wasmspanGoRandom
func wasmspanGoRandom(number uintptr, buf unsafe.Pointer, size C.size_t) {
	answer(func() error {
		if random, ok := registeredAs[*random](number); ok && size > 0 {
			if _, err := io.ReadFull(random.from, unsafe.Slice((*byte)(buf), int(size))); err != nil {
				panic(fmt.Errorf("wasmspan: RandomSource: %w", err))
			}
		}
		return nil
	})
}

// Denial is something that a guest was refused.
type Denial struct {
	// Function is what the guest called.
	Function string
	// Wanted is what it asked for: a path, an address, or words.
	Wanted string
	// Errno is the error number of WASI that it got.
	Errno uint32
	// Option is what would allow it, as an option of the command `wasmspan run`, or why nothing would.
	Option string
}

// denials lists what guests with these settings were refused so far.
func denials(config *C.wasmspan_wasi_config) []Denial {
	var list []Denial
	number := handles.put(&list)
	defer handles.take(number)
	C.ws_wasi_denials(config, C.uintptr_t(number))
	return list
}

//export wasmspanGoDenial
func wasmspanGoDenial(number uintptr, denial *C.wasmspan_denial) {
	if list, ok := registeredAs[*[]Denial](number); ok {
		*list = append(*list, Denial{goString(denial.function), goString(denial.wanted), uint32(denial.error), goString(denial.option)})
	}
}

// Denials lists what the guest of an instance made WithWASI was refused so far, each thing once and in order.
func (i *Instance) Denials() []Denial {
	if !i.acquire() {
		return nil
	}
	defer i.release()
	return denials(i.surroundings)
}

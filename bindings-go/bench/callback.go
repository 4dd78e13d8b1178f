package bench

// #include <stdint.h>
// extern void benchLoop(int n);
import "C"

//export benchCallback
func benchCallback(a, b int32) int32 { return a + b }

func bareLoop(n int) { C.benchLoop(C.int(n)) }

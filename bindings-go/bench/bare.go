package bench

// #include <stdint.h>
// static int32_t bare(int32_t a, int32_t b) { return a + b; }
import "C"

func bareCall(a, b int32) int32 { return int32(C.bare(C.int32_t(a), C.int32_t(b))) }

package wasmspan

import (
	"context"
	"encoding/binary"
)

// ErrorOf is the error for a cause that nothing brings about at will.
func ErrorOf(code Code, cause Cause, fact uint64, text string) error {
	facts := append(binary.NativeEndian.AppendUint32(nil, uint32(len(text))), text...)
	return errorOf(context.Background(), code, cause, fact, facts, nil)
}

//go:build tinygo

package sdk

import "unsafe"

// Of wasi-libc TinyGo needs a few small functions. Two that they lead to would bring in printf and a stream cipher, 26 KB of them; these stand for them.

//go:wasmimport wasi_snapshot_preview1 random_get
func randomGet(buffer unsafe.Pointer, size uint32) uint32

//export __stdio_exit
func stdioExit() {}

//export arc4random
func arc4random() uint32 {
	var v uint32
	randomGet(unsafe.Pointer(&v), 4)
	return v
}

//go:build tinygo

// Command wasm is the WebAssembly module: the engine behind a handful of
// exported functions, without imports.
package main

// abiVersion is the version of the exported interface. A host checks it before
// it calls anything else.
//
//go:wasmexport abi_version
func abiVersion() uint32 { return 1 }

func main() {}

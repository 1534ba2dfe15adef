// Package module holds the WebAssembly module: the engine, compiled from
// edge/wasm by scripts/build-module, which also writes edgewise.wasm.versions
// with the versions of the tools that were used. The same sources and the same
// tools give the same bytes.
package module

import _ "embed"

// Wasm is the module in WebAssembly's binary format. It imports nothing. It
// must not be changed.
//
//go:embed edgewise.wasm
var Wasm []byte

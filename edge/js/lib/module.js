// Finds the module and compiles it, once for all who load bundles.

/** @type {Promise<WebAssembly.Module> | undefined} */
let own;

/**
 * compile gives the module: a compiled one as it is, of bytes or a response what they compile to; without any the one that lies beside this package.
 * @param {WebAssembly.Module | BufferSource | Response | undefined} module
 * @returns {Promise<WebAssembly.Module>}
 */
export async function compile(module) {
  if (module instanceof WebAssembly.Module) return module;
  if (module !== undefined) return compileAny(module);
  own ??= fetchOwn().then(compileAny);
  try {
    return await own;
  } catch (error) {
    own = undefined; // to be tried again
    throw error;
  }
}

async function compileAny(module) {
  if (typeof Response === "function" && module instanceof Response) {
    if (!module.ok) throw new Error(`the module cannot be fetched: ${module.status} ${module.url}`);
    return WebAssembly.compile(await module.arrayBuffer());
  }
  return WebAssembly.compile(module);
}

async function fetchOwn() {
  if (!import.meta.url) throw new TypeError("load: code has no place of its own here: import edgewise.wasm, and give it as the option module"); // Workers
  const url = new URL("../edgewise.wasm", import.meta.url);
  if (url.protocol !== "file:") return fetch(url);
  const files = "node:fs/promises"; // in a name, so that what bundles programs for browsers does not look for it
  const { readFile } = await import(files);
  return readFile(url);
}

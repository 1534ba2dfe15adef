// Measures this package: node bench.mjs BUNDLE LINES, a compiled bundle and lines of `edgewise decide`. `make bench` calls it with the rules that it
// measures everything with. It prints JSON: nanoseconds, each the best of many runs, so that whatever else the machine does meanwhile counts least.
import { readFile } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import { load } from "./edgewise.js";

const [bundlePath, linesPath] = process.argv.slice(2);
const bundle = await readFile(bundlePath);
const inputs = (await readFile(linesPath, "utf8")).trim().split("\n").map((line) => JSON.parse(line));
const module = await WebAssembly.compile(await readFile(new URL("./edgewise.wasm", import.meta.url)));

/** bestOf gives what one of count things takes, in the best of the runs that fit into so many milliseconds. */
async function bestOf(milliseconds, count, run) {
  let best = Infinity;
  const end = performance.now() + milliseconds;
  do {
    const start = performance.now();
    await run();
    best = Math.min(best, performance.now() - start);
  } while (performance.now() < end);
  return Math.round((best * 1e6) / count);
}

const measure = 3000;
const edgewise = await load(bundle, { module });
let answered = 0;
const decide = await bestOf(measure, inputs.length, () => {
  for (const input of inputs) if (edgewise.decide(input).decisions) answered++;
});
const names = Object.keys(edgewise.decide(inputs[0]).decisions);
const start = await bestOf(measure, 1, async () => {
  const fresh = await load(bundle, { module });
  if (fresh.decide(inputs[0]).decisions) answered++;
});
const again = await bestOf(measure / 2, 1, () => {
  edgewise.load(bundle);
  if (edgewise.decide(inputs[0]).decisions) answered++;
});
const compile = await bestOf(measure / 2, 1, async () => WebAssembly.compile(await readFile(new URL("./edgewise.wasm", import.meta.url))));
const stringify = await bestOf(measure / 3, inputs.length, () => {
  for (const input of inputs) answered += JSON.stringify(input).length > 0 ? 1 : 0;
});
console.log(JSON.stringify({ decisions: names.length, answered, decide, load_and_first_decision: start, next_load_and_decision: again, compile, stringify_for_comparison: stringify }));
